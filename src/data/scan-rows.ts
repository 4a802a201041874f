import { type ColumnTypes, type FileMetadata, TypeFinder } from './column-types.js';
import type { DataSource } from './data-format.js';
import { commonMetadata } from './parquet/file-metadata.js';
import { readRowBatches } from './read-rows.js';
import { columnIndex, type Row, rowSize } from './row.js';
import type { ReadOptions } from './row-parser.js';

/** What one pass over the inputs found. */
export interface Scan {
  /** Number of rows, those with a problem included. */
  readonly rows: number;
  /** Every column, in the order of first appearance; of a table its header as it stands (empty and repeated names). */
  readonly columns: readonly string[];
  /** The types of the columns, for outputs that have types. */
  readonly types: ColumnTypes;
  /** What all Parquet sources say of themselves alike; none if there are others. */
  readonly metadata: FileMetadata;
  /** Whether a source of text begins with a byte-order mark. */
  readonly mark: boolean;
  /** Every row, if they are few: they need not be parsed again. Null if they are many, or were not read. */
  readonly kept: readonly Row[] | null;
}

/** Rows that are kept, and the characters in them, at most. */
const mostKept = { rows: 10_000, characters: 4_000_000 };

/**
 * Reads everything once: counts the rows, checks what `readRows` checks, collects the columns and their types. Of Parquet
 * it reads the footer: that it is whole and fits the file; pages are checked when their rows are read.
 * @throws as `readRows`
 */
export async function scanRows(sources: readonly DataSource[], options: ReadOptions = {}): Promise<Scan> {
  const columns: string[] = [];
  const known = new Set<string>();
  let last: readonly string[] = columns;
  const collect = (found: readonly string[]) => {
    if (found === last) return;
    last = found;
    for (const [name, position] of columnIndex(found)) {
      if (known.has(name)) continue;
      known.add(name);
      columns.push(found[position] ?? name);
    }
  };
  const onHeader = (header: readonly string[]) => {
    collect(header);
    options.onHeader?.(header);
  };
  const finder = new TypeFinder();
  const isParquet = sources.every(({ format }) => format === 'parquet');
  let rows = 0;
  let mark = false;
  let metadata: FileMetadata | undefined;
  const onFooter = (count: number, types: ColumnTypes, found: FileMetadata) => {
    rows += count;
    metadata = metadata ? commonMetadata(metadata, found) : found;
    for (const [column, type] of types) finder.add(column, type);
  };
  let kept: Row[] | null = [];
  let keptCharacters = 0;
  const keep = (row: Row) => {
    kept?.push(row);
    keptCharacters += rowSize(row);
    if ((kept?.length ?? 0) > mostKept.rows || keptCharacters > mostKept.characters) kept = null;
  };
  for await (const batch of readRowBatches(sources, { ...options, onHeader, onFooter, onMark: () => (mark = true) })) {
    rows += batch.length;
    for (const row of batch) {
      collect(row.columns);
      finder.addRow(row);
      keep(row);
    }
  }
  return {
    rows,
    columns,
    types: finder.types,
    metadata: isParquet ? (metadata ?? []) : [],
    mark,
    kept: wholeOrNull(kept, rows),
  };
}

/** The rows of a Parquet file are counted without reading them. */
function wholeOrNull(kept: readonly Row[] | null, rows: number): readonly Row[] | null {
  return kept?.length === rows ? kept : null;
}
