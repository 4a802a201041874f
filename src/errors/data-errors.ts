import { ChoraleError } from './chorale-error.js';

/** Where in a file something is: a path, and a 1-based line where it is known. */
export interface Place {
  readonly path: string;
  readonly line?: number | undefined;
}

function at(place: Place): string {
  return place.line === undefined ? place.path : `${place.path}:${place.line}`;
}

/** An input cannot be read, or is not in its format. */
export class InputError extends ChoraleError {
  readonly code = 'CHORALE_INPUT';
  constructor(
    readonly place: Place,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${at(place)}: ${problem}`, options);
  }
}

/** An output cannot be written. */
export class OutputError extends ChoraleError {
  readonly code = 'CHORALE_OUTPUT';
  constructor(
    readonly path: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${path}: ${problem}`, options);
  }
}

/** A column is not there, or the text column cannot be guessed. */
export class ColumnError extends ChoraleError {
  readonly code = 'CHORALE_COLUMN';
  constructor(
    readonly problem: string,
    readonly columns: readonly string[],
  ) {
    super(`${problem}; the columns are: ${columns.map((name) => (name === '' ? '(empty)' : name)).join(', ')}`);
  }
}

/** One row of the input cannot be read; the others are not affected. */
export class RowError extends ChoraleError {
  readonly code = 'CHORALE_ROW';
  constructor(
    readonly place: Place,
    readonly problem: string,
  ) {
    super(`${at(place)}: ${problem}`);
  }
}
