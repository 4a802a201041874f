import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import {
  ChoraleError,
  defineErrors,
  messageOf,
  type Remedy,
  renderRemedy,
  systemCodeOf,
} from '../foundation/errors/chorale-error.js';
import { escapeControls } from '../foundation/text/control-characters.js';
import { shellWord } from '../foundation/text/message-text.js';

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
  /** Where the rows of a table have several separators: the one of its header. */
  readonly delimiter: string | undefined;

  constructor(
    place: Place,
    problem: string,
    options?: {
      readonly cause?: unknown;
      readonly encoding?: string | null | undefined;
      readonly delimiter?: string | undefined;
    },
  ) {
    super(escapeControls(`${at(place)}: ${problem}`), options);
    this.place = onOneLine(place);
    this.problem = escapeControls(problem);
    this.encoding = options?.encoding;
    this.delimiter = options?.delimiter;
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

/** What is wrong with a folder as an input. */
export const folderProblem = 'is a folder; name the files in it';

/** Why a file cannot be read, in words. */
export function describeReadFailure(error: unknown): string {
  switch (systemCodeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EISDIR':
      return folderProblem;
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: permission denied';
    default:
      return `cannot be read (${systemCodeOf(error) ?? messageOf(error)})`;
  }
}

/** The InputError for a failure of the system; an InputError and the reason of the signal stay as they are. */
export function readFailure(error: unknown, path: string, signal: AbortSignal | undefined): unknown {
  if (error instanceof InputError || (signal?.aborted && error === signal.reason)) return error;
  return new InputError({ path }, describeReadFailure(error), { cause: error });
}

/** Why a file cannot be written, in words. @param folder the folder of the file */
export function describeWriteFailure(error: unknown, folder: string): string {
  switch (systemCodeOf(error)) {
    case 'ENOENT':
      return `the folder does not exist; create it: mkdir -p ${shellWord(folder)}`;
    case 'ENOTDIR':
      return `cannot be written: a part of ${shellWord(folder)} is not a folder`;
    case 'EISDIR':
      return 'is a folder; name a file in it';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be written: permission denied';
    case 'EROFS':
      return 'cannot be written: the file system is read-only';
    case 'ENOSPC':
      return 'cannot be written: the disk is full; free some space, or write elsewhere';
    case 'EDQUOT':
      return 'cannot be written: your quota of the disk is used up; free some space, or write elsewhere';
    case 'EFBIG':
      return 'cannot be written: the file would be larger than is allowed (ulimit -f); raise the limit, or write .gz';
    case 'EIO':
    case 'ENXIO':
    case 'ENODEV':
    case 'ESTALE':
      return `cannot be written: the disk fails, or is gone (${systemCodeOf(error)}); write elsewhere`;
    default:
      return `cannot be written (${systemCodeOf(error) ?? messageOf(error)})`;
  }
}

/** The OutputError for a failure of the system. */
export function writeFailure(error: unknown, path: string, folder = dirname(path)): OutputError {
  return new OutputError(path, describeWriteFailure(error, folder), { cause: error });
}

/** Why the folder for temporary files cannot be used, and what to do about it. */
export function temporaryFolderProblem(error: unknown): { readonly problem: string; readonly remedy: string } {
  const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
  return {
    problem: `the temporary folder ${tmpdir()} cannot be used (${systemCodeOf(error) ?? messageOf(error)})`,
    remedy: `set ${variable} to a folder that can be written`,
  };
}
