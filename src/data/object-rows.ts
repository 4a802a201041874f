import { rowProblem } from './input-problem.js';
import { JsonNumber } from './json-number.js';
import type { Row } from './row.js';

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

  /** A row that is no object. @param source what stands there instead */
  unreadable(problem: string, source: string, line: number): Row {
    const place = { path: this.#path, line };
    return { index: this.#take(), place, columns: [], cells: [], problem: rowProblem(place, problem), source };
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
