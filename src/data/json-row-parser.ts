import { Tokenizer, TokenizerError, TokenParser, TokenType } from '@streamparser/json';
import { messageOf } from '../foundation/errors/chorale-error.js';
import { quoted } from '../foundation/text/control-characters.js';
import { InputError } from './data-errors.js';
import { maxNesting, parseJson } from './json-numbers.js';
import { isJsonObject, jsonKind, ObjectRows } from './jsonl-row-parser.js';
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
      this.#limit(next - start);
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

  #limit(bytes: number): void {
    if (this.#elementLine === null) return;
    this.#elementBytes += bytes;
    if (this.#elementBytes <= maxRowBytes) return;
    throw new InputError({ path: this.#path, line: this.#elementLine }, `the element is longer than ${maxRowSize}`);
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
    if (this.#depth <= maxNesting + 1) return;
    throw new InputError(
      { path: this.#path, line: this.#elementLine ?? this.#line },
      `the element is nested deeper than ${maxNesting} levels`,
    );
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

  #problem(problem: string): InputError {
    return new InputError({ path: this.#path, line: this.#line }, problem);
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
