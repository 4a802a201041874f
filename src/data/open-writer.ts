import type { ColumnTypes } from './column-types.js';
import { OutputError } from './data-errors.js';
import { type DataFormat, isGzipped } from './data-format.js';
import { openDirectFile, openReplacedFile } from './file-sinks.js';
import { gzipSink } from './gzip.js';
import { LineWriter } from './line-writer.js';
import type { FileMetadata } from './parquet/file-metadata.js';
import { createResultText, type FieldTypes, type ResultWriter } from './result-text.js';
import { type Sink, streamSink } from './stream-sinks.js';

/** One output: where results go and how they look there. */
export interface WriterTarget {
  /** Path of a file, which is packed where its name ends in `.gz`; `-` writes to `stdout`. */
  readonly path: string;
  readonly format: DataFormat;
  /** The columns of the input, for tables: those of `scanRows`, or of the first row. */
  readonly columns: readonly string[];
  /** The fields to write, in order and without prefix. */
  readonly fieldNames: readonly string[];
  /** What stands in the columns, as `scanRows` finds it, and in the fields, for Parquet. Without it they are text. */
  readonly types?: ColumnTypes | undefined;
  readonly fieldTypes?: FieldTypes | undefined;
  /** The fields are all there is: tables name their columns without `chorale_`, JSON has no `input`. @default false */
  readonly withoutInput?: boolean | undefined;
  /** What Parquet inputs say of themselves, as `scanRows` finds it: it goes along to Parquet. */
  readonly metadata?: FileMetadata | undefined;
  /** Whether CSV and TSV begin with a byte-order mark, as the input did. @default false */
  readonly mark?: boolean | undefined;
  /** The stream of `-`. It is not ended. */
  readonly stdout?: NodeJS.WritableStream | undefined;
  /** Told at once that rows can no longer be written, besides the call that rejects next. It must not throw. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Ends the waiting for somebody who reads a pipe. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens an output; an existing file is replaced, as soon as there is a row. CSV, TSV and JSON lines are written at their path as rows come,
 * `.json`, `.parquet` and `.gz` are written beside it and get their name at the end.
 * @throws OutputError where it cannot be opened; ColumnError where a table would have a column twice; the signal's reason
 */
export async function openWriter(target: WriterTarget): Promise<ResultWriter> {
  const { format } = target;
  // Loaded where Parquet is written only.
  if (format === 'parquet') return (await import('./parquet/parquet-writer.js')).openParquetWriter(target);
  const text = createResultText(format, target.columns, target.fieldNames, target.withoutInput);
  const sink = await openSink(target);
  const lines = new LineWriter(sink, target.onFailure);
  let closing: Promise<void> | null = null;
  /** What comes before the first row is written together with it: until then the file is as it was. */
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
