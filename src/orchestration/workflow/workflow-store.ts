import type { Awaitable } from '../awaitable.js';

/** Where a run stands. `pending`: recorded, no step has begun. */
export type WorkflowStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

/** Where a step of a run stands. `retrying`: an attempt failed, and another follows. */
export type StepStatus = WorkflowStatus | 'retrying' | 'skipped';

/** A failure as it is recorded. */
export interface RecordedFailure {
  readonly name: string;
  readonly message: string;
  /** Its code, where it has one. */
  readonly code: string | null;
}

/** A new run. Values are JSON texts, null where there is none; times are milliseconds since the epoch. */
export interface NewWorkflowRun {
  readonly runId: string;
  readonly workflow: string;
  /** The structure of the workflow: a run goes on only with the same one. */
  readonly shape: string;
  /** At most one run of a workflow has a given key. */
  readonly idempotencyKey: string | null;
  readonly input: string | null;
  readonly createdAt: number;
  /** Until when the worker that makes it has it to itself. */
  readonly leaseUntil: number;
}

/** What is known of a run without its values: what `list` gives. */
export interface WorkflowRunHeader {
  readonly runId: string;
  readonly workflow: string;
  readonly status: WorkflowStatus;
  readonly idempotencyKey: string | null;
  /** It was cancelled for good. */
  readonly cancelRequested: boolean;
  readonly error: RecordedFailure | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

/** What is recorded about a step. Steps that have not begun have no record. */
export interface StepRecord {
  readonly step: string;
  readonly status: StepStatus;
  /** 1-based number of the latest attempt; 0 for a skipped step. */
  readonly attempt: number;
  readonly output: string | null;
  readonly error: RecordedFailure | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

/** A run with everything that it needs to go on. */
export interface WorkflowRecord extends WorkflowRunHeader {
  readonly shape: string;
  readonly input: string | null;
  readonly output: string | null;
  /** Counts the workers that had this run, from 1: only the latest one's writes are taken. */
  readonly fence: number;
  readonly leaseUntil: number;
  /** In the order in which the steps began. */
  readonly steps: readonly StepRecord[];
  readonly state: readonly WorkflowStateEntry[];
}

/** One value that the steps of a run share; null removes it. */
export interface WorkflowStateEntry {
  readonly key: string;
  readonly value: string | null;
}

/** What changes about the run itself. Absent keys stay as they are. */
export interface WorkflowRunChange {
  readonly status: WorkflowStatus;
  readonly output?: string | null;
  readonly error?: RecordedFailure;
  readonly startedAt?: number;
  readonly completedAt?: number;
}

/** What is written at once: all of it, or nothing. */
export interface WorkflowChange {
  readonly run?: WorkflowRunChange | undefined;
  readonly steps?: readonly StepRecord[] | undefined;
  readonly state?: readonly WorkflowStateEntry[] | undefined;
  readonly leaseUntil?: number | undefined;
}

/** Whether a change was written, or why not: the run is another worker's now, is over, or is not there. */
export type CommitAnswer = 'committed' | 'superseded' | 'cancelled' | 'finished' | 'unknown';

/** A worker's wish to go on with a run. */
export interface WorkflowClaim {
  /** Now, in milliseconds since the epoch. */
  readonly at: number;
  readonly leaseUntil: number;
  /** Also when another worker's lease has not run out. */
  readonly takeOver: boolean;
}

/** Which runs `list` gives: those that fit everything given, the newest first. */
export interface WorkflowFilter {
  readonly workflow?: string | undefined;
  readonly status?: WorkflowStatus | undefined;
  /** At most so many. */
  readonly limit: number;
  /** Only runs made before this one; an unknown id gives none. */
  readonly before?: string | undefined;
}

/**
 * Keeps the runs of workflows. Each method is atomic and, once it has answered, lasting. A store knows no clock: times
 * are given. A failure to read or write throws or rejects, and then nothing has been written.
 */
export interface WorkflowStore {
  /**
   * Records a new run as pending, with fence 1. When the workflow has a run with this idempotency key already, nothing
   * is written, and that one is answered; so is a run with this id.
   */
  create(run: NewWorkflowRun): Awaitable<{ readonly created: boolean; readonly run: WorkflowRecord }>;
  /**
   * Gives a run to a worker: raises the fence, sets the lease and makes the run running, without the error and end that
   * it may have had; unless it is completed, cancelled for good, or another worker's lease lasts. Answers with the run as
   * it stands then.
   */
  claim(
    runId: string,
    request: WorkflowClaim,
  ): Awaitable<{ readonly claimed: boolean; readonly run: WorkflowRecord } | undefined>;
  /**
   * Writes a change of the worker that has the run. Refused when the fence is not the run's (`superseded`), the run was
   * cancelled for good (`cancelled`), or it has ended otherwise since the claim (`finished`).
   * A step recorded as completed is never changed.
   */
  commit(runId: string, fence: number, change: WorkflowChange): Awaitable<CommitAnswer>;
  /** Cancels a run for good unless it is over, and answers with its status then. */
  cancel(runId: string, at: number): Awaitable<WorkflowStatus | undefined>;
  load(runId: string): Awaitable<WorkflowRecord | undefined>;
  list(filter: WorkflowFilter): Awaitable<readonly WorkflowRunHeader[]>;
}

/** A new run as it is recorded. */
export function pendingRun(run: NewWorkflowRun): WorkflowRecord {
  return {
    ...run,
    status: 'pending',
    cancelRequested: false,
    error: null,
    output: null,
    startedAt: null,
    completedAt: null,
    fence: 1,
    steps: [],
    state: [],
  };
}
