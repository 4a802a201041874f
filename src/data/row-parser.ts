import { quoted } from '../foundation/text/control-characters.js';
import type { ColumnTypes, FileMetadata } from './column-types.js';
import { InputError, type Place } from './data-errors.js';
import type { Row } from './row.js';

/**
 * Turns the bytes of one file into rows, as they come. Bytes are valid UTF-8 without a byte-order mark and may be cut
 * between any two characters. Both methods add finished rows to `into`, also when they reject with an InputError.
 */
export interface RowParser {
  /** The columns of a table, once its header was read; null before, and for formats without. */
  readonly header: readonly string[] | null;
  push(bytes: Uint8Array, into: Row[]): Promise<void>;
  end(into: Row[]): Promise<void>;
}

/** The rows of one source, whatever its format. */
export interface SourceRows {
  /** As that of a parser: known before the first rows come out, null for formats without. */
  readonly header: readonly string[] | null;
  /** Rows that were counted without reading them. */
  readonly rowsPassed: number;
  /** May be taken once. Also an empty batch where a header has no rows. */
  batches(): AsyncIterable<readonly Row[]>;
}

/** How rows are read. */
export interface ReadOptions {
  /** Stops reading; the rows end with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told the columns of the tables, once, before their first row, also where no row follows. */
  readonly onHeader?: ((columns: readonly string[]) => void) | undefined;
  /** Told of each source of text that begins with a byte-order mark, before its first row. */
  readonly onMark?: (() => void) | undefined;
  /** Told which sheet of a workbook is read where none was named and it has several. */
  readonly onSheets?: ((path: string, chosen: string, sheets: readonly string[]) => void) | undefined;
  /**
   * Told what stands in the columns, and what else the file says of itself, before their first row, for each source
   * that says it: a Parquet file.
   */
  readonly onTypes?: ((types: ColumnTypes, metadata: FileMetadata) => void) | undefined;
}

/** As `ReadOptions`, with what only a scan wants. */
export interface ScanOptions extends ReadOptions {
  /** Told what the footer of a file says, whose rows are not read then. */
  readonly onFooter?: ((rows: number, types: ColumnTypes, metadata: FileMetadata) => void) | undefined;
}

/** The header of an earlier table, which all later ones must have. */
export interface Header {
  readonly path: string;
  readonly columns: readonly string[];
}

/** What a parser must know about its file. */
export interface ParserContext {
  /** What the file is called in places. */
  readonly path: string;
  /** Index of its first row. */
  readonly firstIndex: number;
  /** The header of an earlier table, or null. */
  readonly expected: Header | null;
  /** The separator of the cells of a table; by default it is detected from the start of the file. */
  readonly delimiter?: string | undefined;
}

/** Rows and lines that are longer end in an InputError: memory stays bounded, and reviews are not that long. */
export const maxRowBytes = 64 * 1024 * 1024;

/** The same limit, for messages. */
export const maxRowSize = '64 MiB';

/** A header that is longer is none, or an attack: what names a column is short. */
export const maxHeaderBytes = 1024 * 1024;

/** Columns that a table may have: twice as many as a sheet of Excel has. Rows of as many cells stay small in memory. */
export const maxColumns = 32_768;

/**
 * The columns of a table: those of an earlier one where there is one, which must be the same.
 * @throws InputError
 */
export function matchHeader(columns: readonly string[], expected: Header | null, place: Place): readonly string[] {
  if (expected === null) return columns;
  const difference = compareHeaders(columns, expected.columns);
  if (difference === null) return expected.columns;
  throw new InputError(place, `the columns differ from those of ${expected.path}: ${difference}`);
}

/** What makes a header differ from an expected one, in words; null if they are the same. */
function compareHeaders(columns: readonly string[], expected: readonly string[]): string | null {
  if (columns.length === expected.length && columns.every((name, position) => name === expected[position])) return null;
  const missing = without(expected, columns);
  const added = without(columns, expected);
  const parts = [
    ...(missing.length > 0 ? [`${named(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`] : []),
    ...(added.length > 0 ? [`${named(added)} ${added.length === 1 ? 'is' : 'are'} new`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'the same columns in another order';
}

/** The names that are left of `names` when each of `others` is taken out once. */
function without(names: readonly string[], others: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of others) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.filter((name) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count - 1);
    return count <= 0;
  });
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => quoted(name));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}
