/** `81.3 %` */
export function percent(value: number, decimals = 1): string {
  return `${(value * 100).toFixed(decimals)} %`;
}

/** A share or correlation as it is; a dash where there is none. */
export function share(value: number | null, decimals = 4): string {
  return value === null ? '–' : value.toFixed(decimals);
}

/** Text for one cell: without control characters, cut with an ellipsis. */
export function cut(text: string, width: number): string {
  const line = text.replace(/\p{Cc}+/gu, ' ').trim();
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
