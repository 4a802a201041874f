import { type CsvError, type Parser, parse } from 'csv-parse';
import { plural } from '../foundation/text/message-text.js';
import { detectDialect, findOpenQuote, sampleRows, signs } from './csv-dialect.js';
import { InputError, RowError } from './data-errors.js';
import type { Row } from './row.js';
import {
  matchHeader,
  maxColumns,
  maxHeaderBytes,
  maxRowBytes,
  maxRowSize,
  type ParserContext,
  type RowParser,
} from './row-parser.js';
import { countLineEnds, UnreadBytes } from './unread-bytes.js';

/**
 * Rows of CSV or TSV. Cells are strings, as they stand in the file. A quote inside an unquoted cell is text (5" screen);
 * empty lines are skipped; a row of blank cells is blank, however many it has; any other row with more or fewer cells than
 * the header has a problem.
 */
export class CsvRowParser implements RowParser {
  header: readonly string[] | null = null;
  readonly #context: ParserContext;
  /** The usual separator of the format. */
  readonly #usual: ',' | '\t';
  /** Set once the separator is known, from the bytes in `#held`. */
  #parser: Parser | null = null;
  #delimiter: string;
  #held: Uint8Array = new Uint8Array(0);
  /** Bytes before the header, which the parser does not see. */
  #skipped = 0;
  /** The bytes from the start of the unfinished row on. */
  readonly #unread = new UnreadBytes();
  /** Size of an unfinished row at which its cells are counted. */
  #countAt = maxHeaderBytes;
  #index: number;
  /** Rows after the header, and how many of them have another separator. */
  #seen = 0;
  #mixed = 0;
  #into: Row[] = [];

  constructor(context: ParserContext, usual: ',' | '\t') {
    this.#context = context;
    this.#usual = usual;
    this.#delimiter = context.delimiter ?? usual;
    this.#index = context.firstIndex;
  }

  async push(bytes: Uint8Array, into: Row[]): Promise<void> {
    if (bytes.length === 0) return;
    this.#into = into;
    if (this.#parser) return this.#parse(this.#parser, bytes);
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    await this.#start(false);
  }

  async end(into: Row[]): Promise<void> {
    this.#into = into;
    if (!this.#parser) await this.#start(true);
    await this.#settle((done) => this.#parser?.end(done));
  }

  /** Begins to parse as soon as the separator is known. */
  async #start(isWhole: boolean): Promise<void> {
    const { delimiter } = this.#context;
    const dialect = detectDialect(this.#held, isWhole, delimiter ?? this.#usual);
    if (!dialect) return;
    this.#delimiter = delimiter ?? dialect.delimiter;
    this.#skipped = dialect.skipped;
    const held = this.#held;
    this.#held = held.subarray(0, 0);
    this.#unread.add(held.subarray(0, dialect.skipped));
    this.#unread.passTo(dialect.skipped);
    this.#parser = this.#createParser();
    await this.#parse(this.#parser, held.subarray(dialect.skipped));
  }

  #createParser(): Parser {
    const parser = parse({
      delimiter: this.#delimiter,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: maxRowBytes,
      // Answering null keeps the record out of the stream: it was taken here, without a wait for each.
      on_record: (record: string[], info) => {
        this.#take(record, info.bytes + this.#skipped);
        return null;
      },
    });
    // The write that fails says so; without a listener the process would end.
    parser.on('error', () => {});
    return parser;
  }

  async #parse(parser: Parser, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    this.#unread.add(bytes);
    await this.#settle((done) => parser.write(bytes, done));
    this.#boundCells();
  }

  /** Ends an unfinished row that has more cells than any table. */
  #boundCells(): void {
    const { length } = this.#unread;
    if (length < maxHeaderBytes) {
      this.#countAt = maxHeaderBytes;
      return;
    }
    if (this.header === null) throw this.#problem('the header is longer than 1 MiB');
    if (length < this.#countAt) return;
    this.#countAt = 2 * length;
    const cells = countCells(this.#unread.upTo(this.#unread.size), this.#delimiter.charCodeAt(0));
    if (cells > maxColumns) throw this.#problem(`the row has more than ${maxColumns} cells`);
  }

  async #settle(step: (done: (error?: Error | null) => void) => void): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => step((error) => (error ? reject(error) : resolve())));
    } catch (error) {
      throw isCsvError(error) ? this.#broken(error) : error;
    }
  }

  /** @param end position after the record in the file */
  #take(record: string[], end: number): void {
    this.#unread.skipEmptyLines();
    const { line } = this.#unread;
    if (record.some(mayHideAnOpenQuote)) {
      const row = this.#unread.upTo(end);
      const opened = findOpenQuote(row, this.#delimiter.charCodeAt(0));
      if (opened !== null) throw this.#openQuote(row.subarray(0, opened));
    }
    this.#unread.passTo(end);
    if (this.header === null) this.header = this.#checkedHeader(record, line);
    else this.#into.push(this.#row(record, this.header, line));
  }

  #checkedHeader(record: readonly string[], line: number): readonly string[] {
    const { expected, path } = this.#context;
    if (record.every((name) => name.trim() === '')) {
      throw new InputError({ path, line }, 'has no header: the first line names no column');
    }
    if (record.length > maxColumns) {
      throw new InputError({ path, line }, `the header has ${record.length} columns, more than ${maxColumns}`);
    }
    return matchHeader(record, expected, { path, line });
  }

  #row(cells: string[], columns: readonly string[], line: number): Row {
    const place = { path: this.#context.path, line };
    const index = this.#index;
    this.#index += 1;
    this.#seen += 1;
    if (cells.length === columns.length) return { index, place, columns, cells, problem: null, source: null };
    const isBlank = cells.every((cell) => cell.trim() === '');
    const fitted = columns.map((_, position) => cells[position] ?? (isBlank ? '' : undefined));
    if (isBlank) return { index, place, columns, cells: fitted, problem: null, source: null };
    this.#refuseMixed(cells, columns, line);
    const problem = new RowError(place, `row has ${plural(cells.length, 'cell')}, the header has ${columns.length}`);
    const surplus = cells.length > columns.length ? cells.slice(columns.length) : undefined;
    return { index, place, columns, cells: fitted, problem, source: null, surplus };
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
    return new InputError({ path: this.#context.path, line }, problem, { cause: error });
  }

  /**
   * Rejects a table whose first rows have another separator than its header, where it was detected. One such row may be one
   * with too few cells, whose text has the sign.
   */
  #refuseMixed(cells: readonly string[], columns: readonly string[], line: number): void {
    if (this.#context.delimiter !== undefined || cells.length > 1 || this.#seen > sampleRows) return;
    const outside = cells.join().replace(/"[^"]*"/g, '');
    const other = signs.find((sign) => sign !== this.#delimiter && outside.split(sign).length === columns.length);
    if (other === undefined) return;
    this.#mixed += 1;
    if (this.#mixed < 2) return;
    const signsOf = `by ${nameOf(this.#delimiter)} in the header and by ${nameOf(other)} here`;
    throw new InputError(
      { path: this.#context.path, line },
      `the cells are separated ${signsOf}; write the same sign everywhere, or name one`,
      { delimiter: this.#delimiter },
    );
  }

  #problem(problem: string): InputError {
    return new InputError({ path: this.#context.path, line: this.#unread.line }, problem);
  }

  /** @param before the bytes of the row that stand before the quote */
  #openQuote(before: Uint8Array): InputError {
    const problem = 'a quote opens here and is not closed; inside a quoted cell a quote is written twice';
    const line = this.#unread.line + countLineEnds(before);
    return new InputError({ path: this.#context.path, line }, problem);
  }
}

function nameOf(delimiter: string): string {
  return delimiter === '\t' ? 'tabs' : `'${delimiter}'`;
}

/** Cells of an unfinished row. */
function countCells(row: Uint8Array, delimiter: number): number {
  let cells = 1;
  let isQuoted = false;
  let mayOpen = true;
  for (const byte of row) {
    if (byte === 34 && (isQuoted || mayOpen)) isQuoted = !isQuoted;
    else if (byte === delimiter && !isQuoted) cells += 1;
    mayOpen = byte === delimiter || byte === 34;
  }
  return cells;
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
