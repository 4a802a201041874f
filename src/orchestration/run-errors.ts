import { ChoraleError, defineErrors, type Remedy, renderRemedy } from '../foundation/errors/chorale-error.js';

export const runErrors = defineErrors({
  CHORALE_RUN_MISMATCH: {
    exitCode: 2,
    retryable: false,
    summary: 'A recorded run does not match the graph, the workflow or the request.',
  },
  CHORALE_RUN_BUSY: { exitCode: 3, retryable: false, summary: 'Another worker or process has the run.' },
});

declare module '../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof runErrors> {}
}

/** A process that works on a run. */
export interface RunOwner {
  readonly pid: number;
  readonly hostName: string;
  /** In milliseconds since the epoch. */
  readonly since: number;
}

/** What an error about a run may say besides its id. */
interface RunDetails {
  /** The id of the workflow. */
  readonly workflow?: string;
}

/** Another worker or process has the run, or has taken it over: of a graph, of a workflow, or of reviews. */
export class RunBusyError extends ChoraleError {
  readonly code = 'CHORALE_RUN_BUSY';
  /** The id of its workflow; undefined for any other run. */
  readonly workflow: string | undefined;
  /** What to do; empty where nothing can be done. */
  readonly remedy: Remedy;
  /** Who has it; undefined if the store does not know. */
  readonly owner: RunOwner | undefined;
  constructor(
    readonly runId: string,
    readonly problem: string,
    { workflow, remedy = '', owner }: RunDetails & { readonly remedy?: Remedy; readonly owner?: RunOwner } = {},
  ) {
    super(`${nameRun(runId, workflow)}: ${problem}${remedy === '' ? '' : `; ${renderRemedy(remedy)}`}`);
    this.workflow = workflow;
    this.remedy = remedy;
    this.owner = owner;
  }
}

/**
 * The recorded run is not one of this graph or workflow as it is now, has another input, or does not wait for the answer that
 * it is given.
 */
export class RunMismatchError extends ChoraleError {
  readonly code = 'CHORALE_RUN_MISMATCH';
  /** The id of the workflow that was to resume it; undefined for a graph. */
  readonly workflow: string | undefined;
  constructor(
    readonly runId: string,
    readonly problem: string,
    { workflow }: RunDetails = {},
  ) {
    super(`${nameRun(runId, workflow)}: ${problem}`);
    this.workflow = workflow;
  }
}

function nameRun(runId: string, workflow: string | undefined): string {
  return workflow === undefined ? `run ${runId}` : `workflow '${workflow}' run ${runId}`;
}

/** @param until when the lease of the other worker ends, in milliseconds since the epoch */
export function heldByAnother(runId: string, until: number, details: RunDetails = {}): RunBusyError {
  const end = new Date(until).toISOString();
  const remedy: Remedy = ['wait, or pass ', { option: 'takeOver', inLibrary: 'takeOver: true' }];
  return new RunBusyError(runId, `another worker has it until at least ${end}`, { ...details, remedy });
}
