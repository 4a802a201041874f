import type { TokenLogprob, TokenProbability } from '../../model/model.js';
import { isAscii } from '../fold-text.js';

/** Bytes as a text of one character per byte; {@link lostByte} stands for one that the server could not pass on. */
export type Bytes = string;

/** A byte above 127 whose value got lost: servers put U+FFFD where a token ends inside a character. */
export const lostByte = '\u0100';

const replacement = utf8('\uFFFD');

/** The UTF-8 of a text. */
export function utf8(text: string): Bytes {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** What the bytes of a token are, in one way of writing tokens. */
export type Reading = (token: TokenProbability) => Bytes;

/** The ways in which servers write tokens, the usual one first. */
const readings: readonly Reading[] = [plain, sentencePiece, byteLevel];

/** The text of the token, or its bytes where they are given. */
function plain({ token, bytes }: TokenProbability): Bytes {
  const given = bytes ? Buffer.from(bytes).toString('latin1') : utf8(token);
  return given.replaceAll(replacement, lostByte);
}

/** Raw pieces of SentencePiece: `▁positive`, and `<0xE6>` for a byte. */
function sentencePiece({ token }: TokenProbability): Bytes {
  const byte = /^<0x([0-9A-F]{2})>$/i.exec(token)?.[1];
  return byte === undefined ? utf8(token.replaceAll('▁', ' ')) : String.fromCharCode(Number.parseInt(byte, 16));
}

/** Raw pieces of a byte-level BPE: a printable character per byte, as in `Ġpositive` and `æŃ£`. */
function byteLevel({ token }: TokenProbability): Bytes {
  return [...token].map((character) => byteOfCharacter.get(character) ?? utf8(character)).join('');
}

const byteOfCharacter = byteLevelTable();

/** GPT-2's table: printable bytes stand for themselves, the others for the characters from U+0100 on. */
function byteLevelTable(): ReadonlyMap<string, Bytes> {
  const table = new Map<string, Bytes>();
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    const character = printable ? byte : 256 + (byte - countPrintableBelow(byte));
    table.set(String.fromCharCode(character), String.fromCharCode(byte));
  }
  return table;
}

function countPrintableBelow(byte: number): number {
  const within = (from: number, to: number) => Math.max(0, Math.min(byte, to + 1) - from);
  return within(33, 126) + within(161, 172) + within(174, 255);
}

/** Whether bytes, lost ones among them, may be those of `whole` from `at` on. */
export function mayBe(bytes: Bytes, whole: Bytes, at = 0): boolean {
  if (at < 0 || at + bytes.length > whole.length) return false;
  for (let index = 0; index < bytes.length; index += 1) {
    const given = bytes[index];
    const wanted = whole[at + index];
    if (given !== wanted && !(given === lostByte && wanted !== undefined && wanted >= '\u0080')) return false;
  }
  return true;
}

/** Bytes as the characters that are complete, and what is left from the first one on that is not. */
export function decodeBeginning(bytes: Bytes): { readonly head: string; readonly rest: Bytes } {
  if (isAscii(bytes)) return { head: bytes, rest: '' };
  const lost = bytes.indexOf(lostByte);
  const known = lost < 0 ? bytes : bytes.slice(0, lost);
  const head = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(known, 'latin1'), { stream: true });
  return { head, rest: bytes.slice(Buffer.byteLength(head)) };
}

/** A generated token in its place. */
export interface SpelledToken {
  readonly token: TokenLogprob;
  readonly bytes: Bytes;
  /** Where it begins in the answer, in bytes; below 0 where it begins before. */
  readonly start: number;
}

/** The tokens that an answer is made of, and how they are written. */
interface Spelling {
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
