import type { DataFormat } from './data-format.js';

/** One input: where its bytes come from and how to read them. */
export interface DataSource {
  /** Path of a file, which is unpacked where its name ends in `.gz`; `-` reads `stream`. */
  readonly path: string;
  readonly format: DataFormat;
  /** What separates the cells of a table; left out: it is found from the start of the file. */
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
