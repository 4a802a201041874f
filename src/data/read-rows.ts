import { CsvRowParser } from './csv-row-parser.js';
import { type DataSource, sourceName, type TextFormat } from './data-format.js';
import { decodeText } from './encodings.js';
import { JsonlRowParser, JsonRowParser } from './json-rows.js';
import { readBytes } from './read-bytes.js';
import type { Row } from './row.js';
import type { Header, ParserContext, ReadOptions, RowParser, ScanOptions, SourceRows } from './row-parser.js';
import { Utf8Guard } from './utf8-guard.js';

/**
 * The rows of all sources, in order. Memory does not grow with their number: a source is read as the rows are taken,
 * 64 KiB at a time, of Parquet a page of each column. A workbook is held as a whole. Files are closed when the rows end,
 * also by an early `return`.
 * @throws InputError if a source cannot be read, is empty, is not UTF-8 text (or Parquet, or a workbook) or not in its
 *   format, or where two tables have different columns; the signal's reason when it is aborted
 */
export function readRows(sources: readonly DataSource[], options: ReadOptions = {}): AsyncIterableIterator<Row> {
  const batches = readRowBatches(sources, options);
  let batch: readonly Row[] = [];
  let taken = 0;
  const close = async () => {
    batch = [];
    await batches.return();
  };
  const nextBatch = async (): Promise<IteratorResult<Row, undefined>> => {
    if (options.signal?.aborted) await close();
    options.signal?.throwIfAborted();
    const step = await batches.next();
    if (step.done) return { done: true, value: undefined };
    batch = step.value;
    taken = 0;
    return next();
  };
  // A row of a batch comes without a promise: a million rows must not take as many turns.
  const next = () => {
    const row = options.signal?.aborted ? undefined : batch[taken++];
    return (row ? { done: false, value: row } : nextBatch()) as Promise<IteratorResult<Row, undefined>>;
  };
  return {
    next,
    async return() {
      await close();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** As `readRows`, in the batches that come out of the chunks of the files; for those who want no wait per row. */
export async function* readRowBatches(
  sources: readonly DataSource[],
  options: ScanOptions,
): AsyncGenerator<readonly Row[], void, undefined> {
  let header: Header | null = null;
  let firstIndex = 0;
  for (const source of sources) {
    const path = sourceName(source);
    const reading = await openSource(
      source,
      { path, firstIndex, expected: header, delimiter: source.delimiter },
      options,
    );
    for await (const rows of reading.batches()) {
      if (header === null && reading.header !== null) {
        header = { path, columns: reading.header };
        options.onHeader?.(reading.header);
      }
      firstIndex += rows.length;
      if (rows.length > 0) yield rows;
    }
    firstIndex += reading.rowsPassed;
  }
}

async function openSource(source: DataSource, context: ParserContext, options: ScanOptions): Promise<SourceRows> {
  const { format } = source;
  // Loaded only where such a file is there.
  if (format === 'parquet') {
    return (await import('./parquet/parquet-rows.js')).openParquetRows(source, context, options);
  }
  if (format === 'xlsx') return (await import('./xlsx/xlsx-rows.js')).openXlsxRows(source, context, options);
  const parser = createRowParser(format, context);
  return {
    get header() {
      return parser.header;
    },
    rowsPassed: 0,
    batches: () => parseSource(source, parser, options),
  };
}

/** One batch of rows for each chunk, and one for the end; what was read before an error comes before it. */
async function* parseSource(
  source: DataSource,
  parser: RowParser,
  options: ReadOptions,
): AsyncGenerator<readonly Row[], void, undefined> {
  const path = sourceName(source);
  const guard = new Utf8Guard(path, options.onMark);
  const bytes = readBytes(source, options.signal);
  for await (const chunk of source.encoding === undefined ? bytes : decodeText(bytes, source.encoding, path)) {
    yield* batch((rows) => parser.push(guard.push(chunk), rows));
  }
  yield* batch(async (rows) => {
    await parser.push(guard.end(), rows);
    await parser.end(rows);
  });
}

async function* batch(parse: (into: Row[]) => Promise<void>): AsyncGenerator<readonly Row[], void, undefined> {
  const rows: Row[] = [];
  try {
    await parse(rows);
  } catch (error) {
    yield rows;
    throw error;
  }
  yield rows;
}

/** The parser of a format, for one file. */
export function createRowParser(format: TextFormat, context: ParserContext): RowParser {
  switch (format) {
    case 'csv':
      return new CsvRowParser(context, ',');
    case 'tsv':
      return new CsvRowParser(context, '\t');
    case 'jsonl':
      return new JsonlRowParser(context);
    case 'json':
      return new JsonRowParser(context);
  }
}
