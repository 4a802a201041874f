import { Tokenizer, TokenizerError, TokenParser, TokenType } from '@streamparser/json';
import type { InputError } from '../errors/index.js';
import { messageOf } from '../errors/index.js';
import { quoted } from './escape-controls.js';
import { inputProblem } from './input-problem.js';
import { isJsonObject, jsonKind, ObjectRows } from './object-rows.js';
import type { Row } from './row.js';
import { maxRowBytes, maxRowSize, type ParserContext, type RowParser } from './row-parser.js';

const lf = 10;

/** Strings are collected in pieces of this size: as many pieces as there are escapes would take many times the memory. */
const stringBufferSize = 65_536;

/**
 * Rows of a JSON array of objects, one element at a time. An element that is no object is a row with a problem.
 * Numbers beyond 2^53 lose precision, as everywhere in JavaScript; of equal keys in one object the last counts.
 */
export class JsonRowParser implements RowParser {
  readonly header = null;
  readonly #path: string;
  readonly #rows: ObjectRows;
  readonly #tokenizer = new Tokenizer({ stringBufferSize });
  readonly #tokens = new TokenParser({ paths: ['$.*'], keepStack: false });
  #into: Row[] = [];
  #line = 1;
  /** Line where the current element starts, once it did. */
  #elementLine: number | null = null;
  /** Bytes that came since then, roughly. */
  #elementBytes = 0;
  #depth = 0;
  #started = false;

  constructor(context: ParserContext) {
    this.#path = context.path;
    this.#rows = new ObjectRows(context.path, context.firstIndex);
    this.#tokenizer.onToken = ({ token, value }) => {
      this.#follow(token);
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
      this.#write(bytes.subarray(start, next));
      this.#limit(next - start);
      if (end !== -1) this.#line += 1;
      start = next;
    }
  }

  async end(into: Row[]): Promise<void> {
    this.#into = into;
    // A number at the top level ends with the file.
    if (!this.#started) this.#write(new Uint8Array([lf]));
    if (!this.#tokens.isEnded) throw this.#problem('ends before the JSON array is closed: the file is cut off');
  }

  #limit(bytes: number): void {
    if (this.#elementLine === null) return;
    this.#elementBytes += bytes;
    if (this.#elementBytes <= maxRowBytes) return;
    throw inputProblem({ path: this.#path, line: this.#elementLine }, `the element is longer than ${maxRowSize}`);
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

  /** Keeps the depth and the line of the current element; refuses anything but an array at the top. */
  #follow(token: TokenType): void {
    if (!this.#started) {
      this.#started = true;
      if (token !== TokenType.LEFT_BRACKET) throw this.#problem(notAnArray(token));
    }
    const separates = token === TokenType.COMMA || token === TokenType.RIGHT_BRACKET;
    if (this.#depth === 1 && this.#elementLine === null && !separates) this.#elementLine = this.#line;
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) this.#depth += 1;
    if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) this.#depth -= 1;
  }

  #take(value: unknown): void {
    const line = this.#elementLine ?? this.#line;
    this.#elementLine = null;
    this.#elementBytes = 0;
    this.#into.push(
      isJsonObject(value)
        ? this.#rows.row(value, line)
        : this.#rows.unreadable(`the element is ${jsonKind(value)}, not an object`, JSON.stringify(value), line),
    );
  }

  #problem(problem: string): InputError {
    return inputProblem({ path: this.#path, line: this.#line }, problem);
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
