import { ChoraleError, defineErrors } from '../foundation/errors/chorale-error.js';

export const dataErrors = defineErrors({
  CHORALE_COLUMN: { exitCode: 2, retryable: false, summary: 'A column is not there, or cannot be guessed.' },
  CHORALE_INPUT: { exitCode: 3, retryable: false, summary: 'An input cannot be read, or is not in its format.' },
  CHORALE_OUTPUT: { exitCode: 3, retryable: false, summary: 'An output cannot be written.' },
  CHORALE_ROW: { exitCode: 5, retryable: false, summary: 'A row of the input cannot be read.' },
});

declare module '../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof dataErrors> {}
}

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
  /** Where the input is text in another encoding: its likely name, or null where that is not known. */
  readonly encoding: string | null | undefined;
  constructor(
    readonly place: Place,
    readonly problem: string,
    options?: { readonly cause?: unknown; readonly encoding?: string | null | undefined },
  ) {
    super(`${at(place)}: ${problem}`, options);
    this.encoding = options?.encoding;
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
    super(`${problem}; the columns are: ${shown(columns)}`);
  }
}

/** The most that a message lists: sheets that were saved with all their columns have thousands. */
const listed = 100;

function shown(columns: readonly string[]): string {
  const names = columns.slice(0, listed).map((name) => (name === '' ? '(empty)' : name.slice(0, 200)));
  const more = columns.length > listed ? `, … (${columns.length})` : '';
  return `${names.join(', ')}${more}`;
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
