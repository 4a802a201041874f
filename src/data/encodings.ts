import { InputError } from './data-errors.js';
import { countLineEnds } from './unread-bytes.js';

/** An encoding that is not UTF-8. */
export interface ForeignEncoding {
  /** For people: `UTF-16LE`. */
  readonly name: string;
  /** Its name for `iconv -f`. */
  readonly iconv: string;
  /** Its name for `encoding` of a source; undefined if it cannot be read. */
  readonly encoding?: string | undefined;
}

/** Bytes that a look at the start of a file takes, at most. */
const sampleBytes = 4096;

// UTF-32LE begins like UTF-16LE: the longer marks come first.
const marks: readonly (readonly [readonly number[], ForeignEncoding])[] = [
  [[0xff, 0xfe, 0, 0], { name: 'UTF-32LE', iconv: 'UTF-32' }],
  [[0, 0, 0xfe, 0xff], { name: 'UTF-32BE', iconv: 'UTF-32' }],
  [[0xff, 0xfe], { name: 'UTF-16LE', iconv: 'UTF-16', encoding: 'utf-16le' }],
  [[0xfe, 0xff], { name: 'UTF-16BE', iconv: 'UTF-16', encoding: 'utf-16be' }],
];

/** What the first bytes of a file declare it to be, by a byte-order mark; null for none. */
export function nameByMark(start: Uint8Array): ForeignEncoding | null {
  return marks.find(([mark]) => mark.every((byte, position) => start[position] === byte))?.[1] ?? null;
}

/**
 * What a file with NUL bytes is, by where they stand: text in UTF-16 or UTF-32 has them at every second or in three of
 * four positions. Null for no such pattern.
 * @param start the file from its first byte on
 */
export function nameByNuls(start: Uint8Array): ForeignEncoding | null {
  const sample = start.subarray(0, sampleBytes - (sampleBytes % 4));
  const zeros = [0, 0, 0, 0];
  sample.forEach((byte, position) => {
    if (byte === 0) zeros[position % 4] = (zeros[position % 4] ?? 0) + 1;
  });
  const share = zeros.map((count) => count / Math.max(1, Math.ceil(sample.length / 4)));
  const [first = 0, second = 0, third = 0, fourth = 0] = share;
  if (third > 0.7 && fourth > 0.7 && first < 0.1) return { name: 'UTF-32LE', iconv: 'UTF-32LE' };
  if (first > 0.7 && second > 0.7 && fourth < 0.1) return { name: 'UTF-32BE', iconv: 'UTF-32BE' };
  const even = (first + third) / 2;
  const odd = (second + fourth) / 2;
  if (odd > 0.2 && even < odd / 10) return { name: 'UTF-16LE', iconv: 'UTF-16LE', encoding: 'utf-16le' };
  if (even > 0.2 && odd < even / 10) return { name: 'UTF-16BE', iconv: 'UTF-16BE', encoding: 'utf-16be' };
  return null;
}

/** What is known of bytes that are not UTF-8. */
interface EncodingGuess {
  /** In words, for a message. */
  readonly words: string;
  /** Where one encoding is likely: its name for `encoding` of a source. */
  readonly encoding?: string | undefined;
}

/** Bytes that mean nothing in Windows-1252. */
const unusedByWindows1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
/** Signs that few texts have; in Shift_JIS they begin most characters. */
const rareInWindows1252 = new Set([0x82, 0x83, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8e, 0x98, 0x9a, 0x9b, 0x9e]);

/**
 * What bytes that are not UTF-8 may be: single ones between letters of ASCII are the accents of a Western European
 * encoding (or of its like for other languages); nothing more is claimed of any other.
 * @param bytes text with at least one byte above 0x7F that is not UTF-8
 * @param hasUtf8 whether characters of UTF-8 beyond ASCII stand before it
 */
export function guessEncoding(bytes: Uint8Array, hasUtf8: boolean): EncodingGuess {
  if (hasUtf8) return { words: 'the text before it is UTF-8, so the file is damaged here, or mixes two encodings' };
  let high = 0;
  let alone = 0;
  let rare = 0;
  for (const [position, byte] of bytes.subarray(0, 65_536).entries()) {
    if (byte < 0x80) continue;
    high += 1;
    if (unusedByWindows1252.has(byte)) return unclear;
    if (rareInWindows1252.has(byte)) rare += 1;
    if ((bytes[position - 1] ?? 0) < 0x80 && (bytes[position + 1] ?? 0) < 0x80) alone += 1;
  }
  if (alone * 5 < high * 4 || rare * 5 > high) return unclear;
  return { words: 'probably Windows-1252, if the language is a Western European one', encoding: 'windows-1252' };
}

const unclear: EncodingGuess = {
  words: 'its encoding is not certain (windows-1251, shift_jis, gb18030, big5 and euc-kr are frequent)',
};

/** What bytes 0x80 to 0x9F are in Windows-1252; some versions of Node read them as ISO-8859-1. */
const windows1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/** Names of encodings as people write them, for whoever mistypes one. */
export const encodingNames: readonly string[] = [
  ...[
    'utf-8',
    'utf-16',
    'utf-16le',
    'utf-16be',
    'latin1',
    'ascii',
    'windows-874',
    'ibm866',
    'macintosh',
    'koi8-r',
    'koi8-u',
  ],
  ...[1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258].map((number) => `windows-${number}`),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15].map((number) => `iso-8859-${number}`),
  ...['gbk', 'gb2312', 'gb18030', 'big5', 'euc-jp', 'iso-2022-jp', 'shift_jis', 'euc-kr'],
];

/** The name of an encoding as this program calls it; null for one that it does not know. */
export function encodingNamed(name: string): string | null {
  try {
    return new TextDecoder(name.trim()).encoding;
  } catch {
    return null;
  }
}

/**
 * Text in another encoding as UTF-8. A byte-order mark counts more than the name of the encoding; it stays, as that of
 * UTF-8. Memory is bounded by the chunks.
 * @param path what the file is called in errors
 * @throws InputError with the line where the bytes are not text in this encoding; what `chunks` throws
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let line = 1;
  const decode = (bytes: Uint8Array, isLast: boolean): Uint8Array => {
    decoder ??= new TextDecoder(markedEncoding(bytes) ?? encoding, { fatal: true, ignoreBOM: true });
    try {
      const text = encoder.encode(inWindows1252(decoder.decode(bytes, { stream: !isLast }), decoder.encoding));
      line += countLineEnds(text);
      return text;
    } catch (error) {
      const before = new TextDecoder(decoder.encoding).decode(bytes).split('\ufffd', 1)[0] ?? '';
      const at = line + countLineEnds(encoder.encode(before));
      throw new InputError({ path, line: at }, `is not text in ${decoder.encoding}`, { cause: error, encoding: null });
    }
  };
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    // A mark may be cut in two.
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (held.length < 4) continue;
    yield decode(held, false);
    held = held.subarray(0, 0);
  }
  yield decode(held, true);
}

/** The encoding that a byte-order mark names. */
function markedEncoding(start: Uint8Array): string | undefined {
  return hasUtf8Mark(start) ? 'utf-8' : nameByMark(start)?.encoding;
}

/** Whether a file begins with the byte-order mark of UTF-8. */
export function hasUtf8Mark(start: Uint8Array): boolean {
  return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf;
}

function inWindows1252(text: string, encoding: string): string {
  if (encoding !== 'windows-1252') return text;
  return text.replace(/[\x80-\x9f]/g, (character) => windows1252[character.charCodeAt(0) - 0x80] ?? character);
}
