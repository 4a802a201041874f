import { ChoraleError, defineErrors, messageOf } from './chorale-error.js';

export const runErrors = defineErrors({
  CHORALE_DEFECT: { exitCode: 1, retryable: false, summary: 'A defect in chorale itself.' },
  CHORALE_ITEM_TIMEOUT: { exitCode: 5, retryable: false, summary: 'One review took longer than it may.' },
  CHORALE_RUN_TIMEOUT: { exitCode: 5, retryable: false, summary: 'The whole run took longer than it may.' },
  CHORALE_THRESHOLD_MISSED: {
    exitCode: 6,
    retryable: false,
    summary: 'A threshold was missed, or the baseline was better.',
  },
  CHORALE_INTERRUPTED: { exitCode: 130, retryable: false, summary: 'The run was interrupted (SIGINT or SIGTERM).' },
});

declare module './chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof runErrors> {}
}

/** One review took longer than it may, all its attempts and pauses included. */
export class ItemTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_ITEM_TIMEOUT';
  constructor(
    /** The limit, in milliseconds. */
    readonly afterMs: number,
    options?: { readonly cause?: unknown },
  ) {
    super(`no answer within ${afterMs} ms, all attempts included`, options);
  }
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
