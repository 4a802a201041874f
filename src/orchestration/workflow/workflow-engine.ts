import type { Observer } from '../../foundation/events/event.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { WorkflowRun } from './read-run.js';
import type { EngineLogger } from './step-log.js';
import type { Workflow } from './workflow.js';
import type { WorkflowRunHeader, WorkflowStatus, WorkflowStore } from './workflow-store.js';

/** Options of `createEngine`. */
export interface EngineOptions {
  /** Where runs are kept: a store of workflows, or what has one as `workflows`. */
  readonly store: WorkflowStore | { readonly workflows: WorkflowStore };
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Receives what steps log; a pino logger will do. One that throws is dropped after one warning. @default nobody */
  readonly logger?: EngineLogger | undefined;
  /** Clock, timers and chance. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
  /**
   * How long a run belongs to a worker that gives no sign of life, in milliseconds; a live one renews in time.
   * @default 15000
   */
  readonly leaseMs?: number | undefined;
}

/** Options of `resume`. */
export interface WorkflowResumeOptions {
  /** Stops the run. It is recorded as cancelled then, and can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes the run from a worker whose lease lasts; say so when you know that it is dead. What it writes later is refused.
   * @default false
   */
  readonly takeOver?: boolean | undefined;
}

/** Options of `start` and `run`. */
export interface WorkflowStartOptions extends WorkflowResumeOptions {
  /**
   * Two starts of a workflow with the same key are one run: the second gets the result of the first, joins it, or goes on
   * with it. The input must be the same.
   */
  readonly idempotencyKey?: string | undefined;
  /** @default a new UUID (version 7) */
  readonly runId?: string | undefined;
}

/** A completed run. */
export interface WorkflowResult<Output> {
  readonly runId: string;
  /** The output of the last step, or the object of the last group. */
  readonly output: Output;
  /** The failures that the run survived (`continueOnError`), in the order of the workflow. */
  readonly failures: readonly { readonly step: string; readonly error: unknown }[];
}

/** A run that has been recorded and goes on by itself. */
export interface StartedRun<Output> {
  readonly runId: string;
  /** False where the idempotency key had a run already. */
  readonly created: boolean;
  /** How it ends. Nobody has to wait for it. */
  readonly result: Promise<WorkflowResult<Output>>;
}

/** Which runs to list. */
export interface WorkflowListOptions {
  /** The id of the workflow. */
  readonly workflow?: string | undefined;
  readonly status?: WorkflowStatus | undefined;
  /** At most so many. @default 50 */
  readonly limit?: number | undefined;
  /** Only runs made before this one: the last of the page before. */
  readonly before?: string | undefined;
}

/** Runs workflows, and keeps their runs in a store. */
export interface WorkflowEngine {
  /**
   * Records a run, and lets it go on by itself.
   * @throws WorkflowMismatchError when the key or id belongs to a run with another input, and what the store throws
   */
  start<I, O>(workflow: Workflow<I, O>, input: NoInfer<I>, options?: WorkflowStartOptions): Promise<StartedRun<O>>;
  /**
   * Starts a run and waits for it.
   * @throws WorkflowError when it failed, WorkflowCancelledError when it was stopped or cancelled, WorkflowBusyError when
   * another worker has it
   */
  run<I, O>(workflow: Workflow<I, O>, input: NoInfer<I>, options?: WorkflowStartOptions): Promise<WorkflowResult<O>>;
  /**
   * Goes on with a run that failed, was stopped, or whose process ended. A step whose completion was recorded does not
   * run again; one that was in flight does. A completed run gives its result.
   * @throws as `run`, and WorkflowRunUnknownError
   */
  resume<I, O>(workflow: Workflow<I, O>, runId: string, options?: WorkflowResumeOptions): Promise<WorkflowResult<O>>;
  /**
   * Cancels a run for good, whoever runs it: its steps are stopped, nothing more is recorded, and it cannot be resumed.
   * A run that is over stays as it is. A worker in another process learns of it at its next change or renewal.
   * @returns the status of the run then
   * @throws WorkflowRunUnknownError
   */
  cancel(runId: string, options?: { readonly reason?: unknown }): Promise<WorkflowStatus>;
  /** A run with its steps, or undefined where the store has none of this id. */
  get(runId: string): Promise<WorkflowRun | undefined>;
  /** Runs without their values, the newest first. */
  list(options?: WorkflowListOptions): Promise<readonly WorkflowRunHeader[]>;
}
