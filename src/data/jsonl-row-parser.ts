import { messageOf } from '../foundation/errors/chorale-error.js';
import { InputError, RowError } from './data-errors.js';
import { isNestedTooDeeply, JsonNumber, maxNesting, parseJson } from './json-numbers.js';
import type { Row } from './row.js';
import { maxRowBytes, maxRowSize, type ParserContext, type RowParser } from './row-parser.js';

/** Makes the rows of one file of objects: JSON lines or a JSON array. */
export class ObjectRows {
  readonly #path: string;
  #index: number;
  #columns: readonly string[] = [];

  constructor(path: string, firstIndex: number) {
    this.#path = path;
    this.#index = firstIndex;
  }

  /** A row of an object that stands in the file as `json`; objects with the same keys in the same order share their columns. */
  row(value: object, line: number, json: string): Row {
    const keys = Object.keys(value);
    const known = this.#columns;
    const same = keys.length === known.length && keys.every((key, position) => key === known[position]);
    if (!same) this.#columns = keys;
    const cells: readonly unknown[] = Object.values(value);
    const place = { path: this.#path, line };
    return { index: this.#take(), place, columns: this.#columns, cells, problem: null, source: null, json };
  }

  /** A row that is not an object. @param source what stands there instead */
  unreadable(problem: string, source: string, line: number): Row {
    const place = { path: this.#path, line };
    return { index: this.#take(), place, columns: [], cells: [], problem: new RowError(place, problem), source };
  }

  #take(): number {
    this.#index += 1;
    return this.#index - 1;
  }
}

/** Whether a JSON value is an object with keys. */
export function isJsonObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** The kind of a JSON value, for messages: `an array`, `null`. */
export function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof JsonNumber) return 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

const lf = 10;

/**
 * Rows of JSON lines: one object a line, blank lines skipped. A line that is not an object is a row with a problem.
 * Numbers keep their digits. Of equal keys in one object the last counts; `json` of the row has them all.
 */
export class JsonlRowParser implements RowParser {
  readonly header = null;
  readonly #path: string;
  readonly #rows: ObjectRows;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The unfinished line. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #line = 1;

  constructor(context: ParserContext) {
    this.#path = context.path;
    this.#rows = new ObjectRows(context.path, context.firstIndex);
  }

  async push(bytes: Uint8Array, into: Row[]): Promise<void> {
    const last = bytes.lastIndexOf(lf);
    if (last !== -1) {
      this.#parse(Buffer.concat([...this.#pending, bytes.subarray(0, last)]), into);
      this.#pending = [];
      this.#pendingBytes = 0;
    }
    const rest = bytes.subarray(last + 1);
    this.#pending.push(rest);
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes > maxRowBytes) {
      throw new InputError({ path: this.#path, line: this.#line }, `the line is longer than ${maxRowSize}`);
    }
  }

  async end(into: Row[]): Promise<void> {
    this.#parse(Buffer.concat(this.#pending), into);
  }

  #parse(block: Uint8Array, into: Row[]): void {
    for (const line of this.#decoder.decode(block).split('\n')) {
      if (line.trim() !== '') into.push(this.#row(line.endsWith('\r') ? line.slice(0, -1) : line));
      this.#line += 1;
    }
  }

  #row(line: string): Row {
    if (isNestedTooDeeply(line)) {
      return this.#rows.unreadable(`the line is nested deeper than ${maxNesting} levels`, line, this.#line);
    }
    let value: unknown;
    try {
      value = parseJson(line);
    } catch (error) {
      return this.#rows.unreadable(`the line is not valid JSON (${withoutContent(error)})`, line, this.#line);
    }
    if (isJsonObject(value)) return this.#rows.row(value, this.#line, line.trim());
    const hint = Array.isArray(value) ? '; a file that is one JSON array is called .json' : '';
    return this.#rows.unreadable(`the line is ${jsonKind(value)}, not an object${hint}`, line, this.#line);
  }
}

/** The message of JSON.parse without the piece of the line in it: reviews do not go into messages. */
function withoutContent(error: unknown): string {
  return messageOf(error).replace(/, (?:\.{3})?".*$/s, '');
}
