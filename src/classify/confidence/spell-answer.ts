import type { TokenLogprob } from '../../model/model.js';
import { type Bytes, decodeBeginning, mayBe, type Reading, readings, utf8 } from './token-bytes.js';

/** A generated token in its place. */
export interface SpelledToken {
  readonly token: TokenLogprob;
  readonly bytes: Bytes;
  /** Where it begins in the answer, in bytes; below 0 where it begins before. */
  readonly start: number;
}

/** The tokens that an answer is made of, and how they are written. */
export interface Spelling {
  readonly tokens: readonly SpelledToken[];
  readonly read: Reading;
}

/**
 * Finds the tokens that spell an answer: the last ones that do, because a model that thinks first may have said the same
 * before. Null where they do not spell it, as when some of them were not reported.
 */
export function spellAnswer(text: string, logprobs: readonly TokenLogprob[]): Spelling | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const before = Buffer.byteLength(text.slice(0, text.indexOf(trimmed)));
  for (const read of readings) {
    const pieces = logprobs.map((token) => read(token));
    const found = lastPlace(pieces, utf8(trimmed));
    if (found === undefined) continue;
    let start = before - found;
    const tokens = logprobs.map((token, index) => {
      const bytes = pieces[index] ?? '';
      const spelled = { token, bytes, start };
      start += bytes.length;
      return spelled;
    });
    return { tokens: tokens.filter((token) => token.start + token.bytes.length > 0), read };
  }
  return null;
}

/** Where in the pieces, put together, the wanted bytes are for the last time; undefined where they are not. */
function lastPlace(pieces: readonly Bytes[], wanted: Bytes): number | undefined {
  const whole = pieces.join('');
  for (let at = whole.length - wanted.length; at >= 0; at -= 1) {
    if (mayBe(whole.slice(at, at + wanted.length), wanted) && isAnswer(pieces, at, at + wanted.length)) return at;
  }
  return undefined;
}

/** An answer begins a word, and nothing but the signs of its end comes after it. */
function isAnswer(pieces: readonly Bytes[], start: number, end: number): boolean {
  let at = 0;
  let before: Bytes = '';
  let after: Bytes = '';
  for (const piece of pieces) {
    if (at < start && at + piece.length > start) before = piece.slice(0, start - at);
    if (at >= end) after += piece;
    at += piece.length;
  }
  return !saysSomething(before) && !saysSomething(after);
}

/** Special tokens of chat templates, as in `<|im_end|>` and `[/INST]`, say nothing. */
function saysSomething(bytes: Bytes): boolean {
  return /[\p{L}\p{N}]/u.test(decodeBeginning(bytes).head.replace(/<[^<>\s]*>|\[[^[\]\s]*\]/g, ''));
}
