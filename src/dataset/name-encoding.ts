/** An encoding or file type that is not UTF-8 text. */
export interface ForeignContent {
  /** For people: `UTF-16LE`, `a ZIP archive`. */
  readonly name: string;
  /** Its name for `iconv -f`; null where the content is no text at all. */
  readonly iconv: string | null;
  /** What to do about it where iconv does not help. */
  readonly advice?: string;
}

/** Bytes that a look at the start of a file takes, at most. */
const sampleBytes = 4096;

// UTF-32LE begins like UTF-16LE: the longer marks come first.
const marks: readonly (readonly [readonly number[], ForeignContent])[] = [
  [[0xff, 0xfe, 0, 0], { name: 'UTF-32LE', iconv: 'UTF-32' }],
  [[0, 0, 0xfe, 0xff], { name: 'UTF-32BE', iconv: 'UTF-32' }],
  [[0xff, 0xfe], { name: 'UTF-16LE', iconv: 'UTF-16' }],
  [[0xfe, 0xff], { name: 'UTF-16BE', iconv: 'UTF-16' }],
  [
    [0x1f, 0x8b],
    { name: 'gzip data', iconv: null, advice: 'unpack it with gunzip, or give it a name that ends in .gz' },
  ],
  [[0x28, 0xb5, 0x2f, 0xfd], { name: 'Zstandard data', iconv: null, advice: 'unpack it with unzstd' }],
  [
    [0x50, 0x4b, 3, 4],
    { name: 'a ZIP archive or an Excel workbook', iconv: null, advice: 'unpack it, or save the sheet as CSV UTF-8' },
  ],
];

/** What the first bytes of a file declare it to be, by a byte-order mark or a signature; null for neither. */
export function nameByMark(start: Uint8Array): ForeignContent | null {
  return marks.find(([mark]) => mark.every((byte, position) => start[position] === byte))?.[1] ?? null;
}

/**
 * What a file with NUL bytes is, by where they stand: text in UTF-16 or UTF-32 has them at every second or in three of
 * four positions. Null for no such pattern.
 * @param start the file from its first byte on
 */
export function nameByNuls(start: Uint8Array): ForeignContent | null {
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
  if (odd > 0.2 && even < odd / 10) return { name: 'UTF-16LE', iconv: 'UTF-16LE' };
  if (even > 0.2 && odd < even / 10) return { name: 'UTF-16BE', iconv: 'UTF-16BE' };
  return null;
}
