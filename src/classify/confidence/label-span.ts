import { foldText } from '../fold-text.js';
import type { Prompt } from '../prompt/prompt.js';

/** A part of a text, in UTF-16 positions. */
export interface Span {
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
    .map((around) => without(text, whole, around))
    .find(({ start, end }) => foldText(text.slice(start, end)) === wanted);
}

/** The part of a text without certain characters at its ends. */
function without(text: string, { start, end }: Span, around: RegExp): Span {
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
