import { ChoraleError, defineErrors, messageOf } from '../../foundation/errors/chorale-error.js';
import { didYouMean, listNames, oneLine } from '../../foundation/text/message-text.js';
import { RunBusyError } from '../run-errors.js';
import type { WorkflowPause } from './workflow-store.js';

export const workflowErrors = defineErrors({
  CHORALE_WORKFLOW_DEFINITION: {
    exitCode: 2,
    retryable: false,
    summary: 'The definition of a workflow or step is invalid.',
  },
  CHORALE_WORKFLOW_RUN_UNKNOWN: { exitCode: 2, retryable: false, summary: 'The store has no run of this id.' },
  CHORALE_WORKFLOW: { exitCode: 5, retryable: false, summary: 'A run of a workflow failed.' },
  CHORALE_WORKFLOW_PAUSED: { exitCode: 5, retryable: false, summary: 'A run of a workflow waits for an answer.' },
  CHORALE_STEP_TIMEOUT: { exitCode: 5, retryable: false, summary: 'One attempt of a step took longer than it may.' },
  CHORALE_STEP_VALIDATION: { exitCode: 5, retryable: false, summary: 'The input or output of a step is not valid.' },
  CHORALE_STEP_OUTPUT: { exitCode: 5, retryable: false, summary: 'A step read an output that does not exist.' },
  CHORALE_WORKFLOW_CANCELLED: { exitCode: 130, retryable: false, summary: 'A run of a workflow was cancelled.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof workflowErrors> {}
}

/** A workflow or step is not well formed. Nothing has run. */
export class WorkflowDefinitionError extends ChoraleError {
  readonly code = 'CHORALE_WORKFLOW_DEFINITION';
  constructor(
    readonly workflow: string,
    readonly problem: string,
  ) {
    super(`workflow '${workflow}': ${problem}`);
  }
}

/** A run of a workflow failed, at a step or between two. `cause` is what was thrown there, unchanged. */
export class WorkflowError extends ChoraleError {
  readonly code = 'CHORALE_WORKFLOW';
  constructor(
    readonly workflow: string,
    readonly runId: string,
    /** The failed step; null if no step failed. */
    readonly step: string | null,
    /** What happened there, as in `step 'parse' failed after 4 attempts`. */
    readonly problem: string,
    override readonly cause: unknown,
  ) {
    super(`workflow '${workflow}' run ${runId}: ${problem}: ${messageOf(cause)}`, { cause });
  }
}

/** A run was stopped by its caller's signal, or cancelled for good. */
export class WorkflowCancelledError extends ChoraleError {
  readonly code = 'CHORALE_WORKFLOW_CANCELLED';
  constructor(
    readonly workflow: string,
    readonly runId: string,
    /** Cancelled by `engine.cancel`: the run cannot be resumed. */
    readonly forGood: boolean,
    override readonly cause: unknown,
  ) {
    super(`workflow '${workflow}' run ${runId}: cancelled: ${messageOf(cause)}`, { cause });
  }
}

/** A run waits for the answer of a person: resume it with a `value`. */
export class WorkflowPausedError extends ChoraleError {
  readonly code = 'CHORALE_WORKFLOW_PAUSED';
  constructor(
    readonly workflow: string,
    readonly runId: string,
    /** Those that wait for an answer. */
    readonly pauses: readonly WorkflowPause[],
  ) {
    const places = pauses.map((pause) => `${placeOf(pause)}: ${oneLine(pause.reason)}`);
    super(`workflow '${workflow}' run ${runId}: paused at ${places.join('; ')}`);
  }
}

/** Where a pause is, as in `item 3 of step 'check'`. */
export function placeOf({ step, item }: Pick<WorkflowPause, 'step' | 'item'>): string {
  return item === null ? `step '${step}'` : `item ${item} of step '${step}'`;
}

/** The store has no run of this id. */
export class WorkflowRunUnknownError extends ChoraleError {
  readonly code = 'CHORALE_WORKFLOW_RUN_UNKNOWN';
  constructor(
    readonly runId: string,
    /** The newest runs of the store; null if the run was removed while it ran. */
    readonly known: readonly string[] | null,
  ) {
    const newest = known?.length === 0 ? 'the store has none' : `newest: ${known?.join(', ')}`;
    super(`unknown workflow run: ${runId} (${known === null ? 'it was removed from the store' : newest})`);
  }
}

/** One attempt of a step took longer than it may. */
export class StepTimeoutError extends ChoraleError {
  readonly code = 'CHORALE_STEP_TIMEOUT';
  constructor(
    readonly step: string,
    readonly attempt: number,
    /** The limit, in milliseconds. */
    readonly afterMs: number,
  ) {
    super(`step '${step}' attempt ${attempt}: no result within ${afterMs} ms`);
  }
}

/** What a schema reports about one value. */
export interface SchemaIssue {
  /** As in `items.0.price`; empty for the whole value. */
  readonly path: string;
  readonly message: string;
}

/** The input or output of a step does not fit its schema, or cannot be recorded. Never retried. */
export class StepValidationError extends ChoraleError {
  readonly code = 'CHORALE_STEP_VALIDATION';
  constructor(
    readonly step: string,
    readonly side: 'input' | 'output' | 'payload' | 'state',
    readonly issues: readonly SchemaIssue[],
  ) {
    const more = issues.length > mostIssues ? `; and ${issues.length - mostIssues} more` : '';
    super(`step '${step}': invalid ${side}: ${issues.slice(0, mostIssues).map(describeIssue).join('; ')}${more}`);
  }
}

/** The largest number of issues in a message. */
const mostIssues = 10;

export function describeIssue({ path, message }: SchemaIssue): string {
  return path === '' ? oneLine(message) : `${path}: ${oneLine(message)}`;
}

/** A step asked for the output of another one that has none. */
export class StepOutputError extends ChoraleError {
  readonly code = 'CHORALE_STEP_OUTPUT';
  constructor(
    /** The step without output. */
    readonly step: string,
    readonly problem: string,
    /** The steps that have one. */
    readonly known: readonly string[],
    options: {
      readonly cause?: unknown;
      /** The steps of the workflow, where that has no such step. */
      readonly steps?: readonly string[];
    } = {},
  ) {
    const { steps } = options;
    const about = steps ? `${didYouMean(step, steps)} (steps: ${listNames(steps)}; outputs: ` : ' (outputs: ';
    super(`step '${step}' ${problem}${about}${listNames(known, 'none yet')})`, options);
  }
}

/** Errors after which a worker must write nothing more about its run. */
export type RunLostError = WorkflowCancelledError | RunBusyError | WorkflowRunUnknownError;

export function isRunLost(error: unknown): error is RunLostError {
  return [WorkflowCancelledError, RunBusyError, WorkflowRunUnknownError].some((kind) => error instanceof kind);
}
