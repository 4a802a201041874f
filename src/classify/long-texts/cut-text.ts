import { longestLength } from './longest-length.js';
import { boundaryFrom, boundaryUpTo } from './text-boundary.js';

/** Whether a text is short enough. What is a part of a text that fits must fit too. */
export type Fits = (text: string) => boolean;

/** What a cut between sentences must leave of what fits: what is cut off is lost, what is split is only elsewhere. */
const leftBySentence = { cut: 0.75, split: 0.5 };

/** What stands between the two ends that are left of a text. */
export const gap = ' … ';

/** The longest beginning of a text that fits, up to the end of a sentence or at least of a word; blank where none does. */
export function cutHead(text: string, fits: Fits): string {
  const end = headEnd(text, fits, leftBySentence.cut);
  return end === text.length ? text : text.slice(0, end).trimEnd();
}

/** The longest end of a text that fits, from the beginning of a sentence or at least of a word; blank where none does. */
export function cutTail(text: string, fits: Fits): string {
  const length = longestLength(text.length, (most) => fits(text.slice(text.length - most)));
  return length === text.length
    ? text
    : text.slice(boundaryFrom(text, text.length - length, leftBySentence.cut)).trimStart();
}

/** As much of both ends of a text as fits, half of it each, with ` … ` between; blank where nothing does. */
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
 * Empty where not even one character fits.
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
