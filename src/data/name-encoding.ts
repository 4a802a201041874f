/** An encoding that is not UTF-8. */
export interface ForeignEncoding {
  /** For people: `UTF-16LE`. */
  readonly name: string;
  /** Its name for `iconv -f`. */
  readonly iconv: string;
  /** Its name for `encoding` of a source; undefined where it cannot be read. */
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
export interface EncodingGuess {
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
  words: 'its encoding cannot be told for sure (windows-1251, shift_jis, gb18030, big5 and euc-kr are frequent)',
};
