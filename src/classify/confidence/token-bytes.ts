import type { TokenProbability } from '../../model/model.js';
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
export const readings: readonly Reading[] = [plain, sentencePiece, byteLevel];

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
