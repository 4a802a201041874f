import { CommanderError } from 'commander';
import {
  ChoraleError,
  codeOf,
  DefectError,
  errorCatalogue,
  InvalidOptionError,
  isCodedError,
  TaskError,
  UsageError,
} from '../errors/index.js';
import { tell } from './standard-streams.js';

/** Prints an error as one line (with its code, and the stack with `--verbose`) and returns the exit code. */
export function printError(error: unknown, verbose: boolean): number {
  const known = toKnown(error);
  const code = codeOf(known);
  tell(`error: ${known.message.replace(/\s*\n\s*/g, ' ')} [${code}]`);
  if (verbose && known.stack) process.stderr.write(`${(known.cause instanceof Error ? known.cause : known).stack}\n`);
  return errorCatalogue[code].exitCode;
}

function toKnown(error: unknown): Error {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help')
      return new UsageError('which command? analyze, demo, doctor, experiment, pull, rm or runs; see --help');
    const message = error.message
      .replace(/^error: /, '')
      .replace(/\n\((.*)\)/, ' ($1)')
      .replace(/\.$/, '');
    return new UsageError(`${message}; see --help`);
  }
  if (error instanceof InvalidOptionError) return new UsageError(error.message, { cause: error });
  if (error instanceof TaskError) return error;
  if (error instanceof ChoraleError || isCodedError(error)) return error;
  return new DefectError(error);
}
