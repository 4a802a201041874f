import { isAscii } from '../../foundation/text/visible-text.js';
import type { TokenLogprob, TokenProbability } from '../../model/model.js';

/** Bytes as a text of one character per byte; {@link lostByte} stands for one that the server could not pass on. */
export type Bytes = string;

/** A byte above 127 whose value is lost: servers put U+FFFD where a token ends inside a character. */
export const lostByte = '\u0100';

/** Decodes a token in one of the ways in which servers write tokens. */
export type TokenReader = (token: TokenProbability) => Bytes;

/** A generated token in its place. */
export interface PlacedToken {
  readonly token: TokenLogprob;
  readonly bytes: Bytes;
  /** Where it begins in the answer, in bytes; below 0 if it begins before. */
  readonly start: number;
}

const replacement = utf8('\uFFFD');

export function utf8(text: string): Bytes {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of the token, or its bytes where they are given. */
function readPlain({ token, bytes }: TokenProbability): Bytes {
  const given = bytes ? Buffer.from(bytes).toString('latin1') : utf8(token);
  return given.replaceAll(replacement, lostByte);
}

/** Raw pieces of SentencePiece: `▁positive`, and `<0xE6>` for a byte. */
function readSentencePiece({ token }: TokenProbability): Bytes {
  const byte = /^<0x([0-9A-F]{2})>$/i.exec(token)?.[1];
  return byte === undefined ? utf8(token.replaceAll('▁', ' ')) : String.fromCharCode(Number.parseInt(byte, 16));
}

/** Raw pieces of a byte-level BPE: a printable character per byte, as in `Ġpositive` and `æŃ£`. */
function readByteLevel({ token }: TokenProbability): Bytes {
  return [...token].map((character) => byteOfCharacter.get(character) ?? utf8(character)).join('');
}

const byteOfCharacter = byteLevelTable();

/** GPT-2's table: printable bytes stand for themselves, the others for the characters from U+0100 on. */
function byteLevelTable(): ReadonlyMap<string, Bytes> {
  const table = new Map<string, Bytes>();
  let unprintable = 0;
  for (let byte = 0; byte < 256; byte += 1) {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    table.set(String.fromCharCode(isPrintable ? byte : 256 + unprintable++), String.fromCharCode(byte));
  }
  return table;
}

const readers: readonly TokenReader[] = [readPlain, readSentencePiece, readByteLevel];

/** Whether bytes, lost ones among them, may be those at the beginning of `whole`. */
export function mayBe(bytes: Bytes, whole: Bytes): boolean {
  if (bytes.length > whole.length) return false;
  for (let index = 0; index < bytes.length; index += 1) {
    const given = bytes[index];
    const wanted = whole[index];
    if (given !== wanted && !(given === lostByte && wanted !== undefined && wanted >= '\u0080')) return false;
  }
  return true;
}

/** The complete characters at the beginning of bytes, and the bytes from the first incomplete one on. */
export function decodePrefix(bytes: Bytes): { readonly head: string; readonly rest: Bytes } {
  if (isAscii(bytes)) return { head: bytes, rest: '' };
  const lost = bytes.indexOf(lostByte);
  const known = lost < 0 ? bytes : bytes.slice(0, lost);
  const head = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(known, 'latin1'), { stream: true });
  return { head, rest: bytes.slice(Buffer.byteLength(head)) };
}

/**
 * Finds the tokens that spell an answer: the last ones that do, because a model may say the same in its reasoning. Null
 * where the tokens do not spell it, as when the server did not report all of them.
 */
export function placeTokens(
  text: string,
  logprobs: readonly TokenLogprob[],
): { readonly tokens: readonly PlacedToken[]; readonly read: TokenReader } | null {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const before = Buffer.byteLength(text.slice(0, text.indexOf(trimmed)));
  for (const read of readers) {
    const pieces = logprobs.map((token) => read(token));
    const found = lastPlace(pieces, utf8(trimmed));
    if (found === undefined) continue;
    let start = before - found;
    const tokens = logprobs.map((token, index) => {
      const bytes = pieces[index] ?? '';
      const placed = { token, bytes, start };
      start += bytes.length;
      return placed;
    });
    return { tokens: tokens.filter((token) => token.start + token.bytes.length > 0), read };
  }
  return null;
}

/** Where in the joined pieces the wanted bytes are for the last time; undefined if they are not. */
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
  return !hasWord(before) && !hasWord(after);
}

/** Special tokens of chat templates, as in `<|im_end|>` and `[/INST]`, are no words. */
function hasWord(bytes: Bytes): boolean {
  return /[\p{L}\p{N}]/u.test(decodePrefix(bytes).head.replace(/<[^<>\s]*>|\[[^[\]\s]*\]/g, ''));
}
