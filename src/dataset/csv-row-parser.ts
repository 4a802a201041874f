import { type CsvError, type InfoRecord, type Parser, parse } from 'csv-parse';
import type { InputError } from '../errors/index.js';
import { compareHeaders } from './compare-headers.js';
import { findOpenQuote } from './find-open-quote.js';
import { inputProblem, rowProblem } from './input-problem.js';
import { countLineEnds, LineIndex } from './line-index.js';
import type { Row } from './row.js';
import { maxRowBytes, maxRowSize, type ParserContext, type RowParser } from './row-parser.js';

/**
 * Rows of CSV or TSV. Cells are strings, as they stand in the file. A quote inside an unquoted cell is text (5" screen);
 * empty lines are skipped; a row with more or fewer cells than the header has a problem, its cells are cut or padded.
 */
export class CsvRowParser implements RowParser {
  header: readonly string[] | null = null;
  readonly #context: ParserContext;
  readonly #delimiter: string;
  readonly #parser: Parser;
  readonly #lines = new LineIndex();
  /** The bytes from the start of the unfinished row on. */
  readonly #chunks: { readonly start: number; readonly bytes: Uint8Array }[] = [];
  #size = 0;
  #index: number;
  #into: Row[] = [];

  constructor(context: ParserContext, delimiter: ',' | '\t') {
    this.#context = context;
    this.#delimiter = delimiter;
    this.#index = context.firstIndex;
    this.#parser = parse({
      delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: maxRowBytes,
      // Answering null keeps the record out of the stream: it was taken here, without a wait for each.
      on_record: (record: string[], info) => {
        this.#take(record, info);
        return null;
      },
    });
    // The write that fails says so; without a listener the process would end.
    this.#parser.on('error', () => {});
  }

  async push(bytes: Uint8Array, into: Row[]): Promise<void> {
    if (bytes.length === 0) return;
    this.#into = into;
    this.#lines.add(bytes);
    this.#chunks.push({ start: this.#size, bytes });
    this.#size += bytes.length;
    await this.#settle((done) => this.#parser.write(bytes, done));
    while (this.#chunks[0] && this.#chunks[0].start + this.#chunks[0].bytes.length <= this.#lines.offset) {
      this.#chunks.shift();
    }
  }

  async end(into: Row[]): Promise<void> {
    this.#into = into;
    await this.#settle((done) => this.#parser.end(done));
  }

  async #settle(step: (done: (error?: Error | null) => void) => void): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => step((error) => (error ? reject(error) : resolve())));
    } catch (error) {
      throw isCsvError(error) ? this.#broken(error) : error;
    }
  }

  #take(record: string[], info: InfoRecord): void {
    this.#lines.skipEmptyLines();
    const { line, offset } = this.#lines;
    if (record.some(mayHideAnOpenQuote)) {
      const opened = findOpenQuote(this.#bytes(offset, info.bytes), this.#delimiter.charCodeAt(0));
      if (opened !== null) throw this.#openQuote(opened);
    }
    this.#lines.passTo(info.bytes);
    if (this.header === null) this.header = this.#checkedHeader(record, line);
    else this.#into.push(this.#row(record, this.header, line));
  }

  #checkedHeader(record: readonly string[], line: number): readonly string[] {
    const { expected, path } = this.#context;
    if (record.every((name) => name.trim() === '')) {
      throw inputProblem({ path, line }, 'has no header: the first line names no column');
    }
    if (expected === null) return record;
    const difference = compareHeaders(record, expected.columns);
    if (difference === null) return expected.columns;
    throw inputProblem({ path, line }, `the columns differ from those of ${expected.path}: ${difference}`);
  }

  #row(cells: string[], columns: readonly string[], line: number): Row {
    const place = { path: this.#context.path, line };
    const index = this.#index;
    this.#index += 1;
    if (cells.length === columns.length) return { index, place, columns, cells, problem: null, source: null };
    const problem = rowProblem(place, `row has ${plural(cells.length, 'cell')}, the header has ${columns.length}`);
    const fitted = columns.map((_, position) => cells[position] ?? '');
    return { index, place, columns, cells: fitted, problem, source: null };
  }

  #broken(error: CsvError): InputError {
    this.#lines.skipEmptyLines();
    const { offset, line } = this.#lines;
    const opened = findOpenQuote(this.#bytes(offset, this.#size), this.#delimiter.charCodeAt(0));
    if (opened !== null) return this.#openQuote(opened);
    const problem =
      error.code === 'CSV_MAX_RECORD_SIZE'
        ? `the row is longer than ${maxRowSize}`
        : `cannot be read as CSV (${error.message})`;
    return inputProblem({ path: this.#context.path, line }, problem, { cause: error });
  }

  /** @param opened position of the quote in the row that starts at the current position */
  #openQuote(opened: number): InputError {
    const { offset, line } = this.#lines;
    const before = countLineEnds(this.#bytes(offset, offset + opened));
    const problem = 'a quote opens here and is not closed; inside a quoted cell a quote is written twice';
    return inputProblem({ path: this.#context.path, line: line + before }, problem);
  }

  #bytes(from: number, to: number): Uint8Array {
    const parts = this.#chunks.map(({ start, bytes }) =>
      bytes.subarray(Math.max(0, from - start), Math.max(0, to - start)),
    );
    return Buffer.concat(parts);
  }
}

/** A cell that the parser took literally, opening quote included, and that goes over a line end. */
function mayHideAnOpenQuote(cell: string): boolean {
  return cell.charCodeAt(0) === 34 && /[\r\n]/.test(cell);
}

function isCsvError(error: unknown): error is CsvError {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(CSV|INVALID)_/.test(error.code)
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
