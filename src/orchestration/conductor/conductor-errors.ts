import { ChoraleError, defineErrors, messageOf } from '../../foundation/errors/chorale-error.js';
import type { Failure } from '../../foundation/events/event.js';

export const conductorErrors = defineErrors({
  CHORALE_CONDUCTOR_STATE: {
    exitCode: 2,
    retryable: false,
    summary: 'A method of a conductor was called in the wrong order.',
  },
  CHORALE_PROCESS_FAILED: { exitCode: 5, retryable: false, summary: 'A process of a conductor failed.' },
  CHORALE_PROCESS_UNFINISHED: { exitCode: 5, retryable: false, summary: 'A process did not stop in time.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof conductorErrors> {}
}

/** A conductor was used out of turn: run twice, or waited for before it was run. */
export class ConductorStateError extends ChoraleError {
  readonly code = 'CHORALE_CONDUCTOR_STATE';
  constructor(
    readonly conductor: string,
    readonly problem: string,
  ) {
    super(`conductor '${conductor}' ${problem}`);
  }
}

/** Why the processes beside it were stopped: the reason of their signal. `cause` is what the process threw, unchanged. */
export class ProcessFailedError extends ChoraleError {
  readonly code = 'CHORALE_PROCESS_FAILED';
  constructor(
    readonly process: string,
    cause: unknown,
  ) {
    super(`process '${process}' failed: ${messageOf(cause)}`, { cause });
  }
}

/** What of a process had not ended when its conductor stopped waiting. */
export type Unfinished = 'run' | 'stop';

/** A process had not ended when the time for stopping ran out, or when a second signal came. */
export class ProcessUnfinishedError extends ChoraleError {
  readonly code = 'CHORALE_PROCESS_UNFINISHED';
  constructor(
    readonly process: string,
    readonly unfinished: readonly Unfinished[],
    /** Why the wait ended: the time limit, in milliseconds, or the name of the second signal. */
    readonly limit: number | string,
  ) {
    const when = typeof limit === 'number' ? `within ${limit} ms (stopTimeoutMs)` : `before a second ${limit} came`;
    super(
      `process '${process}' did not end ${when}: ${unfinished.map((what) => `${what}()`).join(' and ')} not settled`,
    );
  }
}

/** Events of a conductor; the source is its name. `process` is the name of one of its processes. */
export interface ConductorEvents {
  'conductor.start': {
    readonly process_count: number;
    readonly signals: readonly string[];
    /** Null if the processes have all the time that they want. */
    readonly stop_timeout_ms: number | null;
  };
  'conductor.process.start': { readonly process: string };
  /** Its `run` has ended, or the wait for it is over. */
  'conductor.process.complete': { readonly process: string } & Failure;
  /** Why all are stopped: a signal of the system, the failure of a process, or neither: the caller's wish. */
  'conductor.stop_signal': {
    readonly signal: string | null;
    readonly process: string | null;
    /** A second signal: the wait is over. */
    readonly forced: boolean;
  };
  'conductor.stopping': { readonly process: string };
  /** Its `run` and its `stop` have ended, or the wait for them is over; `error` is that of `stop`. */
  'conductor.stopped': { readonly process: string } & Failure;
  'conductor.complete': {
    readonly outcome: 'returned' | 'failed' | 'interrupted' | 'aborted';
    readonly unfinished: readonly string[];
  } & Failure;
}

declare module '../../foundation/events/event.js' {
  interface EventData extends ConductorEvents {}
}
