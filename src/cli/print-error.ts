import { CommanderError } from 'commander';
import { InputError } from '../data/data-errors.js';
import {
  ChoraleError,
  codeOf,
  DefectError,
  entryOf,
  InvalidOptionError,
  isCodedError,
  type OptionHint,
  spelledMessage,
  UsageError,
} from '../foundation/errors/chorale-error.js';
import { TaskError } from '../orchestration/parallel/parallel-errors.js';
import type { Terminal } from './terminal.js';

/** Prints an error as one line (with its code, and the stack with `--verbose`) and returns the exit code. */
export function printError(terminal: Terminal, error: unknown, verbose: boolean): number {
  const known = toKnown(error);
  const code = codeOf(known);
  terminal.log(
    `error: ${withoutPasswords(spelledMessage(known, flagOf)).replace(/\s*\n\s*/g, ' ')}${remedyOf(known)} [${code}]`,
  );
  const stack = (known.cause instanceof Error ? known.cause : known).stack;
  if (verbose && stack) for (const line of withoutPasswords(stack).split('\n')) terminal.log(line);
  return entryOf(known)?.exitCode ?? 1;
}

/** A text in which the credentials of any address are masked. */
function withoutPasswords(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/+)?[^\s'"/]*:[^\s'"]*@/gi, '$1[hidden]@');
}

/** An option as a flag: `--max-tokens 100`. */
export function flagOf({ option, value }: OptionHint): string {
  const flag = `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return value === undefined ? flag : `${flag} ${value}`;
}

/** What the command line can do about an error of the library. */
function remedyOf(error: Error): string {
  if (!(error instanceof InputError)) return '';
  if (error.delimiter !== undefined)
    return `, as with --delimiter ${error.delimiter === '\t' ? 'tab' : `'${error.delimiter}'`}`;
  if (error.encoding === undefined) return '';
  return `; or read it with --encoding ${error.encoding ?? 'NAME'}`;
}

function toKnown(error: unknown): Error {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help')
      return new UsageError(
        'which command? agreement, analyze, compare, demo, doctor, experiment, pull, rm or runs; see --help',
      );
    const message = error.message
      .replace(/^error: /, '')
      .replace(/\n\((.*)\)/, ' ($1)')
      // The value of a misspelt option may be a secret.
      .replace(/(unknown option '[^'=]*)=.*'/s, "$1'")
      .replace(/\.$/, '');
    return new UsageError(`${message}; see --help`);
  }
  if (error instanceof InvalidOptionError) return new UsageError(error.message, { cause: error });
  if (error instanceof TaskError) return error;
  if (error instanceof ChoraleError || isCodedError(error)) return error;
  return new DefectError(error);
}
