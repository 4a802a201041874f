import type { ColumnTypes } from './column-types.js';
import { OutputError } from './data-errors.js';
import { type DataFormat, isGzipped } from './data-format.js';
import { openDirectFile, openReplacedFile } from './file-sinks.js';
import { gzipSink } from './gzip.js';
import { LineWriter } from './line-writer.js';
import type { FileMetadata } from './parquet/file-metadata.js';
import { createResultText, type FieldTypes, type ResultWriter } from './result-text.js';
import { type Sink, streamSink } from './stream-sinks.js';

/** One output: its path, format and columns. */
export interface WriterTarget {
  /** Path of a file, compressed if its name ends in `.gz`; `-` writes to `stdout`. */
  readonly path: string;
  readonly format: DataFormat;
  /** The columns of the input, for tables: those of `scanRows`, or of the first row. */
  readonly columns: readonly string[];
  /** The fields to write, in order and without prefix. */
  readonly fieldNames: readonly string[];
  /** The types of the columns, as `scanRows` finds them, and of the fields, for Parquet. Text by default. */
  readonly types?: ColumnTypes | undefined;
  readonly fieldTypes?: FieldTypes | undefined;
  /** Writes only the fields: columns without the prefix `chorale_`, and JSON without `input`. @default false */
  readonly withoutInput?: boolean | undefined;
  /** The metadata of Parquet inputs, as `scanRows` finds it; copied to a Parquet output. */
  readonly metadata?: FileMetadata | undefined;
  /** Whether CSV and TSV begin with a byte-order mark, as the input did. @default false */
  readonly mark?: boolean | undefined;
  /** The stream of `-`. The writer does not end it. */
  readonly stdout?: NodeJS.WritableStream | undefined;
  /** Called as soon as rows can no longer be written; the next call of the writer rejects too. Must not throw. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Ends the wait for the reader of a pipe. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens an output. The first row replaces an existing file. CSV, TSV and JSON lines are written in place, row by row;
 * `.json`, `.parquet` and `.gz` are written to a file beside it, which is renamed at the end.
 * @throws OutputError if it cannot be opened; ColumnError if a table would have a column twice; the signal's reason
 */
export async function openWriter(target: WriterTarget): Promise<ResultWriter> {
  const { format } = target;
  // Loaded only if Parquet is written.
  if (format === 'parquet') return (await import('./parquet/parquet-writer.js')).openParquetWriter(target);
  const text = createResultText(format, target.columns, target.fieldNames, target.withoutInput);
  const sink = await openSink(target);
  const lines = new LineWriter(sink, target.onFailure);
  let closing: Promise<void> | null = null;
  /** Written together with the first row: until then the file stays unchanged. */
  let head = target.mark && (format === 'csv' || format === 'tsv') ? `\ufeff${text.head}` : text.head;

  const finish = async () => {
    try {
      if (head + text.tail !== '') await lines.add(head + text.tail);
      await lines.flush();
      await sink.finish();
    } catch (error) {
      await sink.discard();
      throw error;
    }
  };
  const discard = async () => {
    await lines.flush().catch(() => {});
    await sink.discard();
  };
  return {
    write(row, fields) {
      if (closing) return Promise.reject(new OutputError(target.path, 'cannot be written: it is closed already'));
      const lead = head;
      head = '';
      return lines.add(lead + text.row(row, fields));
    },
    flush: () => lines.flush(),
    end() {
      closing ??= finish();
      return closing;
    },
    abort() {
      closing = closing ? closing.catch(() => {}) : discard();
      return closing;
    },
  };
}

function openSink({ path, format, stdout, signal }: WriterTarget): Promise<Sink> {
  if (path !== '-') {
    if (isGzipped(path)) return openReplacedFile(path, { signal }).then(gzipSink);
    return format === 'json' ? openReplacedFile(path, { signal }) : openDirectFile(path, signal);
  }
  if (stdout) return Promise.resolve(streamSink(stdout));
  return Promise.reject(new OutputError('<stdout>', 'cannot be written: no stream was given'));
}
