import { segmenterOf } from '../../foundation/text/segmenters.js';

/** Whether a text is short enough. What is a part of a text that fits must fit too. */
export type Fits = (text: string) => boolean;

/** Share of what fits that a boundary between sentences must leave: a cut loses text, a split does not. */
const leftBySentence = { cut: 0.75, split: 0.5 };

/** The text between the two ends of a shortened text. */
export const gap = ' … ';

/** The longest beginning of a text that fits, up to the end of a sentence or at least of a word; blank if none does. */
export function cutHead(text: string, fits: Fits): string {
  const end = headEnd(text, fits, leftBySentence.cut);
  return end === text.length ? text : text.slice(0, end).trimEnd();
}

/** The longest end of a text that fits, from the beginning of a sentence or at least of a word; blank if none does. */
export function cutTail(text: string, fits: Fits): string {
  const length = longestLength(text.length, (most) => fits(text.slice(text.length - most)));
  return length === text.length
    ? text
    : text.slice(boundaryFrom(text, text.length - length, leftBySentence.cut)).trimStart();
}

/** As much of both ends of a text as fits, half of it each, with ` … ` between; blank if nothing does. */
export function cutMiddle(text: string, fits: Fits): string {
  if (fits(text)) return text;
  const join = (head: string, tail: string) => `${head.trimEnd()}${gap}${tail.trimStart()}`;
  const length = longestLength(Math.floor((text.length - 1) / 2), (most) =>
    fits(join(text.slice(0, most), text.slice(text.length - most))),
  );
  const head = text.slice(0, boundaryUpTo(text, length, leftBySentence.cut));
  const tail = text.slice(boundaryFrom(text, text.length - length, leftBySentence.cut));
  return head.trim() === '' && tail.trim() === '' ? '' : join(head, tail);
}

/**
 * A text in parts that fit, each up to the end of a sentence where that is possible: put together they are the text.
 * Empty if not even one character fits.
 */
export function splitText(text: string, fits: Fits): string[] {
  const parts: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = headEnd(rest, fits, leftBySentence.split);
    if (end === 0) return [];
    parts.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return parts;
}

function headEnd(text: string, fits: Fits, left: number): number {
  return boundaryUpTo(
    text,
    longestLength(text.length, (most) => fits(text.slice(0, most))),
    left,
  );
}

/** A word is split if stopping before it would leave less than this share. */
const leftByWord = 0.5;

/**
 * The last place up to `index` where a text may be cut: between sentences, else words, else characters as people see them.
 * @param leftBySentence share of the text up to `index` that must be left for a cut between sentences, 0 to 1
 */
function boundaryUpTo(text: string, index: number, leftBySentence: number): number {
  for (const kind of ['sentence', 'word'] as const) {
    const left = kind === 'sentence' ? leftBySentence : leftByWord;
    const found = segmentAt(text, segmentAt(text, index, kind).start, 'grapheme').start;
    if (found > 0 && found >= index * left) return found;
  }
  return segmentAt(text, index, 'grapheme').start;
}

/** The first place from `index` on where a text may be cut, in the same way. */
function boundaryFrom(text: string, index: number, leftBySentence: number): number {
  const kept = text.length - index;
  for (const kind of ['sentence', 'word'] as const) {
    const left = kind === 'sentence' ? leftBySentence : leftByWord;
    const found = startFrom(text, startFrom(text, index, kind), 'grapheme');
    if (found < text.length && text.length - found >= kept * left) return found;
  }
  return startFrom(text, index, 'grapheme');
}

type Kind = 'sentence' | 'word' | 'grapheme';

interface Segment {
  readonly start: number;
  readonly end: number;
}

function startFrom(text: string, index: number, kind: Kind): number {
  const { start, end } = segmentAt(text, index, kind);
  return start === index ? index : end;
}

/** UTF-16 units around an index in which a segment is looked for first: looking at a long text takes its length. */
const reach = 4_096;

/** The segment in which the unit at `index` is. */
function segmentAt(text: string, index: number, kind: Kind): Segment {
  if (index >= text.length) return { start: text.length, end: text.length };
  // A space begins a character in any case, whatever is before it.
  const from = text.length > reach ? text.indexOf(' ', Math.max(0, index - reach)) : 0;
  const to = Math.min(text.length, index + reach);
  if (from >= 0 && from < index) {
    const { start, end } = within(text.slice(from, to), index - from, kind);
    const isWhole = (start > 0 || from === 0) && (end < to - from || to === text.length);
    if (isWhole) return { start: from + start, end: from + end };
  }
  return within(text, index, kind);
}

function within(text: string, index: number, kind: Kind): Segment {
  const found = segmenterOf(kind).segment(text).containing(index);
  return found ? { start: found.index, end: found.index + found.segment.length } : { start: index, end: index };
}

/** The first length that is tried. */
const firstTry = 256;

/** The greatest length up to `most` that is fine, where all shorter ones are too; tries none above twice the result. */
function longestLength(most: number, isFine: (length: number) => boolean): number {
  let fine = 0;
  let tooLong = firstTry;
  while (tooLong <= most && isFine(tooLong)) {
    fine = tooLong;
    tooLong *= 2;
  }
  if (tooLong > most) {
    if (isFine(most)) return most;
    tooLong = most;
  }
  while (tooLong - fine > 1) {
    const middle = Math.floor((fine + tooLong) / 2);
    if (isFine(middle)) fine = middle;
    else tooLong = middle;
  }
  return fine;
}
