import { escapeControls } from '../foundation/text/control-characters.js';
import type { ColumnTypes, FieldType, FileMetadata } from './column-types.js';
import { ColumnError } from './data-errors.js';
import type { DataFormat, TextFormat } from './data-format.js';
import { JsonNumber, writeJson } from './json-numbers.js';
import { cellOf, columnIndex, type Row, rowObject } from './row.js';

/** A value of a field: lists and objects are JSON in tables of text. */
export type ResultValue =
  | string
  | number
  | boolean
  | null
  | readonly ResultValue[]
  | { readonly [key: string]: ResultValue };

/** What the program found about one row, by field name without prefix. A field that is not there is null. */
export type ResultFields = { readonly [name: string]: ResultValue };

/**
 * Writes results in the order of the calls. Lines reach the file whole, at the latest after 50 ms; rows of Parquet in
 * groups of thousands. Every method rejects with an OutputError, or with StdoutClosedError for `-`; a failure that
 * happened in between is reported by the next call, and by all further ones.
 */
export interface ResultWriter {
  /** Adds one row. A promise means that the writer is behind: await it before the next call. */
  write(row: Row, fields: ResultFields): Promise<void> | void;
  /** Settles when everything added so far was handed to the system; of Parquet the groups that are full. */
  flush(): Promise<void>;
  /**
   * Writes the rest and closes the file; `.json`, `.parquet`, `.xlsx` and `.gz` appear under their name now. Further calls do nothing.
   */
  end(): Promise<void>;
  /** Closes without finishing: lines added so far stay, a `.json`, `.parquet`, `.xlsx` or `.gz` file is not there. Never rejects. */
  abort(): Promise<void>;
}

/** The types of fields, by name. */
export type FieldTypes = Readonly<Record<string, FieldType>>;

/** The columns of an output. */
export interface OutputTable {
  /** The columns of the input, for tables: those of `scanRows`, or of the first row. */
  readonly columns: readonly string[];
  /** The fields to write, in order and without prefix. */
  readonly fieldNames: readonly string[];
  /** The types of the columns, as `scanRows` finds them, and of the fields, for Parquet. Text by default. */
  readonly types?: ColumnTypes | undefined;
  readonly fieldTypes?: FieldTypes | undefined;
  /** Writes only the fields: columns without the prefix `chorale_`, and JSON without `input`. @default false */
  readonly withoutInput?: boolean | undefined;
}

/** One output: its path, format and columns. */
export interface WriterTarget extends OutputTable {
  /** Path of a file, compressed if its name ends in `.gz`; `-` writes to `stdout`. */
  readonly path: string;
  readonly format: DataFormat;
  /** The name of the sheet of a workbook. @default Results */
  readonly sheet?: string | undefined;
  /** The metadata of Parquet inputs, as `scanRows` finds it; copied to a Parquet output. */
  readonly metadata?: FileMetadata | undefined;
  /** Whether CSV and TSV begin with a byte-order mark, as the input did. @default false */
  readonly mark?: boolean | undefined;
  /** The stream of `-`. The writer does not end it. */
  readonly stdout?: NodeJS.WritableStream | undefined;
  /** Called as soon as rows can no longer be written; the next call of the writer rejects too. Must not throw. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Ends the wait for the reader of a pipe. */
  readonly signal?: AbortSignal | undefined;
}

/** How the rows of one output reach its sink. */
export interface RowSink extends Pick<ResultWriter, 'write' | 'flush'> {
  /** Writes the rest, and finishes the sink. */
  finish(): Promise<void>;
  /** Lets what is being written end, and discards the sink. Never rejects. */
  discard(): Promise<void>;
}

/** How the rows of one output look. Pure text: who writes it, and when, is decided elsewhere. */
interface ResultText {
  /** Before the first row. */
  readonly head: string;
  /** One row, ending in a line end unless the format puts something between rows. */
  row(row: Row, fields: ResultFields): string;
  /** After the last row. */
  readonly tail: string;
}

/**
 * How results look in a format.
 * @param withoutInput writes only the fields
 * @throws ColumnError if a table would have a column twice
 */
export function createResultText(
  format: TextFormat,
  columns: readonly string[],
  fieldNames: readonly string[],
  withoutInput = false,
): ResultText {
  switch (format) {
    case 'csv':
      return csvResultText(columns, addedColumns(columns, fieldNames, withoutInput), fieldNames, ',');
    case 'tsv':
      return csvResultText(columns, addedColumns(columns, fieldNames, withoutInput), fieldNames, '\t');
    case 'jsonl':
      return { head: '', row: (...of) => `${resultObject(...of, fieldNames, withoutInput)}\n`, tail: '' };
    case 'json':
      return jsonResultText(fieldNames, withoutInput);
  }
}

/**
 * CSV or TSV: the input's columns as they came, then one column `chorale_<field>` for each field. Quoted as in
 * RFC 4180, with LF at the end of a line. Cells that are added here are made safe for spreadsheets, the user's are not.
 */
function csvResultText(
  columns: readonly string[],
  added: readonly string[],
  fieldNames: readonly string[],
  delimiter: ',' | '\t',
): ResultText {
  const names = [...columnIndex(columns).keys()];
  const needsQuotes = delimiter === ',' ? /[",\r\n]/ : /["\t\r\n]/;
  const quoted = (cell: string) => (needsQuotes.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const line = (cells: readonly string[]) => `${cells.map(quoted).join(delimiter)}\n`;
  return {
    head: line([...columns, ...added]),
    row(row: Row, given: ResultFields) {
      const fields = withSurplus(row, given);
      const own = row.columns === columns ? row.cells : names.map((name) => cellOf(row, name));
      const cells: string[] = [];
      for (const cell of own) cells.push(quoted(cellText(cell)));
      for (const name of fieldNames) {
        const value = fields[name] ?? null;
        // Numbers and the like need no quotes.
        cells.push(typeof value === 'string' ? quoted(safeText(value)) : plainCell(value, quoted));
      }
      return `${cells.join(delimiter)}\n`;
    },
    tail: '',
  };
}

/** A value as a cell: nothing for null, JSON for lists and objects. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'object' ? writeJson(value) : String(value);
}

/** JSON begins like no formula. */
function plainCell(value: Exclude<ResultValue, string>, quoted: (cell: string) => string): string {
  return typeof value === 'object' ? quoted(cellText(value)) : cellText(value);
}

/** Text with a `'` before what a spreadsheet would take for a formula. Numbers are numbers, not text. */
function safeText(value: string): string {
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

/** A JSON array of objects, one a line. Valid with its tail only. */
function jsonResultText(fieldNames: readonly string[], withoutInput: boolean): ResultText {
  let separator = '\n';
  return {
    head: '[',
    row(row, fields) {
      const text = separator + resultObject(row, fields, fieldNames, withoutInput);
      separator = ',\n';
      return text;
    },
    tail: '\n]\n',
  };
}

/** One object for each row, with the fields in their order and `input`, the row as it came. */
function resultObject(row: Row, fields: ResultFields, fieldNames: readonly string[], withoutInput: boolean): string {
  const result: Record<string, unknown> = Object.create(null);
  for (const name of fieldNames) result[name] = fields[name] ?? null;
  if (withoutInput) return writeJson(result);
  if (row.json === undefined) return writeJson({ ...result, input: row.source ?? rowObject(row) });
  // What came as JSON goes out as it came: every digit, every key.
  const own = fieldNames.length === 0 ? '{' : `${JSON.stringify(result).slice(0, -1)},`;
  return `${own}"input":${row.json}}`;
}

/** Stands before the name of each column that this program adds. */
const resultPrefix = 'chorale_';

/**
 * The columns of a table after those of the input: one for each field, with the same name if there is no input.
 * @throws ColumnError if the input has one of them already
 */
export function addedColumns(
  columns: readonly string[],
  fieldNames: readonly string[],
  withoutInput = false,
): readonly string[] {
  if (withoutInput) return fieldNames;
  const added = fieldNames.map((name) => `${resultPrefix}${name}`);
  const taken = added.find((name) => columns.includes(name));
  if (taken === undefined) return added;
  throw new ColumnError(
    `the input already has the column ${escapeControls(taken)}; write .jsonl, or remove it from the input`,
    columns,
  );
}

/** What the `error` of a row says in a table, which has no place for cells beyond the header: the message and they. */
export function withSurplus(row: Row, fields: ResultFields): ResultFields {
  if (!row.surplus || typeof fields.error !== 'string') return fields;
  return { ...fields, error: `${fields.error}; surplus cells: ${JSON.stringify(row.surplus)}` };
}
