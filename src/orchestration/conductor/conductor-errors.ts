import { ChoraleError, defineErrors, messageOf } from '../../foundation/errors/chorale-error.js';

export const conductorErrors = defineErrors({
  CHORALE_CONDUCTOR_STATE: { exitCode: 2, retryable: false, summary: 'A conductor was used out of turn.' },
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
    /** Why nobody waited longer: the time that was given, in milliseconds, or the name of the second signal. */
    readonly limit: number | string,
  ) {
    const when = typeof limit === 'number' ? `within ${limit} ms (stopTimeoutMs)` : `before a second ${limit} came`;
    super(
      `process '${process}' did not end ${when}: ${unfinished.map((what) => `${what}()`).join(' and ')} not settled`,
    );
  }
}
