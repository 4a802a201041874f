import { nodeRuntime, type Runtime } from '../foundation/runtime.js';
import { OutputError } from './data-errors.js';
import { type DataFormat, isGzipped, isText, type TextFormat } from './data-format.js';
import { openDirectFile, openReplacedFile } from './file-sinks.js';
import { gzipSink } from './gzip.js';
import { createResultText, type ResultWriter, type RowSink, type WriterTarget } from './result-text.js';
import { type Sink, streamSink } from './stream-sinks.js';

/**
 * Opens an output. The first row replaces an existing file. CSV, TSV and JSON lines are written in place, row by row;
 * `.json`, `.parquet`, `.xlsx` and `.gz` are written to a file beside it, which is renamed at the end.
 * @throws OutputError if it cannot be opened; ColumnError if a table would have a column twice; the signal's reason
 */
export async function openWriter(target: WriterTarget): Promise<ResultWriter> {
  const { format, path } = target;
  const begin = (await rowsOf(format))(target);
  const rows = begin(await openSink(target));
  let closing: Promise<void> | null = null;
  const finish = async () => {
    try {
      await rows.finish();
    } catch (error) {
      await rows.discard();
      throw error;
    }
  };
  return {
    write(row, fields) {
      if (closing) return Promise.reject(new OutputError(path, 'cannot be written: it is closed already'));
      return rows.write(row, fields);
    },
    flush: () => rows.flush(),
    end() {
      closing ??= finish();
      return closing;
    },
    abort() {
      closing = closing ? closing.catch(() => {}) : rows.discard();
      return closing;
    },
  };
}

type OpenRows = (target: WriterTarget) => (sink: Sink) => RowSink;

/** How rows are written in a format. What only one format needs is loaded when it is written. */
async function rowsOf(format: DataFormat): Promise<OpenRows> {
  if (format === 'parquet') return (await import('./parquet/parquet-writer.js')).parquetRows;
  if (format === 'xlsx') return (await import('./xlsx/xlsx-writer.js')).xlsxRows;
  return textRows(format);
}

async function openSink({ path, format, stdout, signal }: WriterTarget): Promise<Sink> {
  if (path === '-') {
    if (stdout) return streamSink(stdout);
    throw new OutputError('<stdout>', 'cannot be written: no stream was given');
  }
  const isPacked = isGzipped(path);
  if (!isPacked && format !== 'json' && isText(format)) return openDirectFile(path, signal);
  const file = await openReplacedFile(path, { signal });
  return isPacked ? gzipSink(file) : file;
}

/** Rows of text. The head is written together with the first row: until then the file stays unchanged. */
function textRows(format: TextFormat): OpenRows {
  return ({ columns, fieldNames, withoutInput, mark, onFailure }) => {
    const text = createResultText(format, columns, fieldNames, withoutInput);
    let head = mark && (format === 'csv' || format === 'tsv') ? `\ufeff${text.head}` : text.head;
    return (sink) => {
      const lines = new LineWriter(sink, onFailure);
      return {
        write(row, fields) {
          const lead = head;
          head = '';
          return lines.add(lead + text.row(row, fields));
        },
        flush: () => lines.flush(),
        async finish() {
          if (head + text.tail !== '') await lines.add(head + text.tail);
          await lines.flush();
          await sink.finish();
        },
        async discard() {
          await lines.flush().catch(() => {});
          await sink.discard();
        },
      };
    };
  };
}

/** Lines wait for each other until they are this long together, in UTF-16 units. */
const chunkLength = 65_536;

/** Pause after the beginning of a write, in milliseconds: one write for each line would cost more than the line. */
const pauseMs = 50;

type Clock = Pick<Runtime, 'now' | 'setTimer' | 'nextTurn'>;

/**
 * Collects whole lines and writes them in chunks, one write at a time: at 64 KiB, else on the next turn of the event loop, or
 * 50 ms after the write before. A failed write is reported by every later call.
 */
export class LineWriter {
  readonly #sink: Sink;
  readonly #onFailure: (error: unknown) => void;
  readonly #runtime: Clock;
  #lines: string[] = [];
  #length = 0;
  #cancelScheduled: (() => void) | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** @param onFailure called as soon as a write fails */
  constructor(sink: Sink, onFailure: (error: unknown) => void = () => {}, runtime: Clock = nodeRuntime) {
    this.#sink = sink;
    this.#onFailure = onFailure;
    this.#runtime = runtime;
  }

  /** Adds one line, or several. A promise means: wait before adding more. */
  add(lines: string): Promise<void> | undefined {
    if (this.#failure) return settled(Promise.reject(this.#failure.error));
    this.#lines.push(lines);
    this.#length += lines.length;
    if (this.#length >= chunkLength) return this.flush();
    if (this.#running === null) this.#cancelScheduled ??= this.#schedule();
    return undefined;
  }

  /** Settles when all lines added so far were written. */
  flush(): Promise<void> {
    this.#cancelScheduled?.();
    this.#cancelScheduled = undefined;
    if (this.#failure) return settled(Promise.reject(this.#failure.error));
    if (this.#running === null && this.#lines.length > 0) this.#running = settled(this.#writeAll());
    return this.#running ?? Promise.resolve();
  }

  #schedule(): () => void {
    const restMs = this.#writtenAt + pauseMs - this.#runtime.now();
    const write = () => void this.flush();
    return restMs > 0 ? this.#runtime.setTimer(restMs, write) : this.#runtime.nextTurn(write);
  }

  async #writeAll(): Promise<void> {
    let lines: readonly string[] = [];
    try {
      while (this.#lines.length > 0) {
        lines = this.#lines;
        this.#lines = [];
        this.#length = 0;
        this.#writtenAt = this.#runtime.now();
        await this.#sink.write(lines.join(''));
      }
    } catch (error) {
      await this.#sink.cut?.(lines);
      this.#failure = { error };
      this.#lines = [];
      this.#onFailure(error);
      throw error;
    } finally {
      this.#running = null;
    }
  }
}

/** Prevents an unhandled rejection: the next call rejects too. */
function settled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
