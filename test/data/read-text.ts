import type { DataFormat, DataSource } from '../../src/data/data-format.js';
import { readRows } from '../../src/data/read-rows.js';
import type { Row } from '../../src/data/row.js';
import type { ReadOptions } from '../../src/data/row-parser.js';

/** A source on stdin that delivers the chunks as they are. */
export function sourceOf(chunks: Iterable<Uint8Array>, format: DataFormat): DataSource {
  return {
    path: '-',
    format,
    stream: (async function* () {
      yield* chunks;
    })(),
  };
}

/** All rows of the sources. */
export async function rowsOf(sources: readonly DataSource[], options?: ReadOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(sources, options)) rows.push(row);
  return rows;
}

/** All rows of a text, or bytes, given to stdin. */
export function rowsOfText(text: string | Uint8Array, format: DataFormat): Promise<Row[]> {
  return rowsOf([sourceOf([typeof text === 'string' ? Buffer.from(text) : text], format)]);
}

/** The error that reading ends with, as `message`; fails where it ends well. */
export async function problemOf(text: string | Uint8Array, format: DataFormat): Promise<string> {
  try {
    await rowsOfText(text, format);
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') return error.message;
    throw error;
  }
  throw new Error('the text was read without an error');
}

/** A text as bytes, cut at the given positions. */
export function cut(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const edges = [...new Set([0, ...positions.map((position) => position % (bytes.length + 1)), bytes.length])];
  edges.sort((a, b) => a - b);
  // Each chunk has memory of its own, as the chunks of a file have.
  return edges.slice(1).map((end, index) => Uint8Array.from(bytes.subarray(edges[index] ?? 0, end)));
}
