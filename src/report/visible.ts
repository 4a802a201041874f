import { cutToWidth } from './display-width.js';

/** Control characters, and those that turn the direction of what follows or begin another line. */
const unseen = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Without control characters, which a foreign text may bring. */
export function visible(text: string): string {
  return text.replace(unseen, ' ');
}

/** At most `columns` columns of the text on a terminal, without control characters. */
export function clipped(text: string, columns: number): string {
  return cutToWidth(visible(text.slice(0, 100 * columns + 100)), columns);
}
