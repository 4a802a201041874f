/** How rows are written down in a file. `csv`, `tsv` and `parquet` are tabular: every row has the columns of the header. */
export type DataFormat = 'csv' | 'tsv' | 'jsonl' | 'json' | 'parquet';

/** The formats that are text, line by line or not; the other is read and written in any order. */
export type TextFormat = Exclude<DataFormat, 'parquet'>;

const formatOfEnding: Readonly<Record<string, DataFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  parquet: 'parquet',
};

/** The format that the ending of a path stands for, in any case and before `.gz`; null for an unknown ending or none. */
export function formatOf(path: string): DataFormat | null {
  const ending = /\.(csv|tsv|jsonl|ndjson|json|parquet)(?:\.gz)?$/i.exec(path)?.[1];
  return ending === undefined ? null : (formatOfEnding[ending.toLowerCase()] ?? null);
}

/** Whether a file of this name is packed with gzip, whatever its format. */
export function isGzipped(path: string): boolean {
  return /\.gz$/i.test(path);
}
