import { cutToWidth } from './display-width.js';

/** `81.3 %` */
export function percent(value: number, decimals = 1): string {
  return `${(value * 100).toFixed(decimals)} %`;
}

/** A share or correlation as it is; a dash where there is none. */
export function share(value: number | null, decimals = 4): string {
  return value === null ? '–' : value.toFixed(decimals);
}

/** Text for one cell: on one line, without control characters, cut with an ellipsis. */
export function cut(text: string, columns: number): string {
  return cutToWidth(
    text
      .slice(0, 100 * columns + 100)
      .replace(/\p{Cc}+/gu, ' ')
      .trim(),
    columns,
  );
}
