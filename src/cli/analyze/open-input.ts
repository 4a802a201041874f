import { resolve } from 'node:path';
import type { GoldColumn } from '../../analysis/fields/gold-field.js';
import type { GoldLabels } from '../../analysis/gold-labels.js';
import type { Review } from '../../analysis/review.js';
import type { InputScan } from '../../analysis/run-store.js';
import { type ColumnTypes, type FileMetadata, isFloatColumn } from '../../data/column-types.js';
import { type DataSource, formatOf, inputEndings, isDelimited, isText, splitSheet } from '../../data/data-format.js';
import { canReread, digestSources, refuseFolder } from '../../data/read-bytes.js';
import { readRows } from '../../data/read-rows.js';
import { isUsualTextName, resolveColumn, resolveTextColumn } from '../../data/resolve-column.js';
import { cellText } from '../../data/result-text.js';
import { cellOf, type Row, rowSize } from '../../data/row.js';
import type { ReadOptions } from '../../data/row-parser.js';
import { scanRows } from '../../data/scan-rows.js';
import { type RowSelection, selectedCount, selectRows } from '../../data/select-rows.js';
import { refuseFileType } from '../../data/unsupported-file-types.js';
import { UsageError } from '../../foundation/errors/chorale-error.js';
import { quoted } from '../../foundation/text/control-characters.js';
import { foldName, isBlank } from '../../foundation/text/visible-text.js';
import type { Io } from '../io.js';
import type { AnalyzeFlags } from '../options/command-options.js';
import { findShownColumns, noColumns, type ShownColumns } from '../shown-columns.js';
import { goldFieldsOf } from './gold-columns.js';

/** How the bytes of an input are read. */
interface SourceOptions {
  readonly flags: Pick<AnalyzeFlags, 'format' | 'delimiter' | 'encoding'>;
  readonly stdin: Io['stdin'];
}

/** Which rows and columns are read, and how. */
interface InputOptions {
  readonly flags: Pick<
    AnalyzeFlags,
    'format' | 'delimiter' | 'encoding' | 'text' | 'id' | 'label' | 'goldColumns' | 'blank'
  >;
  /** @default all rows */
  readonly selection?: RowSelection | undefined;
  readonly stdin: Io['stdin'];
  readonly signal: AbortSignal;
  /** What is known of inputs of this content already; it makes the first reading needless. */
  readonly scanOf?: ((digest: string) => Promise<InputScan | null>) | undefined;
  /** The label column may be missing. @default false */
  readonly mayLackLabel?: boolean | undefined;
  /** What the prompts show beside the text. @default nothing */
  readonly shown?: ShownColumns | undefined;
}

/** The rows to analyse, and what is known of them beforehand. */
export interface OpenInput {
  readonly columns: readonly string[];
  /** Which of the columns mean what. */
  readonly roles: ColumnRoles;
  /** What is to be said of the choice of sheets, in a line each. */
  readonly notes: readonly string[];
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

type FoundInput = Omit<OpenInput, 'names' | 'roles' | 'notes'>;

/** Told which of several sheets is read. */
type OnSheets = NonNullable<ReadOptions['onSheets']>;

/**
 * Opens the inputs. Files are read once beforehand: what is wrong with them is found before the first request, and the
 * number of rows is known.
 * @throws InputError, UsageError; ColumnError if a column is missing or the text cannot be guessed
 */
export async function openInput(paths: readonly string[], options: InputOptions): Promise<OpenInput> {
  for (const path of paths) if (path !== '-') await refuseFolder(splitSheet(path).path);
  const sources = paths.map((path) => sourceOf(path, options));
  const names = paths.map((path) => (path === '-' ? path : resolve(path)));
  const rereadable = await Promise.all(sources.map((source) => canReread(source)));
  const notes = new Set<string>();
  const onSheets: OnSheets = (path, chosen, sheets) => notes.add(sheetNote(path, chosen, sheets));
  const open = rereadable.every(Boolean) ? scanInput : beginInput;
  const found = await open(sources, options, onSheets);
  return { ...found, names, notes: [...notes], roles: rolesOf(found, options) };
}

/** The most sheets that a note lists. */
const mostSheets = 10;

function sheetNote(path: string, chosen: string, sheets: readonly string[]): string {
  const others = sheets.filter((name) => name !== chosen).slice(0, mostSheets);
  const more = sheets.length - 1 > others.length ? `, … (${sheets.length - 1})` : '';
  const list = others.map((name) => quoted(name)).join(', ');
  return `${path} has ${sheets.length} sheets, and ${quoted(chosen)} is read; the others are ${list}${more} (FILE.xlsx#SHEET names one)`;
}

async function scanInput(
  sources: readonly DataSource[],
  options: InputOptions,
  onSheets: OnSheets,
): Promise<FoundInput> {
  const { selection = {}, signal, scanOf } = options;
  const digest = await digestSources(sources, signal);
  const known = await scanOf?.(digest);
  // What was recorded before marks and digits counted is found anew.
  const { kept, scan } =
    known?.mark === undefined ? await scanNow(sources, signal, onSheets) : { kept: null, scan: known };
  const rows = () => (kept ? inMemory(kept) : readRows(sources, { signal }));
  return {
    columns: scan.columns,
    types: new Map(scan.types),
    metadata: scan.metadata ?? [],
    mark: scan.mark === true,
    rows: {
      [Symbol.asyncIterator]: () => selectRows(rows(), selection)[Symbol.asyncIterator](),
    },
    total: selectedCount(scan.rows, selection),
    digest,
    scan,
  };
}

/** Reads the first row of an input that can be read only once. */
async function beginInput(
  sources: readonly DataSource[],
  options: InputOptions,
  onSheets: OnSheets,
): Promise<FoundInput> {
  const { selection = {}, signal } = options;
  let columns: readonly string[] | undefined;
  let types: ColumnTypes | undefined;
  let metadata: FileMetadata = [];
  let mark = false;
  const rows = readRows(sources, {
    signal,
    onSheets,
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
  const selected = selectRows(continued(first.done ? [] : [first.value], rows), selection);
  return { columns, types, metadata, mark, rows: selected, total: null, digest: null, scan: null };
}

async function* inMemory(rows: readonly Row[]): AsyncGenerator<Row, void> {
  yield* rows;
}

async function scanNow(sources: readonly DataSource[], signal: AbortSignal, onSheets: OnSheets) {
  const { rows, columns, types, metadata, mark, kept } = await scanRows(sources, { signal, onSheets });
  const scan: InputScan = { rows, columns, types: [...types], metadata, mark };
  return { kept, scan };
}

/** Where an input comes from, and how it is read. @throws UsageError */
export function sourceOf(named: string, { flags, stdin }: SourceOptions): DataSource {
  const { delimiter, encoding } = flags;
  const { path, sheet } = splitSheet(named);
  const format = path === '-' ? (flags.format ?? 'csv') : formatOf(path);
  if (format) {
    if (delimiter !== undefined && !isDelimited(format))
      throw new UsageError(`--delimiter is for CSV and TSV; ${path} is ${format}`);
    if (encoding !== undefined && !isText(format)) throw new UsageError(`--encoding is for text; ${path} is ${format}`);
    return { path, format, sheet, delimiter, encoding, ...(path === '-' && { stream: stdin }) };
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
export interface ColumnRoles {
  readonly text: string;
  readonly id: string | undefined;
  readonly label: string | undefined;
  /** Those of the gold values of other fields. */
  readonly gold: readonly GoldColumn[];
  /** Those that the prompts show beside the text, by their names in the templates. */
  readonly shown: ReadonlyMap<string, string>;
  /** Cells that count as blank, folded, beside those in which nothing can be seen. */
  readonly blank: ReadonlySet<string>;
  /** Float columns of a Parquet file, in which NaN counts as blank, whatever `--blank` says. */
  readonly floats: ReadonlySet<string>;
}

/** Finds the columns that the flags name, and the text. Where no row could be read there are none to find. */
function rolesOf({ columns, types }: FoundInput, options: InputOptions): ColumnRoles {
  const { flags, mayLackLabel = false, shown = noColumns } = options;
  const floats = [...(types ?? [])].flatMap(([name, type]) => (isFloatColumn(type) ? [name] : []));
  const marks = { blank: new Set((flags.blank ?? []).map(foldName)), floats: new Set(floats) };
  const { text, id, goldColumns: gold = [] } = flags;
  const isThere = columns.some((column) => foldName(column) === foldName(flags.label ?? ''));
  const label = mayLackLabel && !isThere ? undefined : flags.label;
  if (columns.length === 0) return { text: text ?? 'text', id, label, gold, shown: new Map(), ...marks };
  const found = {
    text: resolveTextColumn(columns, text),
    id: id === undefined ? undefined : resolveColumn(columns, id, 'id'),
    label: label === undefined ? undefined : resolveColumn(columns, label, 'label'),
    gold: gold.map((one) => ({ ...one, column: resolveColumn(columns, one.column, 'label') })),
  };
  const goldColumns = [...(found.label === undefined ? [] : [found.label]), ...found.gold.map(({ column }) => column)];
  return { ...found, shown: findShownColumns(columns, shown, goldColumns), ...marks };
}

/** Says which column was taken for the text where its name is only likely that of one; undefined if there is no doubt. */
export function likelyText({ text }: ColumnRoles, flags: Pick<AnalyzeFlags, 'text'>): string | undefined {
  if (flags.text !== undefined || isUsualTextName(text)) return undefined;
  return `the column ${quoted(text)} is taken for the text; --text COLUMN names another`;
}

/**
 * Makes reviews of rows. A row that cannot be read stays one, with its problem.
 * @param gold what the values of the label column mean; undefined: they are not looked at
 */
export function toReviews(
  { rows, roles }: Pick<OpenInput, 'rows' | 'roles'>,
  gold: GoldLabels | undefined,
): AsyncIterable<RowReview> {
  return {
    [Symbol.asyncIterator]() {
      const source = rows[Symbol.asyncIterator]();
      const convert = (step: IteratorResult<Row>): IteratorResult<RowReview> =>
        step.done ? { done: true, value: undefined } : { done: false, value: toReview(step.value, roles, gold) };
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

function toReview(row: Row, roles: ColumnRoles, gold: GoldLabels | undefined): RowReview {
  const id = filledCell(row, roles.id, roles);
  return {
    row,
    index: row.index,
    id: id ?? String(row.index + 1),
    text: filledCell(row, roles.text, roles),
    columns: shownCells(row, roles),
    expected: gold?.labelOf(filledCell(row, roles.label, roles)),
    expectedFields: goldFieldsOf(row, roles.gold, (column) => filledCell(row, column, roles)),
    problem: row.problem ?? undefined,
    size: rowSize(row),
  };
}

/** The cells that the prompts show beside the text: nothing stands for a blank one. Undefined if they show none. */
function shownCells(row: Row, roles: ColumnRoles): Record<string, string> | undefined {
  if (roles.shown.size === 0) return undefined;
  return Object.fromEntries([...roles.shown].map(([name, column]) => [name, filledCell(row, column, roles) ?? '']));
}

/** A cell as text; null if it is blank, or there is no such column. */
function filledCell(row: Row, column: string | undefined, { blank, floats }: ColumnRoles): string | null {
  if (column === undefined) return null;
  const text = cellText(cellOf(row, column));
  if (isBlank(text)) return null;
  if (text === 'NaN' && floats.has(column)) return null;
  return blank.size > 0 && blank.has(foldName(text)) ? null : text;
}
