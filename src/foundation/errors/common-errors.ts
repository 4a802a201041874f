import { ChoraleError, defineErrors, messageOf } from './chorale-error.js';

export const commonErrors = defineErrors({
  CHORALE_DEFECT: { exitCode: 1, retryable: false, summary: 'A defect in chorale itself.' },
  CHORALE_RUN_TIMEOUT: { exitCode: 5, retryable: false, summary: 'The whole run took longer than it may.' },
  CHORALE_THRESHOLD_MISSED: {
    exitCode: 6,
    retryable: false,
    summary: 'A threshold was missed, or the baseline was better.',
  },
  CHORALE_INTERRUPTED: { exitCode: 130, retryable: false, summary: 'The run was interrupted (SIGINT or SIGTERM).' },
  CHORALE_USAGE: { exitCode: 2, retryable: false, summary: 'The command line is wrong.' },
  CHORALE_CONFIG: { exitCode: 2, retryable: false, summary: 'The configuration file is wrong.' },
  CHORALE_INVALID_OPTION: { exitCode: 2, retryable: false, summary: 'An option of a library call has a wrong value.' },
  CHORALE_UNKNOWN_OBSERVER: { exitCode: 2, retryable: false, summary: 'No observer is registered under this name.' },
});

declare module './chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof commonErrors> {}
}

/** The command line is wrong: an unknown option, a nonsense value, a contradiction. */
export class UsageError extends ChoraleError {
  readonly code = 'CHORALE_USAGE';
}

/** The configuration file is wrong. */
export class ConfigError extends ChoraleError {
  readonly code = 'CHORALE_CONFIG';
  constructor(
    readonly path: string,
    readonly problem: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${path}: ${problem}`, options);
  }
}

/** An option of a library call has a wrong value. */
export class InvalidOptionError extends ChoraleError {
  readonly code = 'CHORALE_INVALID_OPTION';
  constructor(
    readonly option: string,
    readonly rule: string,
    readonly value: unknown,
  ) {
    super(`option ${option} must be ${rule}, but is ${describeValue(value)}`);
  }
}

/** No observer is registered under this name. */
export class UnknownObserverError extends ChoraleError {
  readonly code = 'CHORALE_UNKNOWN_OBSERVER';
  constructor(
    readonly observer: string,
    readonly known: readonly string[],
  ) {
    super(`unknown observer: ${observer} (known: ${known.join(', ')})`);
  }
}

/** Shortens a value in a message: it may be very long, and private. */
const longestText = 80;

function describeText(text: string): string {
  if (text.length <= longestText) return `'${text}' (string)`;
  return `'${text.slice(0, longestText)}…' (string of ${text.length} characters)`;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return describeText(value);
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  return `${String(value)} (${typeof value})`;
}

/** The whole run took longer than it may. */
export class RunTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_RUN_TIMEOUT';
  constructor(
    /** The limit, in milliseconds. */
    readonly afterMs: number,
  ) {
    super(`the run was stopped after ${afterMs} ms, its timeout`);
  }
}

/** The run was interrupted by a person or the system. */
export class InterruptedError extends ChoraleError {
  readonly code = 'CHORALE_INTERRUPTED';
  constructor(readonly signalName: string) {
    super(`interrupted by ${signalName}`);
  }
}

/** A threshold was missed, or the baseline was significantly better. */
export class ThresholdMissedError extends ChoraleError {
  readonly code = 'CHORALE_THRESHOLD_MISSED';
  constructor(readonly missed: readonly string[]) {
    super(`threshold missed: ${missed.join('; ')}`);
  }
}

/** A defect in chorale itself. */
export class DefectError extends ChoraleError {
  readonly code = 'CHORALE_DEFECT';
  constructor(cause: unknown) {
    super(`a defect in chorale: ${messageOf(cause)}`, { cause });
  }
}
