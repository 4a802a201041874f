import type { Failure, Observer } from '../../foundation/events/event.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { RunMismatchError } from '../run-errors.js';
import type { WorkflowRun, WorkflowRunHeader } from './run-values.js';
import type { EngineLogger } from './step-log.js';
import type { Workflow } from './workflow.js';
import type { WorkflowStatus, WorkflowStore } from './workflow-store.js';

/** Options of `createEngine`. */
export interface EngineOptions {
  /** A store of workflows, or an object that has one as `workflows`. */
  readonly store: WorkflowStore | { readonly workflows: WorkflowStore };
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Receives what steps log, as a pino logger. One that throws is dropped after one warning. @default none */
  readonly logger?: EngineLogger | undefined;
  /** Clock, timers and RNG. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
  /**
   * How long others must wait for the run of a dead worker, in milliseconds; at least 3.
   * @default 30000
   */
  readonly leaseMs?: number | undefined;
  /** The workflows whose runs `recover` resumes. @default none */
  readonly workflows?: readonly Workflow<never, unknown>[] | undefined;
}

/** How a recorded run is continued. */
export interface WorkflowResumeOptions {
  /** Stops the run. It is recorded as cancelled, and can be resumed. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes the run also from a worker whose lease has not ended: for when it is known to be dead. Its later writes fail.
   * @default false
   */
  readonly takeOver?: boolean | undefined;
  /**
   * Waits for the result while another worker has the run, and resumes the run if the lease of that worker ends.
   * @default false
   */
  readonly wait?: boolean | undefined;
}

/** Options of `recover`. */
export interface WorkflowRecoverOptions extends Omit<WorkflowResumeOptions, 'wait'> {
  /**
   * How many processes in a row may end during a run without recording a step or item. The run is then `dead`: nothing but
   * `resume` begins it again.
   * @default 3
   */
  readonly maxAttempts?: number | undefined;
  /** How many runs run at once; Infinity for all. @default max(1, min(2 × CPUs, 16)) */
  readonly concurrency?: number | undefined;
}

/** What `recover` found. */
export interface WorkflowRecovery {
  /**
   * The runs that run again in the background, the oldest first, or wait for their turn. A run that another process begins
   * first rejects with RunBusyError.
   */
  readonly resumed: readonly StartedRun<unknown>[];
  /** The ids of the runs that are dead now. */
  readonly dead: readonly string[];
  /** The runs that cannot be resumed: their workflow has another shape now. */
  readonly skipped: readonly { readonly runId: string; readonly error: RunMismatchError }[];
}

/** Options of `resume`. */
export interface WorkflowAnswerOptions extends WorkflowResumeOptions {
  /** The answer to the pause that the run waits at: JSON, or undefined. */
  readonly value?: unknown;
  /** Which step is answered, if several wait. */
  readonly step?: string | undefined;
  /** Which item of a map step is answered, if several wait: its 0-based position. */
  readonly item?: number | undefined;
}

/** Options of `start` and `run`. */
export interface WorkflowStartOptions extends WorkflowResumeOptions {
  /**
   * Two starts of a workflow with the same key are one run: the second gets the result of the first, joins it, or
   * resumes it. The input must be the same.
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
  /** The failures that the run tolerated (`continueOnError`), in the order of the workflow. */
  readonly failures: readonly { readonly step: string; readonly error: unknown }[];
}

/** A run that is recorded and runs in the background. */
export interface StartedRun<Output> {
  readonly runId: string;
  /** False if the idempotency key had a run already. */
  readonly created: boolean;
  /** Prevents an unhandled rejection. */
  readonly result: Promise<WorkflowResult<Output>>;
}

/** Which runs to list. */
export interface WorkflowListOptions {
  /** The id of the workflow. */
  readonly workflow?: string | undefined;
  readonly status?: WorkflowStatus | undefined;
  /** The maximum number. @default 50 */
  readonly limit?: number | undefined;
  /** Only runs made before this one: the last of the page before. */
  readonly before?: string | undefined;
}

/** Options of `prune`: `status`, `olderThanMs` or both. */
export interface WorkflowPruneOptions {
  /** Only runs with this status, or one of these. @default those that are over: completed, failed, cancelled and dead */
  readonly status?: WorkflowStatus | readonly WorkflowStatus[] | undefined;
  /** Only runs that ended, or, if they have not ended, began so long ago, in milliseconds. @default 0 */
  readonly olderThanMs?: number | undefined;
  /** The id of the workflow. @default all of the store */
  readonly workflow?: string | undefined;
}

/**
 * Runs workflows, and keeps their runs in a store. `Symbol.asyncDispose` stops the runs of this engine, which can be resumed,
 * and waits for them.
 */
export interface WorkflowEngine extends AsyncDisposable {
  /**
   * Records a run, and runs it in the background.
   * @throws RunMismatchError when the key or id belongs to a run with another input, and what the store throws
   */
  start<I, O>(workflow: Workflow<I, O>, input: NoInfer<I>, options?: WorkflowStartOptions): Promise<StartedRun<O>>;
  /**
   * Starts a run and waits for it.
   * @throws WorkflowError when it failed, WorkflowCancelledError when it was stopped or cancelled, WorkflowPausedError when it
   * waits for an answer, RunBusyError when another worker has it
   */
  run<I, O>(workflow: Workflow<I, O>, input: NoInfer<I>, options?: WorkflowStartOptions): Promise<WorkflowResult<O>>;
  /**
   * Continues a run that failed, was stopped, or whose process ended. A step whose completion was recorded does not run
   * again; one that was in flight does. A completed run gives its result.
   * A paused run needs the answer as `value`; the step that paused runs again from its beginning, its siblings do not.
   * @throws as `run`, and WorkflowRunUnknownError
   */
  resume<I, O>(workflow: Workflow<I, O>, runId: string, options?: WorkflowAnswerOptions): Promise<WorkflowResult<O>>;
  /**
   * Resumes the runs of the engine's workflows whose process has ended: those that are pending or running, and that no worker
   * has. For the start of a process. A run whose worker died less than `leaseMs` ago still has a lease: call it again then,
   * or pass `takeOver` if no other process can have it. It does not wait for the runs.
   * @throws InvalidOptionError when the engine knows no workflows
   */
  recover(options?: WorkflowRecoverOptions): Promise<WorkflowRecovery>;
  /**
   * Cancels a run for good, whoever runs it: its steps are stopped, nothing more is recorded, and it cannot be resumed.
   * A run that is over stays as it is. A worker in another process learns of it at its next change or renewal.
   * @returns the status of the run then
   * @throws WorkflowRunUnknownError
   */
  cancel(runId: string, options?: { readonly reason?: unknown }): Promise<WorkflowStatus>;
  /**
   * Deletes a run with all its values; its id and its key are free then.
   * @returns whether it was in the store
   * @throws RunBusyError when a worker has it: cancel it first
   */
  delete(runId: string): Promise<boolean>;
  /**
   * Deletes the runs that have a status, or that ended some time ago. A run that a worker has stays.
   * @returns their number
   * @throws InvalidOptionError
   */
  prune(options: WorkflowPruneOptions): Promise<number>;
  /** A run with its steps, or undefined if the store has none of this id. */
  get(runId: string): Promise<WorkflowRun | undefined>;
  /** Runs without their values, the newest first. */
  list(options?: WorkflowListOptions): Promise<readonly WorkflowRunHeader[]>;
}

/** Keys of `data` of the events of a workflow. `duration_ms` of a step covers all its attempts and the pauses between. */
interface WorkflowEvents {
  'workflow.start': { readonly run_id: string };
  /** Once per step, before its first attempt; `attempt` is 0 for a step that is skipped. */
  'workflow.step.start': { readonly run_id: string; readonly step: string; readonly attempt: number };
  /** After an attempt that failed and will be repeated; `attempt` is the 1-based one that failed. */
  'workflow.step.retry': StepEndData & { readonly status: 'retrying' };
  'workflow.step.complete': StepEndData & {
    readonly status: 'completed' | 'failed' | 'cancelled' | 'paused' | 'skipped';
  };
  /** A step asks a person, or still waits for the answer; `item` is null outside of a map step. Before its completion. */
  'workflow.pause': {
    readonly run_id: string;
    readonly step: string;
    readonly item: number | null;
    readonly number: number;
    readonly reason: string;
  };
  /** Of a map step. */
  'workflow.item.start': { readonly run_id: string; readonly step: string; readonly item: number };
  'workflow.item.retry': StepEndData & { readonly item: number; readonly status: 'retrying' };
  /** After the result was recorded. */
  'workflow.item.complete': StepEndData & {
    readonly item: number;
    readonly status: 'completed' | 'failed' | 'cancelled' | 'paused';
  };
  'workflow.complete': {
    readonly run_id: string;
    readonly status: 'completed' | 'failed' | 'cancelled' | 'paused';
    readonly duration_ms: number;
  } & Failure;
}

type StepEndData = {
  readonly run_id: string;
  readonly step: string;
  readonly attempt: number;
  readonly duration_ms: number;
} & Failure;

declare module '../../foundation/events/event.js' {
  interface EventData extends WorkflowEvents {}
}
