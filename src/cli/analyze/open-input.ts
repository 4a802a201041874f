import { resolve } from 'node:path';
import type { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import type { InputScan } from '../../analysis/run-store.js';
import { type ColumnTypes, type FileMetadata, isFloatColumn } from '../../data/column-types.js';
import { type DataSource, formatOf, inputEndings } from '../../data/data-format.js';
import { canReread, digestSources, refuseFolder } from '../../data/read-bytes.js';
import { readRows } from '../../data/read-rows.js';
import { isUsualTextName, resolveColumn, resolveTextColumn } from '../../data/resolve-column.js';
import { cellText } from '../../data/result-text.js';
import { cellOf, type Row } from '../../data/row.js';
import { type Scan, scanRows } from '../../data/scan-rows.js';
import { type RowSelection, selectedCount, selectRows } from '../../data/select-rows.js';
import { refuseFileType } from '../../data/unsupported-file-types.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { quoted } from '../../foundation/text/control-characters.js';
import { foldName, isBlank } from '../../foundation/text/visible-text.js';
import type { Io } from '../io.js';
import type { AnalyzeFlags } from '../options/command-options.js';

/** How inputs are read. */
type ReadingFlags = Pick<AnalyzeFlags, 'format' | 'delimiter' | 'encoding'>;

/** The rows to analyse, and what is known of them beforehand. */
export interface OpenInput {
  readonly columns: readonly string[];
  /** The types of the columns; undefined if they are not known beforehand. */
  readonly types: ColumnTypes | undefined;
  /** What Parquet says of itself beside its schema. */
  readonly metadata: FileMetadata;
  /** Whether it begins with a byte-order mark. */
  readonly mark: boolean;
  /** May be read several times where the digest is known. */
  readonly rows: AsyncIterable<Row>;
  /** Number of selected rows; null if the input can be read only once. */
  readonly total: number | null;
  /** Absolute paths, or `-`. */
  readonly names: readonly string[];
  /** Of the contents; null if the input can be read only once. */
  readonly digest: string | null;
  readonly scan: InputScan | null;
}

/**
 * Opens the inputs. Files are read once beforehand: what is wrong with them is found before the first request,
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
  throw new UsageError(`${path}: the name ends in no known format (${inputEndings}); pipe it: - --format F`);
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

/** A review with the row that it came from. */
export interface RowReview extends Review {
  readonly row: Row;
}

/** Which columns mean what. */
export interface Columns {
  readonly text: string;
  readonly id: string | undefined;
  readonly label: string | undefined;
  /** Cells that count as blank, folded, beside those in which nothing can be seen. */
  readonly blank: ReadonlySet<string>;
  /** Columns of floats of a Parquet file: there NaN is not a value, whatever `--blank` says. */
  readonly floats: ReadonlySet<string>;
}

/** What is known of the columns of an input. */
type KnownColumns = Pick<OpenInput, 'columns' | 'types'>;
type ColumnFlags = Pick<AnalyzeFlags, 'text' | 'id' | 'label' | 'blank'>;

/**
 * Finds the columns that the flags name, and the text. Where no row could be read there are none to find.
 * @throws ColumnError
 */
export function resolveColumns({ columns, types }: KnownColumns, flags: ColumnFlags): Columns {
  const floats = [...(types ?? [])].flatMap(([name, type]) => (isFloatColumn(type) ? [name] : []));
  const marks = { blank: new Set((flags.blank ?? []).map(foldName)), floats: new Set(floats) };
  if (columns.length === 0) return { text: flags.text ?? 'text', id: flags.id, label: flags.label, ...marks };
  return {
    text: resolveTextColumn(columns, flags.text),
    id: flags.id === undefined ? undefined : resolveColumn(columns, flags.id, 'id'),
    label: flags.label === undefined ? undefined : resolveColumn(columns, flags.label, 'label'),
    ...marks,
  };
}

/** Says which column was taken for the text where its name is only likely that of one; undefined if there is no doubt. */
export function likelyText({ text }: Columns, flags: Pick<AnalyzeFlags, 'text'>): string | undefined {
  if (flags.text !== undefined || isUsualTextName(text)) return undefined;
  return `the column ${quoted(text)} is taken for the text; --text COLUMN names another`;
}

/**
 * The same for the inputs of a run with `--calibrate`. `--label` names a column of the calibration rows; the inputs may
 * have gold labels too.
 * @throws ColumnError
 */
export function resolveInputColumns(input: KnownColumns, flags: AnalyzeFlags): Columns {
  if (flags.calibrate === undefined || flags.label === undefined) return resolveColumns(input, flags);
  const { label, ...others } = flags;
  const isThere = input.columns.some((column) => foldName(column) === foldName(label));
  return resolveColumns(input, isThere ? flags : others);
}

/**
 * Makes reviews of rows. A row that cannot be read stays one, with its problem.
 * @param gold what the values of the label column mean; undefined: they are not looked at
 */
export function toReviews(
  rows: AsyncIterable<Row>,
  columns: Columns,
  gold: GoldLabels | undefined,
): AsyncIterable<RowReview> {
  return {
    [Symbol.asyncIterator]() {
      const source = rows[Symbol.asyncIterator]();
      const convert = (step: IteratorResult<Row>): IteratorResult<RowReview> =>
        step.done ? { done: true, value: undefined } : { done: false, value: toReview(step.value, columns, gold) };
      return {
        next() {
          const step: Promise<IteratorResult<Row>> | IteratorResult<Row> = source.next();
          // A source may give a step without a promise, which is passed on without one.
          return ('then' in step ? step.then(convert) : convert(step)) as Promise<IteratorResult<RowReview>>;
        },
        async return() {
          await source.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function toReview(row: Row, columns: Columns, gold: GoldLabels | undefined): RowReview {
  const id = filledCell(row, columns.id, columns);
  return {
    row,
    index: row.index,
    id: id ?? String(row.index + 1),
    text: filledCell(row, columns.text, columns),
    expected: gold?.labelOf(filledCell(row, columns.label, columns)),
    problem: row.problem ?? undefined,
    size: sizeOf(row),
  };
}

/** About how much memory its cells take, in characters. */
function sizeOf({ cells, json, source }: Row): number {
  let size = cells.length + (json?.length ?? 0) + (source?.length ?? 0);
  for (const cell of cells) if (typeof cell === 'string') size += cell.length;
  return size;
}

/** A cell as text; null if it is blank, or there is no such column. */
function filledCell(row: Row, column: string | undefined, { blank, floats }: Columns): string | null {
  if (column === undefined) return null;
  const text = cellText(cellOf(row, column));
  if (isBlank(text)) return null;
  if (text === 'NaN' && floats.has(column)) return null;
  return blank.size > 0 && blank.has(foldName(text)) ? null : text;
}
