/**
 * How rows are written down in a file. `csv`, `tsv`, `parquet` and `xlsx` are tabular: every row has the columns of the header.
 * `--help` loads this file: it imports nothing.
 */
export const dataFormats = ['csv', 'tsv', 'jsonl', 'json', 'parquet', 'xlsx'] as const;

export type DataFormat = (typeof dataFormats)[number];

/** The formats that are text, line by line or not; the others are read in any order. */
export type TextFormat = Exclude<DataFormat, 'parquet' | 'xlsx'>;

/** Other names of formats. */
const otherNames: ReadonlyMap<string, DataFormat> = new Map([['ndjson', 'jsonl']]);

/** The endings of inputs, and of outputs, for people. */
export const inputEndings = `.${[...dataFormats, ...otherNames.keys()].join(' .')}, each also .gz`;
export const outputEndings = `.${dataFormats.join(' .')}, each also .gz`;

/** The format of this name; null if there is none. */
export function formatNamed(name: string): DataFormat | null {
  return dataFormats.find((format) => format === name) ?? otherNames.get(name) ?? null;
}

/** The format that the ending of a path stands for, in any case and before `.gz`; null for an unknown ending or none. */
export function formatOf(path: string): DataFormat | null {
  return formatNamed(/\.([^.]*?)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '');
}

/** Whether a format is text, which has an encoding. */
export function isText(format: DataFormat): format is TextFormat {
  return format !== 'parquet' && format !== 'xlsx';
}

/** Whether rows are lines of cells with separators between them. */
export function isDelimited(format: DataFormat | null): boolean {
  return format === 'csv' || format === 'tsv';
}

/** Whether every row has the columns of the header. */
export function isTabular(format: DataFormat): boolean {
  return format !== 'jsonl' && format !== 'json';
}

/** Whether a file of this name is packed with gzip, whatever its format. */
export function isGzipped(path: string): boolean {
  return /\.gz$/i.test(path);
}

/** One input: where its bytes come from and how to read them. */
export interface DataSource {
  /** Path of a file, which is unpacked where its name ends in `.gz`; `-` reads `stream`. */
  readonly path: string;
  readonly format: DataFormat;
  /** The sheet of a workbook, by its name. @default the first one that is not hidden */
  readonly sheet?: string | undefined;
  /** The separator of the cells of a table; by default it is detected from the start of the file. */
  readonly delimiter?: string | undefined;
  /** Encoding of text, by a name that `TextDecoder` knows. @default UTF-8 */
  readonly encoding?: string | undefined;
  /** The bytes of `-`, usually `process.stdin`; no chunk may be used again. Destroyed when reading stops before the end. */
  readonly stream?: AsyncIterable<Uint8Array>;
}

/** The path and the sheet that an input such as `reviews.xlsx#March` names. */
export function splitSheet(input: string): { readonly path: string; readonly sheet?: string } {
  const [, path, sheet] = /^(.*?\.xlsx(?:\.gz)?)#(.+)$/is.exec(input) ?? [];
  return path === undefined || sheet === undefined ? { path: input } : { path, sheet };
}

/** A path with the sheet in it, as `splitSheet` takes it apart. */
export function withSheet(path: string, sheet: string | undefined): string {
  return sheet === undefined ? path : `${path}#${sheet}`;
}

/** What a source is called in places and messages: its path with the sheet that was named, or `<stdin>`. */
export function sourceName({ path, sheet }: DataSource): string {
  return path === '-' ? '<stdin>' : withSheet(path, sheet);
}
