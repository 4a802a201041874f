import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns that a text takes on a terminal: wide characters and emoji two, combining and zero-width ones none. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** The beginning of a text that takes at most so many columns, with an ellipsis where something is cut. */
export function cutToWidth(text: string, columns: number): string {
  // Nothing takes more than a few dozen units for a column; a text of a megabyte is not measured as a whole.
  const start = text.slice(0, 40 * (columns + 1));
  if (start.length === text.length && displayWidth(text) <= columns) return text;
  let cut = '';
  let width = 0;
  for (const { segment } of graphemes.segment(start)) {
    width += displayWidth(segment);
    if (width > columns - 1) break;
    cut += segment;
  }
  return columns < 1 ? '' : `${cut}…`;
}
