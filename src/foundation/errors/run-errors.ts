import { ChoraleError, messageOf } from './chorale-error.js';

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
    super(`the run was stopped after ${afterMs} ms (--timeout)`);
  }
}

/** The run was interrupted by a person or the system. */
export class InterruptedError extends ChoraleError {
  readonly code = 'CHORALE_INTERRUPTED';
  constructor(readonly signalName: string) {
    super(`interrupted by ${signalName}`);
  }
}

/** A threshold of `--assert` was missed, or the run of `--baseline` was significantly better. */
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
