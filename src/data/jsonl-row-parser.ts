import { messageOf } from '../foundation/errors/chorale-error.js';
import { inputProblem } from './input-problem.js';
import { isNestedTooDeeply, maxNesting, parseJson } from './json-number.js';
import { isJsonObject, jsonKind, ObjectRows } from './object-rows.js';
import type { Row } from './row.js';
import { maxRowBytes, maxRowSize, type ParserContext, type RowParser } from './row-parser.js';

const lf = 10;

/**
 * Rows of JSON lines: one object a line, blank lines skipped. A line that is no object is a row with a problem.
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
      throw inputProblem({ path: this.#path, line: this.#line }, `the line is longer than ${maxRowSize}`);
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
