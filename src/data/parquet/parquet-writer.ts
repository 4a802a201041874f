import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { quoted } from '../../foundation/text/control-characters.js';
import { OutputError } from '../data-errors.js';
import { type ResultFields, type RowSink, type WriterTarget, withSurplus } from '../result-text.js';
import { cellOf, columnIndex, type Row } from '../row.js';
import type { Sink } from '../stream-sinks.js';
import { metadataOf } from './file-metadata.js';
import { type OutputColumn, outputColumns } from './parquet-columns.js';

/** Rows wait until they are so many, or their text is so long in UTF-16 units: they are written as one row group. */
const groupRows = 10_000;
const groupLength = 16 * 1024 * 1024;

/**
 * Writes rows to a Parquet file. Memory holds one row group, and what the footer says of those before.
 * @throws OutputError for a stream; ColumnError if the file would have a column twice
 */
export function parquetRows(target: WriterTarget): (sink: Sink) => RowSink {
  if (target.path === '-') {
    throw new OutputError('<stdout>', 'Parquet cannot be written to a stream; write it to a file');
  }
  const table = outputColumns(target);
  return (sink) => new ParquetRows(target, table, sink);
}

class ParquetRows implements RowSink {
  readonly #target: WriterTarget;
  readonly #names: readonly string[];
  readonly #table: readonly OutputColumn[];
  readonly #sink: Sink;
  readonly #bytes = new ByteWriter(65_536);
  readonly #file: ParquetWriter;
  /** The values of the rows that wait, by column. */
  #waiting: unknown[][];
  #rows = 0;
  #length = 0;
  #running: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | null = null;

  constructor(target: WriterTarget, table: readonly OutputColumn[], sink: Sink) {
    this.#target = target;
    this.#names = [...columnIndex(target.columns).keys()];
    this.#table = table;
    this.#sink = sink;
    this.#waiting = table.map(() => []);
    const kvMetadata = metadataOf(target.metadata ?? [], target);
    const schema = [{ name: 'root', num_children: table.length }, ...table.flatMap(({ elements }) => elements)];
    this.#file = new ParquetWriter({ writer: this.#bytes, schema, createdBy: 'chorale', kvMetadata });
  }

  write(row: Row, fields: ResultFields): Promise<void> | void {
    if (this.#failure) return Promise.reject(this.#failure.error);
    try {
      this.#add(row, fields);
    } catch (error) {
      this.#failure = { error };
      return Promise.reject(error);
    }
    if (this.#rows >= groupRows || this.#length >= groupLength) return this.#writeGroup();
  }

  async flush(): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    await this.#running;
  }

  async finish(): Promise<void> {
    await this.flush();
    if (this.#rows > 0) await this.#writeGroup();
    await this.#file.finish();
    await this.#handOn();
    await this.#sink.finish();
  }

  async discard(): Promise<void> {
    await this.#running.catch(() => {});
    await this.#sink.discard();
  }

  #add(row: Row, given: ResultFields): void {
    const fields = withSurplus(row, given);
    const { columns, fieldNames } = this.#target;
    const own = row.columns === columns ? row.cells : this.#names.map((name) => cellOf(row, name));
    const cells = [...own, ...fieldNames.map((name) => fields[name] ?? null)];
    const values = this.#table.map((column, position) => this.#physical(column, cells[position], row));
    for (const [position, value] of values.entries()) {
      this.#waiting[position]?.push(value);
      this.#length += sizeOf(value);
    }
    this.#rows += 1;
  }

  #physical({ name, physical }: OutputColumn, cell: unknown, row: Row): unknown {
    try {
      return physical(cell);
    } catch (error) {
      const problem = `row ${row.index + 1} does not fit the type that the column ${quoted(name)} had before`;
      throw new OutputError(this.#target.path, `${problem}: the input was changed meanwhile; run it again`, {
        cause: error,
      });
    }
  }

  #writeGroup(): Promise<void> {
    const columnData = this.#table.map(({ name }, position) => ({ name, data: this.#waiting[position] ?? [] }));
    const rowGroupSize = this.#rows;
    this.#waiting = this.#table.map(() => []);
    this.#rows = 0;
    this.#length = 0;
    this.#running = this.#running.then(async () => {
      try {
        await this.#file.write({ columnData, rowGroupSize });
        await this.#handOn();
      } catch (error) {
        this.#failure ??= { error };
        throw error;
      }
    });
    // The next call rejects with a failure too.
    this.#running.catch(() => {});
    return this.#running;
  }

  async #handOn(): Promise<void> {
    await this.#sink.write(this.#bytes.getBytes());
    this.#bytes.index = 0;
  }
}

/** About how much memory a value takes. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce<number>((sum, one) => sum + sizeOf(one), 16);
}
