import { type Compressors, type FileMetaData, parquetRead, type RowGroup } from 'hyparquet';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { quoted } from '../../foundation/text/control-characters.js';
import { InputError } from '../data-errors.js';
import { type DataSource, sourceName } from '../data-format.js';
import { columnIndex, type Row } from '../row.js';
import { matchHeader, type ParserContext, type ScanOptions, type SourceRows } from '../row-parser.js';
import { ColumnRows } from './column-rows.js';
import { plainVariant } from './leaf-values.js';
import { leavesOf, schemaTree, type ToPlain, toPlain } from './nested-values.js';
import { maxPageBytes, pageCodecs } from './pages.js';
import { elementsOf } from './parquet-columns.js';
import { openRandomAccess, type RandomAccess } from './random-access.js';
import { readFooter } from './read-footer.js';

/** Rows that are handed on together, at most. */
const batchRows = 1000;

/**
 * The rows of a Parquet file; it is closed when they end.
 * @throws InputError; the signal's reason when it is aborted
 */
export async function openParquetRows(
  source: DataSource,
  { path, firstIndex, expected }: ParserContext,
  { signal, onTypes, onFooter }: ScanOptions,
): Promise<SourceRows> {
  const file = await openRandomAccess(source, signal);
  try {
    const footer = await readFooter(file, path);
    const header = matchHeader(columnsOf(footer, sourceName(source)), expected, { path });
    const names = [...columnIndex(header).keys()];
    const types = new Map(elementsOf(footer.schema).map((type, position) => [names[position] ?? '', type]));
    const metadata = footer.key_value_metadata ?? [];
    onTypes?.(types, metadata);
    if (!onFooter) {
      const batches = () => rowsOf(new ParquetCells(file, footer, path), header, path, firstIndex, signal);
      return { header, rowsPassed: 0, batches };
    }
    const rows = Number(footer.num_rows);
    onFooter(rows, types, metadata);
    await file.close();
    return { header, rowsPassed: rows, batches: nothing };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function columnsOf({ schema }: FileMetaData, path: string): readonly string[] {
  const columns = schemaTree(schema).children.map(({ element }) => element.name);
  const twice = columns.find((name, position) => columns.indexOf(name) < position);
  if (twice !== undefined) throw new InputError({ path }, `has two columns ${quoted(twice)}; rename one of them`);
  return columns;
}

async function* nothing(): AsyncGenerator<readonly Row[], void, undefined> {
  yield [];
}

async function* rowsOf(
  cells: ParquetCells,
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
    for await (const batch of cells.batches(signal)) {
      yield batch.map((row): Row => ({ index: index++, place, columns, cells: row, problem: null, source: null }));
    }
  } finally {
    await cells.file.close();
  }
}

/** One column of the table in one row group. */
interface TableColumn {
  readonly name: string;
  /** The columns of values that it is made of. */
  readonly leaves: readonly (ColumnRows | VariantRows)[];
  /** Its cell, of what the leaves give for a row. */
  readonly cell: ToPlain;
}

/** The cells of the rows of a file, as plain JSON values. Memory holds a page of each column. */
class ParquetCells {
  constructor(
    readonly file: RandomAccess,
    private readonly footer: FileMetaData,
    private readonly path: string,
  ) {}

  /** @throws InputError if a page cannot be read, after the rows before it */
  async *batches(signal?: AbortSignal): AsyncGenerator<unknown[][], void, undefined> {
    let first = 0;
    for (const group of this.footer.row_groups) {
      const rows = Number(group.num_rows);
      const columns = await this.columnsOf(group, first);
      for (let done = 0; done < rows; ) {
        signal?.throwIfAborted();
        const batch = await this.batch(columns, Math.min(batchRows, rows - done), first + done);
        done += batch.length;
        yield batch;
      }
      first += rows;
    }
  }

  private async columnsOf(group: RowGroup, first: number): Promise<readonly TableColumn[]> {
    const metas = group.columns.flatMap((column) => column.meta_data ?? []);
    const codecs = await pageCodecs(metas.map(({ codec }) => codec));
    const tree = schemaTree(this.footer.schema);
    let at = 0;
    return tree.children.map((child): TableColumn => {
      const { name } = child.element;
      const paths = leavesOf(child, [tree]);
      const chunks = metas.slice(at, at + paths.length);
      at += paths.length;
      if (paths.flat().some(({ element }) => element.logical_type?.type === 'VARIANT')) {
        const bytes = chunks.reduce((sum, meta) => sum + Number(meta.total_uncompressed_size), 0);
        const range = { rowStart: first, rowEnd: first + Number(group.num_rows), bytes };
        const leaves = [new VariantRows(this.file, this.footer, name, codecs, range)];
        return { name, leaves, cell: ([value]) => plainVariant(value) };
      }
      const leaves = paths.flatMap((path, position) => {
        const meta = chunks[position];
        return meta ? [new ColumnRows(this.file, meta, path, codecs)] : [];
      });
      return { name, leaves, cell: toPlain(child) };
    });
  }

  /** @param first number of the first of these rows, from 0 on */
  private async batch(columns: readonly TableColumn[], most: number, first: number): Promise<unknown[][]> {
    let count = most;
    for (const { name, leaves } of columns) {
      for (const leaf of leaves) {
        await leaf.fill().catch((error: unknown) => this.fail(name, error, first));
        if (leaf.available === 0) this.fail(name, 'it has fewer rows than the others', first);
        count = Math.min(count, leaf.available);
      }
    }
    const rows = Array.from({ length: count }, (): unknown[] => []);
    for (const { name, leaves, cell } of columns) {
      try {
        const values = leaves.map((leaf) => leaf.take(count));
        for (const [position, row] of rows.entries()) row.push(cell(values.map((column) => column[position])));
      } catch (error) {
        this.fail(name, error, first);
      }
    }
    return rows;
  }

  private fail(column: string, error: unknown, row: number): never {
    const problem = `is damaged: the column ${quoted(column)} cannot be read from row ${row + 1} on (${messageOf(error)})`;
    throw new InputError({ path: this.path }, problem, { cause: error });
  }
}

/** The rows of a column with VARIANT values in one row group, which hyparquet puts together for all rows at once. */
class VariantRows {
  private rows: readonly unknown[] | null = null;
  private taken = 0;

  constructor(
    private readonly file: RandomAccess,
    private readonly metadata: FileMetaData,
    private readonly name: string,
    private readonly compressors: Compressors,
    private readonly range: { readonly rowStart: number; readonly rowEnd: number; readonly bytes: number },
  ) {}

  get available(): number {
    return (this.rows?.length ?? 0) - this.taken;
  }

  async fill(): Promise<void> {
    if (this.rows !== null) return;
    const { file, metadata, name, compressors, range } = this;
    const { bytes, ...rows } = range;
    if (bytes > maxPageBytes) throw new Error('it has more than 256 MiB in a row group; write smaller row groups');
    const slice = async (start: number, end = file.size) => new Uint8Array(await file.read(start, end - start)).buffer;
    const buffer = { byteLength: file.size, slice };
    const onComplete = (found: readonly unknown[][]) => {
      this.rows = found.map(([value]) => value);
    };
    await parquetRead({ file: buffer, metadata, columns: [name], compressors, ...rows, onComplete });
  }

  take(count: number): readonly unknown[] {
    this.taken += count;
    return this.rows?.slice(this.taken - count, this.taken) ?? [];
  }
}
