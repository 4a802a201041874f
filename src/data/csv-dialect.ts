import { countLineEnds } from './unread-bytes.js';

const quote = 34;
const lf = 10;
const cr = 13;

/** Bytes at the start of a file that decide about its separator, at most. */
const sampleBytes = 65_536;
/** Number of rows after the header that are checked. */
export const sampleRows = 10;

/** The separators that are detected. */
export const signs = [',', ';', '\t', '|'] as const;

/** The beginning of a line that declares the separator. */
const beginsToDeclare = /^"?(?:s(?:e(?:p(?:=(?:[ -~\t]"?\r?)?)?)?)?)?$/i;

/** How the cells of a table are separated. */
interface CsvDialect {
  readonly delimiter: string;
  /** Bytes of a first line `sep=;`, as Excel writes and reads it; 0 if there is none. */
  readonly skipped: number;
}

/** A separator, with what it makes of the sample. */
interface Candidate {
  readonly delimiter: string;
  /** Separators in the header. */
  readonly inHeader: number;
  /** Rows after the header; -1 if the header itself is not whole. */
  readonly rows: number;
  /** Rows with as many separators as the header has. */
  readonly fitting: number;
  /** Whether the sample ends before the rows that are wanted do. */
  readonly isCut: boolean;
}

/**
 * The separator of a table, from its start: the usual one of its format as long as the header has it, unless the rows
 * say otherwise; else `,`, `;`, tab or `|`, where the header has it and at least half of the rows fit. Separators in
 * quoted cells do not count. The answer depends on the content alone, not on how it is cut into pieces.
 * @param sample the bytes so far, from the first on
 * @param isWhole whether no more bytes come
 * @returns null if more bytes are needed
 */
export function detectDialect(sample: Uint8Array, isWhole: boolean, usual: string): CsvDialect | null {
  const declared = declaredDelimiter(sample);
  if (declared) return declared;
  const isFull = isWhole || sample.length >= sampleBytes;
  if (!isFull && beginsToDeclare.test(startOf(sample))) return null;
  // The last row may have no line end.
  const looked = isWhole ? Buffer.concat([sample, new Uint8Array([lf])]) : sample.subarray(0, sampleBytes);
  const candidates = [usual, ...signs.filter((one) => one !== usual)].map((one) => tryOut(looked, one));
  const [expected, ...others] = candidates;
  if (!expected) return null;
  const present = others.filter(({ inHeader }) => inHeader > 0);
  const needsMore = candidates.some(({ isCut, rows }) => isCut && (rows < 0 || present.length > 0));
  if (needsMore && !isFull) return null;
  const fits = present.filter(({ rows, fitting }) =>
    expected.inHeader === 0
      ? 2 * fitting >= rows
      : fitting > 0 && fitting === rows && 2 * expected.fitting < expected.rows,
  );
  const [best] = fits.sort((a, b) => b.fitting - a.fitting || b.inHeader - a.inHeader);
  return { delimiter: best?.delimiter ?? usual, skipped: 0 };
}

/** The separator that a first line such as `sep=;` declares. */
function declaredDelimiter(sample: Uint8Array): CsvDialect | null {
  const [line, , delimiter] = /^("?)sep=([ -~\t])\1(?:\r\n|\n|\r(?!$))/i.exec(startOf(sample)) ?? [];
  return line === undefined || delimiter === undefined ? null : { delimiter, skipped: line.length };
}

function startOf(sample: Uint8Array): string {
  return Buffer.from(sample.buffer, sample.byteOffset, Math.min(sample.length, 16)).toString('latin1');
}

/** Counts what a separator makes of the header and the first rows. */
function tryOut(sample: Uint8Array, delimiter: string): Candidate {
  const separator = delimiter.charCodeAt(0);
  let inHeader = 0;
  let rows = -1;
  let fitting = 0;
  let count = 0;
  let isBlank = true;
  let i = 0;
  while (i < sample.length && rows < sampleRows) {
    if (sample[i] === quote) {
      i = (closingQuote(sample, i) ?? sample.length - 1) + 1;
      isBlank = false;
    }
    while (i < sample.length && sample[i] !== separator && sample[i] !== lf && sample[i] !== cr) {
      isBlank = false;
      i += 1;
    }
    if (i >= sample.length) break;
    if (sample[i] === separator) count += 1;
    else if (!isBlank || count > 0) {
      if (rows < 0) inHeader = count;
      else if (count === inHeader) fitting += 1;
      rows += 1;
      count = 0;
      isBlank = true;
    }
    i += 1;
  }
  return { delimiter, inHeader: rows < 0 ? count : inHeader, rows, fitting, isCut: rows < sampleRows };
}

/** The quote that closes the one at `opened`: the first that is not doubled; null if there is none. */
function closingQuote(bytes: Uint8Array, opened: number): number | null {
  let i = bytes.indexOf(quote, opened + 1);
  while (i !== -1 && bytes[i + 1] === quote) i = bytes.indexOf(quote, i + 2);
  return i === -1 ? null : i;
}

/**
 * Where the quote stands that spoils a row of CSV: it is never closed, or only on a later line by a quote in the middle
 * of a cell, which is the opening quote of some other row. Null if every quote is well.
 * @param row the bytes of one row, or of everything from its start to the end of the file
 * @param delimiter the byte between cells
 */
export function findOpenQuote(row: Uint8Array, delimiter: number): number | null {
  let i = 0;
  while (i < row.length) {
    if (row[i] === quote) {
      const closed = closingQuote(row, i);
      if (closed === null) return i;
      const next = row[closed + 1];
      const well = next === undefined || next === delimiter || next === lf || next === cr;
      if (!well && countLineEnds(row.subarray(i, closed)) > 0) return i;
      i = closed + 1;
    }
    while (i < row.length && row[i] !== delimiter && row[i] !== lf && row[i] !== cr) i += 1;
    i += 1;
  }
  return null;
}
