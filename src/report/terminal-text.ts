import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { blankControls } from '../foundation/text/control-characters.js';

/** What a colour says: a failure, a doubt, the best of several, a heading. */
export type Tone = 'bad' | 'doubtful' | 'best' | 'heading';

const sgr = (code: number) => `\u001b[${code}m`;

/** Each with what ends it, so that lines can be wrapped within. */
const sequences: Readonly<Record<Tone, readonly [begin: string, end: string]>> = {
  bad: [sgr(31), sgr(39)],
  doubtful: [sgr(33), sgr(39)],
  best: [sgr(1) + sgr(32), sgr(39) + sgr(22)],
  heading: [sgr(1), sgr(22)],
};

let isOn = false;

/** Renders with colours, or without any. */
export function coloured<R>(on: boolean, render: () => R): R {
  const before = isOn;
  isOn = on;
  try {
    return render();
  } finally {
    isOn = before;
  }
}

/** A text in a colour, where it is rendered with colours. Foreign texts have no control characters any more. */
export function paint(text: string, tone: Tone): string {
  const [begin, end] = sequences[tone];
  return isOn && text !== '' ? `${begin}${text}${end}` : text;
}

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

/**
 * A text in lines that fit, each behind an indent. What characters take on a terminal counts, not how many there are.
 * @param columns width of the terminal; undefined: lines are not wrapped
 */
export function wrapText(text: string, columns: number | undefined, indent = ''): string {
  const lines =
    columns === undefined ? [text] : wrapAnsi(text, Math.max(10, columns - indent.length), { hard: true }).split('\n');
  return lines.map((line) => `${indent}${line}`).join('\n');
}

/** At most `columns` columns of the text on a terminal, without control characters. */
export function clipped(text: string, columns: number): string {
  return cutToWidth(blankControls(text.slice(0, 100 * columns + 100)), columns);
}
