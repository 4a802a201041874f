/**
 * How rows are written down in a file. `csv`, `tsv` and `parquet` are tabular: every row has the columns of the header.
 * `--help` loads this file: it imports nothing.
 */
export const dataFormats = ['csv', 'tsv', 'jsonl', 'json', 'parquet'] as const;

export type DataFormat = (typeof dataFormats)[number];

/** The formats that are text, line by line or not; the other is read and written in any order. */
export type TextFormat = Exclude<DataFormat, 'parquet'>;

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
  /** The separator of the cells of a table; by default it is detected from the start of the file. */
  readonly delimiter?: string | undefined;
  /** Encoding of text, by a name that `TextDecoder` knows. @default UTF-8 */
  readonly encoding?: string | undefined;
  /** The bytes of `-`, usually `process.stdin`; no chunk may be used again. Destroyed when reading stops before the end. */
  readonly stream?: AsyncIterable<Uint8Array>;
}

/** What a source is called in places and messages: its path, or `<stdin>`. */
export function sourceName(source: DataSource): string {
  return source.path === '-' ? '<stdin>' : source.path;
}
