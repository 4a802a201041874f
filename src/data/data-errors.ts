import { ChoraleError, defineErrors } from '../foundation/errors/chorale-error.js';
import { type Remedy, renderRemedy } from '../foundation/errors/remedy.js';
import { escapeControls } from '../foundation/text/control-characters.js';

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

function at({ path, line }: Place): string {
  return line === undefined ? path : `${path}:${line}`;
}

function onOneLine(place: Place): Place {
  return { ...place, path: escapeControls(place.path) };
}

/** An input cannot be read, or is not in its format. */
export class InputError extends ChoraleError {
  readonly code = 'CHORALE_INPUT';
  readonly place: Place;
  readonly problem: string;
  /** Where the input is text in another encoding: its likely name, or null if that is not known. */
  readonly encoding: string | null | undefined;

  constructor(
    place: Place,
    problem: string,
    options?: { readonly cause?: unknown; readonly encoding?: string | null | undefined },
  ) {
    super(escapeControls(`${at(place)}: ${problem}`), options);
    this.place = onOneLine(place);
    this.problem = escapeControls(problem);
    this.encoding = options?.encoding;
  }
}

/** An output cannot be written. */
export class OutputError extends ChoraleError {
  readonly code = 'CHORALE_OUTPUT';
  readonly path: string;
  readonly problem: string;

  constructor(path: string, problem: string, options?: { readonly cause?: unknown }) {
    super(escapeControls(`${path}: ${problem}`), options);
    this.path = escapeControls(path);
    this.problem = escapeControls(problem);
  }
}

/** The reader of stdout, or of a pipe, went away (`| head`). The program stops writing; that is not a failure. */
export class StdoutClosedError extends Error {
  override readonly name = 'StdoutClosedError';

  constructor(options?: { readonly cause?: unknown }) {
    super('the reader went away', options);
  }
}

/** The most columns that a message lists: some sheets have thousands. */
const mostListed = 100;

/** A column is not there, or the text column cannot be guessed. */
export class ColumnError extends ChoraleError {
  readonly code = 'CHORALE_COLUMN';
  readonly problem: string;
  readonly columns: readonly string[];
  /** The problem with its options as data; undefined if it names none. */
  readonly remedy: Remedy | undefined;

  constructor(problem: Remedy, columns: readonly string[]) {
    const names = columns.map((name) => escapeControls(name));
    const listed = names.slice(0, mostListed).map((name) => (name === '' ? '(empty)' : name.slice(0, 200)));
    const more = names.length > mostListed ? `, … (${names.length})` : '';
    super(`${renderRemedy(problem)}; the columns are: ${listed.join(', ')}${more}`);
    this.problem = renderRemedy(problem);
    this.columns = names;
    this.remedy = typeof problem === 'string' ? undefined : problem;
  }
}

/** One row of the input cannot be read; the others are not affected. */
export class RowError extends ChoraleError {
  readonly code = 'CHORALE_ROW';
  readonly place: Place;
  readonly problem: string;

  constructor(place: Place, problem: string) {
    super(escapeControls(`${at(place)}: ${problem}`));
    this.place = onOneLine(place);
    this.problem = escapeControls(problem);
  }
}
