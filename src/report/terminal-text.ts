import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { blankControls } from '../foundation/text/control-characters.js';
import { segmenterOf } from '../foundation/text/segmenters.js';

/** The meaning of a colour. */
export type Tone = 'bad' | 'warning' | 'best' | 'heading';

const sgr = (code: number) => `\u001b[${code}m`;

/** Begin and end of each colour. */
const sequences: Readonly<Record<Tone, readonly [begin: string, end: string]>> = {
  bad: [sgr(31), sgr(39)],
  warning: [sgr(33), sgr(39)],
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

/** A text in a colour, if colours are on. The text has no control characters. */
export function paint(text: string, tone: Tone): string {
  const [begin, end] = sequences[tone];
  return isOn && text !== '' ? `${begin}${text}${end}` : text;
}

/** A text of one column a character. What measures others costs more than a hundred reviews at its first call. */
const plain = /^[ -~]*$/;

/** Columns of a text on a terminal: wide characters and emoji take two, combining and zero-width characters none. */
export function displayWidth(text: string): number {
  return plain.test(text) ? text.length : stringWidth(text);
}

/** A text cut to this many columns, with an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  // A column takes at most a few dozen UTF-16 units: the rest of a long text need not be measured.
  const start = text.slice(0, 40 * (columns + 1));
  if (start.length === text.length && displayWidth(text) <= columns) return text;
  let cut = '';
  let width = 0;
  for (const { segment } of segmenterOf('grapheme').segment(start)) {
    width += displayWidth(segment);
    if (width > columns - 1) break;
    cut += segment;
  }
  return columns < 1 ? '' : `${cut}…`;
}

/**
 * A text in lines that fit a terminal, each after an indent.
 * @param columns width of the terminal; undefined: lines are not wrapped
 */
export function wrapText(text: string, columns: number | undefined, indent = ''): string {
  const lines =
    columns === undefined ? [text] : wrapAnsi(text, Math.max(10, columns - indent.length), { hard: true }).split('\n');
  return lines.map((line) => `${indent}${line}`).join('\n');
}

/** A text cut to this many columns, without control characters. */
export function clipped(text: string, columns: number): string {
  return cutToWidth(blankControls(text.slice(0, 100 * columns + 100)), columns);
}
