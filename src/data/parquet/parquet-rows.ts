import type { ColumnTypes } from '../column-types.js';
import type { DataSource } from '../data-source.js';
import { columnIndex, type Row } from '../row.js';
import { matchHeader, type ParserContext, type SourceRows } from '../row-parser.js';
import { elementsOf } from './column-elements.js';
import type { FileMetadata } from './file-metadata.js';
import { ParquetFile } from './parquet-file.js';

/** What is wanted of the file. */
export interface ParquetRowsOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onTypes?: ((types: ColumnTypes, metadata: FileMetadata) => void) | undefined;
  /** Told what the footer says, instead of reading the rows. */
  readonly onFooter?: ((rows: number, types: ColumnTypes, metadata: FileMetadata) => void) | undefined;
}

/**
 * The rows of a Parquet file; it is closed when they end.
 * @throws InputError; the signal's reason when it is aborted
 */
export async function openParquetRows(
  source: DataSource,
  { path, firstIndex, expected }: ParserContext,
  { signal, onTypes, onFooter }: ParquetRowsOptions,
): Promise<SourceRows> {
  const file = await ParquetFile.open(source, signal);
  try {
    const header = matchHeader(file.columns, expected, { path });
    const types = typesOf(file, header);
    const metadata = file.metadata.key_value_metadata ?? [];
    onTypes?.(types, metadata);
    if (!onFooter) return { header, rowsPassed: 0, batches: () => rowsOf(file, header, path, firstIndex, signal) };
    onFooter(file.rowCount, types, metadata);
    await file.close();
    return { header, rowsPassed: file.rowCount, batches: nothing };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* nothing(): AsyncGenerator<readonly Row[], void, undefined> {
  yield [];
}

async function* rowsOf(
  file: ParquetFile,
  columns: readonly string[],
  path: string,
  firstIndex: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Row[], void, undefined> {
  // One place for all: rows of such a file stand in no line.
  const place = { path };
  let index = firstIndex;
  try {
    yield [];
    for await (const batch of file.cells(signal)) {
      yield batch.map((cells): Row => ({ index: index++, place, columns, cells, problem: null, source: null }));
    }
  } finally {
    await file.close();
  }
}

function typesOf(file: ParquetFile, columns: readonly string[]): ColumnTypes {
  const names = [...columnIndex(columns).keys()];
  return new Map(elementsOf(file.metadata.schema).map((type, position) => [names[position] ?? '', type]));
}
