/** How rows are written down in a file. `csv` and `tsv` are tabular: every row has the columns of the header. */
export type DataFormat = 'csv' | 'tsv' | 'jsonl' | 'json';

const formatOfEnding: Readonly<Record<string, DataFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
};

/** The format that the ending of a path stands for, in any case; null for an unknown ending or none. */
export function formatOf(path: string): DataFormat | null {
  const ending = /\.(csv|tsv|jsonl|ndjson|json)$/i.exec(path)?.[1];
  return ending === undefined ? null : (formatOfEnding[ending.toLowerCase()] ?? null);
}
