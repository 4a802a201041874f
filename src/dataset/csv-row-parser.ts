import { type CsvError, type InfoRecord, type Parser, parse } from 'csv-parse';
import type { InputError } from '../errors/index.js';
import { findOpenQuote } from './find-open-quote.js';
import { inputProblem, rowProblem } from './input-problem.js';
import { matchHeader } from './match-header.js';
import type { Row } from './row.js';
import { maxRowBytes, maxRowSize, type ParserContext, type RowParser } from './row-parser.js';
import { countLineEnds, UnreadBytes } from './unread-bytes.js';

/**
 * Rows of CSV or TSV. Cells are strings, as they stand in the file. A quote inside an unquoted cell is text (5" screen);
 * empty lines are skipped; a row with more or fewer cells than the header has a problem, its cells are cut or padded.
 */
export class CsvRowParser implements RowParser {
  header: readonly string[] | null = null;
  readonly #context: ParserContext;
  readonly #delimiter: string;
  readonly #parser: Parser;
  /** The bytes from the start of the unfinished row on. */
  readonly #unread = new UnreadBytes();
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
    this.#unread.add(bytes);
    await this.#settle((done) => this.#parser.write(bytes, done));
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
    this.#unread.skipEmptyLines();
    const { line } = this.#unread;
    if (record.some(mayHideAnOpenQuote)) {
      const row = this.#unread.upTo(info.bytes);
      const opened = findOpenQuote(row, this.#delimiter.charCodeAt(0));
      if (opened !== null) throw this.#openQuote(row.subarray(0, opened));
    }
    this.#unread.passTo(info.bytes);
    if (this.header === null) this.header = this.#checkedHeader(record, line);
    else this.#into.push(this.#row(record, this.header, line));
  }

  #checkedHeader(record: readonly string[], line: number): readonly string[] {
    const { expected, path } = this.#context;
    if (record.every((name) => name.trim() === '')) {
      throw inputProblem({ path, line }, 'has no header: the first line names no column');
    }
    return matchHeader(record, expected, { path, line });
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
    this.#unread.skipEmptyLines();
    const { line, size } = this.#unread;
    const rest = this.#unread.upTo(size);
    const opened = findOpenQuote(rest, this.#delimiter.charCodeAt(0));
    if (opened !== null) return this.#openQuote(rest.subarray(0, opened));
    const problem =
      error.code === 'CSV_MAX_RECORD_SIZE'
        ? `the row is longer than ${maxRowSize}`
        : `cannot be read as CSV (${error.message})`;
    return inputProblem({ path: this.#context.path, line }, problem, { cause: error });
  }

  /** @param before the bytes of the row that stand before the quote */
  #openQuote(before: Uint8Array): InputError {
    const problem = 'a quote opens here and is not closed; inside a quoted cell a quote is written twice';
    const line = this.#unread.line + countLineEnds(before);
    return inputProblem({ path: this.#context.path, line }, problem);
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
