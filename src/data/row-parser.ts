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
  /** What separates the cells of a table; left out: it is found from the start of the file. */
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
