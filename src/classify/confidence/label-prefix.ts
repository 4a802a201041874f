import { foldText } from '../../foundation/text/visible-text.js';
import type { Prompt } from '../prompt/prompt.js';
import { type Bytes, decodePrefix, mayBe, utf8 } from './token-bytes.js';

/** Labels by their position among all labels. */
export type LabelSet = readonly number[];

/** Characters that may precede a label. */
const openings = [/^/, /^\s+/u, /^[\s\p{P}\p{S}]+/u];

/**
 * The labels that may come when an answer begins with these bytes, after quotes and the like.
 * @param folded the labels, folded
 */
export function labelsAtStart(bytes: Bytes, folded: readonly string[]): LabelSet {
  const { head, rest } = decodePrefix(bytes);
  for (const opening of openings) {
    const labels = labelsWithPrefix(head.replace(opening, ''), rest, folded);
    if (labels.length > 0) return labels;
  }
  return [];
}

/** The labels that may come, or are complete, after exactly these bytes. */
export function labelsAfter(bytes: Bytes, folded: readonly string[]): LabelSet {
  const { head, rest } = decodePrefix(bytes);
  return labelsWithPrefix(head, rest, folded);
}

/** The labels that these bytes are, and that no further text may change. */
export function completeLabels(bytes: Bytes, folded: readonly string[]): LabelSet {
  const text = foldText(decodePrefix(bytes).head);
  return positions(folded, (label) => label === text);
}

/**
 * A label is complete before anything that is not a word character, unless that is the space inside a longer label.
 * @param rest the bytes of an incomplete character
 */
function labelsWithPrefix(text: string, rest: Bytes, folded: readonly string[]): LabelSet {
  const prefix = foldText(text);
  if (prefix === '' && rest === '') return [];
  const open = positions(folded, (label) => label.startsWith(prefix) && mayContinue(label.slice(prefix.length), rest));
  const complete = positions(folded, (label) => rest === '' && isComplete(label, prefix));
  const lengthOf = (position: number) => folded[position]?.length ?? 0;
  const [longest] = [...complete].sort((a, b) => lengthOf(b) - lengthOf(a));
  if (longest === undefined) return open;
  if (open.length === 0) return [longest];
  return prefix.slice(lengthOf(longest)).trim() === '' ? [...open, longest] : open;
}

/** Letters whose folded form begins with another byte. */
const unfolded: readonly (readonly [RegExp, string])[] = [
  [/^i/, 'ı'],
  [/^i/, 'İ'],
  [/^ss/, 'ß'],
];

/** Whether bytes may begin a character with which a label continues, in any of its forms. */
function mayContinue(label: string, bytes: Bytes): boolean {
  if (bytes === '') return true;
  const spellings = [label, label.toUpperCase(), ...unfolded.map(([folded, letter]) => label.replace(folded, letter))];
  return spellings.flatMap((form) => [form, form.normalize('NFC')]).some((form) => mayBe(bytes, utf8(form)));
}

function isComplete(label: string, prefix: string): boolean {
  return prefix.startsWith(label) && /^[^\p{L}\p{N}\p{M}]/u.test(prefix.slice(label.length));
}

function positions(folded: readonly string[], accept: (label: string) => boolean): number[] {
  return folded.flatMap((label, position) => (accept(label) ? [position] : []));
}

/** A part of a text, in UTF-16 positions. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Characters around a label: space; quotes; any punctuation. */
const surroundings = [/\s/u, /[\s"]/u, /[\s\p{P}\p{S}]/u];

/** Where in a validated answer its label stands; undefined if that is unknown, as in free text. */
export function labelSpan(
  text: string,
  label: string,
  format: Prompt['output']['format'],
  key = 'sentiment',
): Span | undefined {
  if (format === 'text') return undefined;
  const whole = format === 'json' ? labelValue(text, key) : { start: 0, end: text.length };
  if (!whole) return undefined;
  const wanted = foldText(label);
  return surroundings
    .map((around) => trimmed(text, whole, around))
    .find(({ start, end }) => foldText(text.slice(start, end)) === wanted);
}

function trimmed(text: string, { start, end }: Span, around: RegExp): Span {
  const characters = [...text.slice(start, end)];
  const first = characters.findIndex((character) => !around.test(character));
  if (first < 0) return { start, end: start };
  const last = characters.findLastIndex((character) => !around.test(character));
  const from = start + characters.slice(0, first).join('').length;
  return { start: from, end: from + characters.slice(first, last + 1).join('').length };
}

/**
 * The value of the last `key` of a JSON object, as for the parser, without its quotes. Undefined if the value has
 * escapes, whose tokens are not those of the label.
 */
function labelValue(text: string, key: string): Span | undefined {
  let depth = 0;
  let isNext = false;
  let found: Span | undefined;
  for (const { 0: part, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (part === '{' || part === '[') depth += 1;
    else if (part === '}' || part === ']') depth -= 1;
    else if (depth === 1 && isNext) {
      found = part.includes('\\') ? undefined : { start: index + 1, end: index + part.length - 1 };
      isNext = false;
    } else if (depth === 1) isNext = part === `"${key}"` && /^\s*:/.test(text.slice(index + part.length));
  }
  return found;
}
