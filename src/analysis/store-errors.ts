import { ChoraleError, defineErrors, type Remedy, renderRemedy } from '../foundation/errors/chorale-error.js';
import { didYouMean, listNames } from '../foundation/text/message-text.js';
import { RunBusyError, type RunOwner } from '../orchestration/run-errors.js';

export const storeErrors = defineErrors({
  CHORALE_RUN_UNKNOWN: { exitCode: 2, retryable: false, summary: 'The run store has no run of this id.' },
  CHORALE_STORE: { exitCode: 3, retryable: false, summary: 'A store cannot be opened, read or written.' },
});

declare module '../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof storeErrors> {}
}

/** A store cannot be opened, read or written. */
export class StoreError extends ChoraleError {
  readonly code = 'CHORALE_STORE';
  constructor(
    /** The file, or the name of a store that has none. */
    readonly path: string,
    readonly problem: string,
    /** What fixes it. */
    readonly remedy: Remedy,
    options?: { readonly cause?: unknown },
  ) {
    super(`${path}: ${problem}; ${renderRemedy(remedy)}`, options);
  }
}

const busyRemedy: Remedy = ['wait for its end, or start another run with ', { option: 'fresh' }];

/** Another process works on the run that was to be resumed. */
export function runOfAnother(runId: string, owner: RunOwner): RunBusyError {
  const { pid, hostName, since } = owner;
  const problem = `process ${pid} on ${hostName} has been working on it since ${new Date(since).toISOString()}`;
  return new RunBusyError(runId, problem, { remedy: busyRemedy, owner });
}

/** The store has no run of this id, or several whose ids begin so. */
export class RunUnknownError extends ChoraleError {
  readonly code = 'CHORALE_RUN_UNKNOWN';
  constructor(
    /** An id, or its beginning. */
    readonly wanted: string,
    /** The ids that it may mean; where none does, all that there are, the newest first. */
    readonly known: readonly string[],
    readonly isAmbiguous = false,
  ) {
    super(isAmbiguous ? `several runs begin with '${wanted}': ${listNames(known)}` : unknownRun(wanted, known));
  }
}

function unknownRun(wanted: string, known: readonly string[]): string {
  if (known.length === 0) return `unknown run '${wanted}': the store has none`;
  return `unknown run '${wanted}'${didYouMean(wanted, known) || `; the newest is ${known[0]}`}`;
}
