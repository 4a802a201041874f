import { foldText } from '../fold-text.js';
import type { Prompt } from '../prompt/prompt.js';
import { type Bytes, decodeBeginning, mayBe, utf8 } from './token-bytes.js';

/** Labels by their position among all labels. */
export type LabelSet = readonly number[];

/** What may stand in front of a label: nothing, space, anything that is no word. */
const openings = [/^/, /^\s+/u, /^[\s\p{P}\p{S}]+/u];

/**
 * The labels that may come when an answer begins with these bytes, behind quotes and the like.
 * @param folded the labels, folded
 */
export function begunAtStart(bytes: Bytes, folded: readonly string[]): LabelSet {
  const { head, rest } = decodeBeginning(bytes);
  for (const opening of openings) {
    const labels = begun(head.replace(opening, ''), rest, folded);
    if (labels.length > 0) return labels;
  }
  return [];
}

/** The labels that may come, or are there already, when exactly these bytes have been said. */
export function begunLabels(bytes: Bytes, folded: readonly string[]): LabelSet {
  const { head, rest } = decodeBeginning(bytes);
  return begun(head, rest, folded);
}

/** The labels that a text is and that no further text may change. */
export function endedLabels(bytes: Bytes, folded: readonly string[]): LabelSet {
  const text = foldText(decodeBeginning(bytes).head);
  return positions(folded, (label) => label === text);
}

/**
 * A label with something after it that is no word has ended, unless that is the space inside a longer label.
 * @param rest the bytes of a character that is not complete
 */
function begun(text: string, rest: Bytes, folded: readonly string[]): LabelSet {
  const said = foldText(text);
  if (said === '' && rest === '') return [];
  const open = positions(folded, (label) => label.startsWith(said) && goesOn(label.slice(said.length), rest));
  const ended =
    rest === ''
      ? longest(
          positions(folded, (label) => hasEnded(label, said)),
          folded,
        )
      : [];
  const [last] = ended;
  if (open.length === 0 || last === undefined) return open.length > 0 ? open : ended;
  return said.slice(folded[last]?.length).trim() === '' ? [...open, last] : open;
}

/** Whether bytes may begin a character with which a label goes on, in any of its forms. */
function goesOn(label: string, bytes: Bytes): boolean {
  if (bytes === '') return true;
  const spellings = [label, label.toUpperCase(), ...unfolded.map(([folded, letter]) => label.replace(folded, letter))];
  return spellings.flatMap((form) => [form, form.normalize('NFC')]).some((form) => mayBe(bytes, utf8(form)));
}

/** Letters whose folded form begins with another byte. */
const unfolded: readonly (readonly [RegExp, string])[] = [
  [/^i/, 'ı'],
  [/^i/, 'İ'],
  [/^ss/, 'ß'],
];

function hasEnded(label: string, said: string): boolean {
  return said.length > label.length && said.startsWith(label) && /^[^\p{L}\p{N}\p{M}]/u.test(said.slice(label.length));
}

function longest(labels: LabelSet, folded: readonly string[]): LabelSet {
  return [...labels].sort((a, b) => (folded[b]?.length ?? 0) - (folded[a]?.length ?? 0)).slice(0, 1);
}

function positions(folded: readonly string[], accept: (label: string) => boolean): number[] {
  return folded.flatMap((label, position) => (accept(label) ? [position] : []));
}

/** A part of a text, in UTF-16 positions. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** What may stand around a label: nothing but space; quotes; any punctuation. */
const surroundings = [/\s/u, /[\s"]/u, /[\s\p{P}\p{S}]/u];

/** Where in a validated answer its label stands; undefined where that cannot be told, as in free text. */
export function labelSpan(text: string, label: string, format: Prompt['output']['format']): Span | undefined {
  if (format === 'text') return undefined;
  const whole = format === 'json' ? sentimentValue(text) : { start: 0, end: text.length };
  if (!whole) return undefined;
  const wanted = foldText(label);
  return surroundings
    .map((around) => trimmed(text, whole, around))
    .find(({ start, end }) => foldText(text.slice(start, end)) === wanted);
}

/** The part of a text without certain characters at its ends. */
function trimmed(text: string, { start, end }: Span, around: RegExp): Span {
  const characters = [...text.slice(start, end)];
  const first = characters.findIndex((character) => !around.test(character));
  if (first < 0) return { start, end: start };
  const last = characters.findLastIndex((character) => !around.test(character));
  const from = start + characters.slice(0, first).join('').length;
  return { start: from, end: from + characters.slice(first, last + 1).join('').length };
}

/**
 * The value of `sentiment` of a JSON object, without its quotes; the last one, as for the parser. Undefined where it has
 * escapes, whose tokens are not those of the label.
 */
function sentimentValue(text: string): Span | undefined {
  let depth = 0;
  let isNext = false;
  let found: Span | undefined;
  for (const { 0: part, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (part === '{' || part === '[') depth += 1;
    else if (part === '}' || part === ']') depth -= 1;
    else if (depth === 1 && isNext) {
      found = part.includes('\\') ? undefined : { start: index + 1, end: index + part.length - 1 };
      isNext = false;
    } else if (depth === 1) isNext = isSentiment(part) && /^\s*:/.test(text.slice(index + part.length));
  }
  return found;
}

function isSentiment(key: string): boolean {
  return key === '"sentiment"';
}
