import type { FileMetaData, RowGroup, SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { quoted } from '../../foundation/text/control-characters.js';
import { InputError } from '../data-errors.js';
import { type DataSource, sourceName } from '../data-source.js';
import { LeafRows } from './leaf-rows.js';
import { nestedValue, readingTree, schemaTree } from './nested-value.js';
import { pageCodecs } from './page-codecs.js';
import { PageReader } from './page-reader.js';
import { openRandomAccess, type RandomAccess } from './random-access.js';
import { readFooter } from './read-footer.js';

/** Rows that are handed on together, at most. */
const batchRows = 1000;

/** One column of the table in one row group: the columns of values that it is made of. */
interface TableColumn {
  readonly name: string;
  /** Null where it has no parts. */
  readonly nested: { readonly whole: SchemaTree; readonly reading: SchemaTree } | null;
  readonly leaves: readonly { readonly path: string; readonly rows: LeafRows }[];
}

/** A Parquet file that is open. */
export class ParquetFile {
  readonly #file: RandomAccess;
  readonly #path: string;
  readonly metadata: FileMetaData;
  /** Names of the columns, in the order of the file. */
  readonly columns: readonly string[];

  private constructor(file: RandomAccess, path: string, metadata: FileMetaData) {
    this.#file = file;
    this.#path = path;
    this.metadata = metadata;
    this.columns = schemaTree(metadata.schema).children.map(({ element }) => element.name);
    const known = new Set<string>();
    const twice = this.columns.find((name) => known.size === known.add(name).size);
    if (twice !== undefined) throw new InputError({ path }, `has two columns ${quoted(twice)}; rename one of them`);
  }

  /** @throws InputError; the signal's reason when it is aborted */
  static async open(source: DataSource, signal?: AbortSignal): Promise<ParquetFile> {
    const path = sourceName(source);
    const file = await openRandomAccess(source, signal);
    try {
      return new ParquetFile(file, path, await readFooter(file, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** As the footer says, which the row groups agree with. */
  get rowCount(): number {
    return Number(this.metadata.num_rows);
  }

  /**
   * The cells of the rows, some rows at a time, as plain JSON values. Memory holds one page of each column.
   * @throws InputError where a page cannot be read, after the rows before it
   */
  async *cells(signal?: AbortSignal): AsyncGenerator<unknown[][], void, undefined> {
    let first = 0;
    for (const group of this.metadata.row_groups) {
      const rows = Number(group.num_rows);
      const columns = await this.#columnsOf(group);
      for (let done = 0; done < rows; ) {
        signal?.throwIfAborted();
        const batch = await this.#batch(columns, Math.min(batchRows, rows - done), first + done);
        done += batch.length;
        yield batch;
      }
      first += rows;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #columnsOf(group: RowGroup): Promise<readonly TableColumn[]> {
    const metas = group.columns.flatMap((column) => column.meta_data ?? []);
    const codecs = await pageCodecs(metas.map(({ codec }) => codec));
    const whole = schemaTree(this.metadata.schema);
    const reading = readingTree(this.metadata.schema);
    return reading.children.map((child, position): TableColumn => {
      const { name } = child.element;
      try {
        const leaves = metas
          .filter(({ path_in_schema: [top] }) => top === name)
          .map((meta) => {
            const path = getTreePath(reading, meta.path_in_schema);
            return {
              path: meta.path_in_schema.join('.'),
              rows: new LeafRows(new PageReader(this.#file, meta, path, codecs), path),
            };
          });
        if (leaves.length === 0) throw new Error('it is not there');
        const tree = whole.children[position];
        const isFlat = child.children.length === 0 && child.element.repetition_type !== 'REPEATED';
        return { name, leaves, nested: isFlat || !tree ? null : { whole: tree, reading: child } };
      } catch (error) {
        throw this.#damage(name, error);
      }
    });
  }

  /** @param first number of the first of these rows, from 0 on */
  async #batch(columns: readonly TableColumn[], most: number, first: number): Promise<unknown[][]> {
    let count = most;
    for (const { name, leaves } of columns) {
      for (const { rows } of leaves) {
        try {
          await rows.fill();
          if (rows.available <= 0) throw new Error('it has fewer rows than the others');
        } catch (error) {
          throw this.#damage(name, error, first);
        }
        count = Math.min(count, rows.available);
      }
    }
    const values = columns.map((column) => this.#take(column, count, first));
    return Array.from({ length: count }, (_, row) => values.map((cells) => cells[row]));
  }

  #take({ name, nested, leaves }: TableColumn, count: number, first: number): readonly unknown[] {
    try {
      const parts = new Map(leaves.map(({ path, rows }) => [path, rows.take(count)]));
      if (nested) assembleNested(parts, nested.reading, DEFAULT_PARSERS);
      const cells = parts.get(name);
      if (cells?.length !== count) throw new Error('it has fewer rows than the others');
      return nested ? cells.map((cell) => nestedValue(nested.whole, cell)) : cells;
    } catch (error) {
      throw this.#damage(name, error, first);
    }
  }

  #damage(column: string, error: unknown, row?: number) {
    const where = row === undefined ? '' : ` from row ${row + 1} on`;
    const problem = `is damaged: the column ${quoted(column)} cannot be read${where} (${messageOf(error)})`;
    return new InputError({ path: this.#path }, problem, { cause: error });
  }
}
