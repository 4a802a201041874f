import { resolve } from 'node:path';
import type { InputScan } from '../../analysis/run-store.js';
import type { ColumnTypes } from '../../data/column-types.js';
import { type DataSource, formatOf } from '../../data/data-source.js';
import { refuseFileType } from '../../data/file-type.js';
import type { FileMetadata } from '../../data/parquet/file-metadata.js';
import { canReread, digestSources, refuseFolder } from '../../data/read-bytes.js';
import { readRows } from '../../data/read-rows.js';
import type { Row } from '../../data/row.js';
import { type Scan, scanRows } from '../../data/scan-rows.js';
import { type RowSelection, selectedCount, selectRows } from '../../data/select-rows.js';
import { UsageError } from '../../foundation/errors/common-errors.js';
import type { AnalyzeFlags } from '../flags.js';
import type { Io } from '../io.js';

/** How inputs are read. */
export type ReadingFlags = Pick<AnalyzeFlags, 'format' | 'delimiter' | 'encoding'>;

/** The rows to analyse, and what is known of them beforehand. */
export interface OpenInput {
  readonly columns: readonly string[];
  /** What stands in the columns; undefined where that is not known beforehand. */
  readonly types: ColumnTypes | undefined;
  /** What Parquet says of itself beside its schema. */
  readonly metadata: FileMetadata;
  /** Whether it begins with a byte-order mark. */
  readonly mark: boolean;
  /** May be read several times where the digest is known. */
  readonly rows: AsyncIterable<Row>;
  /** Number of selected rows; null where the input can be read only once. */
  readonly total: number | null;
  /** Absolute paths, or `-`. */
  readonly names: readonly string[];
  /** Of the contents; null where the input can be read only once. */
  readonly digest: string | null;
  readonly scan: InputScan | null;
}

/**
 * Opens the inputs. Files are read once beforehand: what is wrong with them is found before a model is asked anything,
 * and the number of rows is known.
 * @param scanOf what is known of inputs of this content already; it makes the first reading needless
 */
export async function openInput(
  inputs: readonly string[],
  reading: ReadingFlags,
  selection: RowSelection,
  { stdin }: Pick<Io, 'stdin'>,
  signal: AbortSignal,
  scanOf: (digest: string) => Promise<InputScan | null> = async () => null,
): Promise<OpenInput> {
  for (const path of inputs) if (path !== '-') await refuseFolder(path);
  const sources = inputs.map((path) => sourceOf(path, reading, stdin));
  const rereadable = await Promise.all(sources.map((source) => canReread(source)));
  if (rereadable.every(Boolean)) {
    const digest = await digestSources(sources, signal);
    const known = await scanOf(digest);
    // What was recorded before marks and digits counted is found anew.
    const scan = (known?.mark === undefined ? null : known) ?? recordedScan(await scanRows(sources, { signal }));
    return {
      columns: scan.columns,
      types: new Map(scan.types),
      metadata: scan.metadata ?? [],
      mark: scan.mark === true,
      rows: { [Symbol.asyncIterator]: () => rowsOf(sources, selection, signal) },
      total: selectedCount(scan.rows, selection),
      names: inputs.map((path) => resolve(path)),
      digest,
      scan,
    };
  }
  let columns: readonly string[] | undefined;
  let types: ColumnTypes | undefined;
  let metadata: FileMetadata = [];
  let mark = false;
  const rows = readRows(sources, {
    signal,
    onMark: () => (mark = true),
    onHeader: (header) => (columns = header),
    // The others may hold something else.
    onTypes: (found, said) => {
      if (sources.length > 1) return;
      types = found;
      metadata = said;
    },
  });
  const first = await rows.next();
  columns ??= first.done ? [] : first.value.columns;
  const names = inputs.map((path) => (path === '-' ? path : resolve(path)));
  const selected = selectRows(continued(first.done ? [] : [first.value], rows), selection);
  return { columns, types, metadata, mark, rows: selected, total: null, names, digest: null, scan: null };
}

function rowsOf(sources: readonly DataSource[], selection: RowSelection, signal: AbortSignal): AsyncIterator<Row> {
  return selectRows(readRows(sources, { signal }), selection)[Symbol.asyncIterator]();
}

function recordedScan({ rows, columns, types, metadata, mark }: Scan): InputScan {
  return { rows, columns, types: [...types], metadata, mark };
}

function sourceOf(
  path: string,
  { format: stdinFormat = 'csv', delimiter, encoding }: ReadingFlags,
  stdin: Io['stdin'],
): DataSource {
  const format = path === '-' ? stdinFormat : formatOf(path);
  if (format) {
    if (delimiter !== undefined && format !== 'csv' && format !== 'tsv')
      throw new UsageError(`--delimiter is for CSV and TSV; ${path} is ${format}`);
    if (encoding !== undefined && format === 'parquet')
      throw new UsageError(`--encoding is for text; ${path} is ${format}`);
    return { path, format, delimiter, encoding, ...(path === '-' && { stream: stdin }) };
  }
  refuseFileType(path);
  throw new UsageError(
    `${path}: the name ends in no known format (.csv .tsv .jsonl .ndjson .json .parquet, each also .gz); pipe it: - --format F`,
  );
}

/** The rows of an input that were read ahead, then the rest of them. */
export async function* continued(first: readonly Row[], rest: AsyncIterator<Row>): AsyncGenerator<Row, void> {
  try {
    yield* first;
    for (let step = await rest.next(); !step.done; step = await rest.next()) yield step.value;
  } finally {
    await rest.return?.();
  }
}
