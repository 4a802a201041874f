import { Tokenizer, TokenizerError, TokenParser, TokenType } from '@streamparser/json';
import { messageOf } from '../foundation/errors/chorale-error.js';
import { quoted } from '../foundation/text/control-characters.js';
import { InputError, RowError } from './data-errors.js';
import { isNestedTooDeeply, JsonNumber, maxNesting, parseJson } from './json-numbers.js';
import type { Row } from './row.js';
import { maxRowBytes, maxRowSize, type ParserContext, type RowParser } from './row-parser.js';
import { UnreadBytes } from './unread-bytes.js';

const lf = 10;

/** Strings are collected in pieces of this size: as many pieces as there are escapes would take many times the memory. */
const stringBufferSize = 65_536;

/**
 * Rows of a JSON array of objects, one element at a time. An element that is not an object is a row with a problem.
 * Numbers keep their digits. Of equal keys in one object the last counts; `json` of the row has them all.
 */
export class JsonRowParser implements RowParser {
  readonly header = null;
  readonly #path: string;
  readonly #rows: ObjectRows;
  readonly #tokenizer = new Tokenizer({ stringBufferSize });
  readonly #tokens = new TokenParser({ paths: ['$.*'], keepStack: false });
  /** The bytes from the start of the current element on. */
  readonly #unread = new UnreadBytes();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #into: Row[] = [];
  #line = 1;
  /** Line where the current element starts, once it did. */
  #elementLine: number | null = null;
  /** Bytes that came since then, roughly. */
  #elementBytes = 0;
  #depth = 0;
  /** Where in the file the last token ends, if it is a bracket. */
  #elementEnd = 0;
  #started = false;

  constructor(context: ParserContext) {
    this.#path = context.path;
    this.#rows = new ObjectRows(context.path, context.firstIndex);
    this.#tokenizer.onToken = ({ token, value, offset }) => {
      this.#follow(token, offset);
      try {
        this.#tokens.write({ token, value });
      } catch {
        throw this.#problem(`is not valid JSON: unexpected ${nameOf(token, value)}`);
      }
    };
    this.#tokens.onValue = ({ value }) => this.#take(value);
  }

  async push(bytes: Uint8Array, into: Row[]): Promise<void> {
    this.#into = into;
    // Line by line, so that a token's line is known without its position.
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(lf, start);
      const next = end === -1 ? bytes.length : end + 1;
      this.#unread.add(bytes.subarray(start, next));
      this.#write(bytes.subarray(start, next));
      if (this.#elementLine === null) this.#unread.passTo(this.#unread.size);
      if (this.#elementLine !== null) this.#elementBytes += next - start;
      if (this.#elementBytes > maxRowBytes) throw this.#elementProblem(`longer than ${maxRowSize}`);
      if (end !== -1) this.#line += 1;
      start = next;
    }
  }

  async end(into: Row[]): Promise<void> {
    this.#into = into;
    // A number at the top level ends with the file.
    if (!this.#started) this.#write(new Uint8Array([lf]));
    if (!this.#tokens.isEnded) throw this.#problem('ends before the JSON array is closed: the file is truncated');
  }

  #write(bytes: Uint8Array): void {
    try {
      this.#tokenizer.write(bytes);
    } catch (error) {
      if (!(error instanceof TokenizerError)) throw error;
      // The tokenizer names one byte: more than ASCII it cannot spell.
      const found = /^Unexpected "(\p{ASCII})"/u.exec(messageOf(error))?.[1];
      throw this.#problem(`is not valid JSON: unexpected ${found === undefined ? 'character' : quoted(found)}`);
    }
  }

  /** Keeps the depth and the line of the current element; rejects everything except an array at the top. */
  #follow(token: TokenType, offset: number): void {
    if (!this.#started) {
      this.#started = true;
      if (token !== TokenType.LEFT_BRACKET) throw this.#problem(notAnArray(token));
    }
    const separates = token === TokenType.COMMA || token === TokenType.RIGHT_BRACKET;
    if (this.#depth === 1 && this.#elementLine === null && !separates) {
      this.#elementLine = this.#line;
      this.#unread.passTo(offset);
    }
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) this.#depth += 1;
    if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) this.#depth -= 1;
    this.#elementEnd = offset + 1;
    if (this.#depth > maxNesting + 1) throw this.#elementProblem(`nested deeper than ${maxNesting} levels`);
  }

  #take(value: unknown): void {
    const line = this.#elementLine ?? this.#line;
    this.#elementLine = null;
    this.#elementBytes = 0;
    if (!isJsonObject(value)) {
      const problem = `the element is ${jsonKind(value)}, not an object`;
      this.#into.push(this.#rows.unreadable(problem, JSON.stringify(value), line));
      return;
    }
    const text = this.#decoder.decode(this.#unread.upTo(this.#elementEnd));
    this.#unread.passTo(this.#elementEnd);
    // Line ends stand between tokens only. Parsed once more, since the tokens have no digits of large numbers.
    const json = text.replace(/\s*[\r\n]\s*/g, '');
    const object = parseJson(json);
    if (isJsonObject(object)) this.#into.push(this.#rows.row(object, line, json));
  }

  #problem(problem: string, line = this.#line): InputError {
    return new InputError({ path: this.#path, line }, problem);
  }

  #elementProblem(problem: string): InputError {
    return this.#problem(`the element is ${problem}`, this.#elementLine ?? this.#line);
  }
}

function notAnArray(token: TokenType): string {
  if (token === TokenType.LEFT_BRACE) {
    return 'must be a JSON array of objects, but is an object; a file with one object a line is called .jsonl';
  }
  const scalar = token === TokenType.STRING || token === TokenType.NUMBER;
  return `must be a JSON array of objects, but begins with ${scalar ? 'a ' : ''}${nameOf(token, null)}`;
}

/** A token for people; strings and numbers by their kind alone: reviews do not go into messages. */
function nameOf(token: TokenType, value: unknown): string {
  const isContent = token === TokenType.STRING || token === TokenType.NUMBER;
  return typeof value === 'string' && !isContent ? quoted(value) : TokenType[token].toLowerCase();
}

/** Makes the rows of one file of objects: JSON lines or a JSON array. */
class ObjectRows {
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
function isJsonObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** The kind of a JSON value, for messages: `an array`, `null`. */
function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof JsonNumber) return 'a number';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

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
