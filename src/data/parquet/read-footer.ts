import {
  type ColumnMetaData,
  type CompressionCodec,
  type FileMetaData,
  parquetMetadata,
  type SchemaElement,
} from 'hyparquet';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { InputError } from '../data-errors.js';
import { fileTypeBytes, fileTypeOfStart } from '../unsupported-file-types.js';
import type { RandomAccess } from './random-access.js';

const knownCodecs: readonly CompressionCodec[] = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4', 'LZ4_RAW'];

/** Levels of groups that a schema may have. What people write has ten at most; what walks through it needs a stack. */
const maxSchemaDepth = 100;

/** The length of the footer and the mark `PAR1`. */
const tailBytes = 8;

/**
 * The footer of a file: its schema and where its columns are.
 * @param path what the file is called in errors
 * @throws InputError if the file is not Parquet, is truncated or encrypted, or if what its footer says cannot be
 */
export async function readFooter(file: RandomAccess, path: string): Promise<FileMetaData> {
  const problem = (text: string, cause?: unknown): InputError => new InputError({ path }, text, { cause });
  if (file.size === 0) throw problem('is empty');
  const tail = Buffer.from(await file.read(Math.max(0, file.size - tailBytes), Math.min(tailBytes, file.size)));
  const mark = tail.toString('latin1').slice(-4);
  if (mark === 'PARE') throw problem('is an encrypted Parquet file; decrypt it first');
  if (mark !== 'PAR1' || file.size < tailBytes + 4) throw problem(await notParquet(file, path));
  const length = tail.readUInt32LE(0);
  if (length > file.size - tailBytes - 4) throw problem('is damaged: its footer is longer than the file');
  const footer = await file.read(file.size - tailBytes - length, length + tailBytes);
  let metadata: FileMetaData;
  try {
    metadata = parquetMetadata(footer, { geoparquet: false });
  } catch (error) {
    throw problem('is damaged: its footer cannot be read', error);
  }
  try {
    checkFooter(metadata, file.size);
  } catch (error) {
    // Where a part of the footer is missing the check itself stumbles.
    const isKnown = !(error instanceof TypeError || error instanceof RangeError);
    throw problem(isKnown ? messageOf(error) : 'is damaged: its footer cannot be read', error);
  }
  return metadata;
}

async function notParquet(file: RandomAccess, path: string): Promise<string> {
  const start = await file.read(0, Math.min(fileTypeBytes, file.size));
  if (Buffer.from(start).toString('latin1', 0, 4) === 'PAR1')
    return 'is truncated: the footer at the end of the Parquet file is missing';
  const type = fileTypeOfStart(start, path);
  return type ? `is ${type.name}, not a Parquet file; ${type.advice}` : 'is not a Parquet file';
}

function checkFooter(metadata: FileMetaData, size: number): void {
  const [root] = metadata.schema;
  if (!root?.num_children) throw new Error('has no columns');
  checkTree(metadata.schema);
  const leaves = metadata.schema.filter(({ num_children: parts = 0 }) => parts === 0);
  let rows = 0n;
  for (const { columns, num_rows: count } of metadata.row_groups) {
    if (columns.length !== leaves.length || !isSize(count))
      throw new Error('is damaged: a row group does not fit the schema');
    rows += count;
    for (const [position, { meta_data: meta, file_path: elsewhere }] of columns.entries()) {
      if (elsewhere !== undefined) throw new Error('keeps its columns in other files; write it as one file');
      if (!meta) throw new Error('has encrypted columns; decrypt it first');
      checkColumn(meta, leaves[position], BigInt(size));
    }
  }
  if (rows !== metadata.num_rows)
    throw new Error('is damaged: its row groups have not as many rows as the footer says');
}

function checkColumn(meta: ColumnMetaData, leaf: SchemaElement | undefined, size: bigint): void {
  const { codec, type, path_in_schema: path, num_values: values, total_compressed_size: length } = meta;
  if (codec === 'LZO') throw new Error('is packed with LZO, which cannot be read; write it with zstd, snappy or gzip');
  if (!knownCodecs.includes(codec)) throw new Error('is damaged, or packed in a way that is not known');
  if (type !== leaf?.type || path.at(-1) !== leaf.name || !isSize(values)) {
    throw new Error('is damaged: a row group does not fit the schema');
  }
  const start = meta.dictionary_page_offset || meta.data_page_offset;
  if (start < 4n || !isSize(length) || start + length > size) {
    throw new Error('is damaged: a column lies outside of the file');
  }
}

/** Whether a number of the footer is one that JavaScript can count to. */
function isSize(value: bigint): boolean {
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

/** Every element has as many parts as it says, and each without parts is a column of values. */
function checkTree(schema: readonly SchemaElement[]): void {
  let open = 1;
  const fits = schema.every(({ num_children: parts = 0, type }) => {
    const expected = open > 0 && parts >= 0 && (parts === 0) === (type !== undefined);
    open += parts - 1;
    return expected;
  });
  if (!fits || open !== 0) throw new Error('is damaged: its schema cannot be');
  if (depthOf(schema) > maxSchemaDepth) throw new Error(`has a schema nested deeper than ${maxSchemaDepth} levels`);
}

/** Levels of a schema that fits. */
function depthOf(schema: readonly SchemaElement[]): number {
  /** Parts that are to come, of each group that is open. */
  const open: number[] = [];
  let depth = 0;
  for (const { num_children: parts = 0 } of schema) {
    open.push(parts);
    depth = Math.max(depth, open.length);
    // Where a group is complete, its own group has one part less to come.
    while (open.at(-1) === 0) {
      open.pop();
      const outer = open.pop();
      if (outer !== undefined) open.push(outer - 1);
    }
  }
  return depth;
}
