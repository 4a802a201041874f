import type { Awaitable } from '../awaitable.js';

/** The status of a run. `pending`: recorded, no step has begun. `paused`: a step waits for a person's answer. `dead`: its
 * process ended too often without progress. */
export type WorkflowStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'dead';

/** The status of a step. `retrying`: an attempt failed, and another follows. */
export type StepStatus = Exclude<WorkflowStatus, 'dead'> | 'retrying' | 'skipped';

/** A failure as it is recorded. */
export interface RecordedFailure {
  readonly name: string;
  readonly message: string;
  /** Its code, where it has one. */
  readonly code: string | null;
}

/** A new run. Values are JSON texts, null if there is none; times are milliseconds since the epoch. */
export interface NewWorkflowRun {
  readonly runId: string;
  readonly workflow: string;
  /** The structure of the workflow: a run is resumed only with the same one. */
  readonly shape: string;
  /** At most one run of a workflow has a given key. */
  readonly idempotencyKey: string | null;
  readonly input: string | null;
  readonly createdAt: number;
  /** When the lease of the worker that creates it ends. */
  readonly leaseUntil: number;
}

/** A run without its values, as a store lists it. */
export interface RunHeaderRecord {
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
  /** By step, item and number; those with an answer too. */
  readonly pauses: readonly PauseRecord[];
}

/** One pause of a step: what it asks, and the answer when there is one. */
export interface PauseRecord {
  readonly step: string;
  /** 0-based position of the item of a map step; null in another step. */
  readonly item: number | null;
  /** 1-based among the pauses of this step or item. */
  readonly number: number;
  readonly reason: string;
  readonly payload: string | null;
  readonly pausedAt: number;
  /** The answer; null also if the answer is undefined. */
  readonly value: string | null;
  /** Null while it waits for an answer. */
  readonly answeredAt: number | null;
}

/** A pause with its values decoded. */
export interface WorkflowPause extends Omit<PauseRecord, 'payload' | 'value'> {
  readonly payload: unknown;
  /** The answer; undefined while `answeredAt` is null. */
  readonly value: unknown;
}

/** The answer to a pause that waits for one. */
export interface PauseAnswer extends Pick<PauseRecord, 'step' | 'item' | 'number'> {
  readonly value: string | null;
}

/** The record of a step. Steps that have not begun have none. */
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

/** A run with everything that a worker needs to resume it. */
export interface WorkflowRecord extends RunHeaderRecord {
  readonly shape: string;
  readonly input: string | null;
  readonly output: string | null;
  /** The fencing token: counts the workers that had this run, from 1. Only writes of the latest worker are accepted. */
  readonly fence: number;
  readonly leaseUntil: number;
  /** In the order in which the steps began. */
  readonly steps: readonly StepRecord[];
  readonly state: readonly WorkflowStateEntry[];
  /** Those of each step by position. */
  readonly items: readonly ItemRecord[];
}

/** One value that the steps of a run share; null removes it. */
export interface WorkflowStateEntry {
  readonly key: string;
  readonly value: string | null;
}

/** Changes of the run itself. Absent keys stay as they are. */
export interface WorkflowRunChange {
  readonly status: WorkflowStatus;
  readonly output?: string | null;
  readonly error?: RecordedFailure;
  readonly startedAt?: number;
  readonly completedAt?: number;
}

/** Position of the list itself among the items of a map step. */
export const listItem = -1;

/** The result of one item of a map step, kept until the step has completed. */
export interface ItemRecord {
  readonly step: string;
  /** 0-based position in the list; `listItem` for the list itself. */
  readonly item: number;
  readonly value: string | null;
}

/** What is written atomically. */
export interface WorkflowChange {
  readonly run?: WorkflowRunChange | undefined;
  readonly steps?: readonly StepRecord[] | undefined;
  readonly state?: readonly WorkflowStateEntry[] | undefined;
  readonly items?: readonly ItemRecord[] | undefined;
  readonly pauses?: readonly PauseRecord[] | undefined;
  /** A step whose items are no longer needed. */
  readonly dropItems?: string | undefined;
  readonly leaseUntil?: number | undefined;
}

/** Whether a change was written, or why not: another worker has the run, it has ended, or it does not exist. */
export type CommitAnswer = 'committed' | 'superseded' | 'cancelled' | 'finished' | 'unknown';

/** The request of a worker for a run. */
export interface WorkflowClaim {
  /** Now, in milliseconds since the epoch. */
  readonly at: number;
  readonly leaseUntil: number;
  /** Also when the lease of another worker has not ended. */
  readonly takeOver: boolean;
  /**
   * How many workers in a row may have had the run without progress: a further claim of it makes it `dead`.
   * @default any number
   */
  readonly maxStarts?: number | undefined;
  /** Only makes the run dead, where `maxStarts` says so: it is not claimed. @default false */
  readonly deadOnly?: boolean | undefined;
  /** Is recorded with the claim. A paused run is not claimed without the answer to one of its pauses. */
  readonly answer?: PauseAnswer | undefined;
}

/** The filter of `list`. */
export interface WorkflowFilter {
  readonly workflow?: string | undefined;
  readonly status?: WorkflowStatus | undefined;
  /** The maximum number. */
  readonly limit: number;
  /** Only runs made before this one; an unknown id gives none. */
  readonly before?: string | undefined;
}

/** Which runs `prune` deletes. */
export interface WorkflowPruneFilter {
  readonly workflow?: string | undefined;
  readonly statuses: readonly WorkflowStatus[];
  /** Runs that ended earlier, or that have not ended and began earlier, in milliseconds since the epoch. */
  readonly before: number;
  /** Now: a pending or running run whose lease has not ended stays. */
  readonly at: number;
}

/**
 * Keeps the runs of workflows. Each method is atomic, and durable when it returns. Times are arguments. After an error
 * nothing has been written.
 */
export interface WorkflowStore {
  /**
   * Records a new run as pending, with a fence above those of deleted runs, from 1. When the workflow already has a run with this idempotency key, or the
   * store one with this id, nothing is written, and that run is returned.
   */
  create(run: NewWorkflowRun): Awaitable<{ readonly created: boolean; readonly run: WorkflowRecord }>;
  /**
   * Gives a run to a worker: raises the fence, sets the lease and the status `running`, and removes error and end. Not
   * when the run is completed, cancelled for good, or leased to another worker, when it is paused and there is no answer, or
   * when the answered pause does not wait for one. It counts the workers that had the run: from 1 again when the run had ended or
   * was paused, or a step or item has been recorded since the claim before. Returns the run as it is afterwards.
   */
  claim(
    runId: string,
    request: WorkflowClaim,
  ): Awaitable<{ readonly claimed: boolean; readonly run: WorkflowRecord } | undefined>;
  /**
   * Writes a change of the worker that has the run. Rejected when the fence is not that of the run (`superseded`), the
   * run was cancelled for good (`cancelled`), or it has ended otherwise since the claim (`finished`). A completed step
   * and a recorded item never change.
   */
  commit(runId: string, fence: number, change: WorkflowChange): Awaitable<CommitAnswer>;
  /** Cancels a run for good unless it has ended, and returns its status afterwards. */
  cancel(runId: string, at: number): Awaitable<WorkflowStatus | undefined>;
  /**
   * Deletes a run with all its values, unless a worker has it: `leased`, if it is pending or running and its lease has not
   * ended. Its id and key are free then.
   */
  delete(runId: string, at: number): Awaitable<'deleted' | 'leased' | 'unknown'>;
  /** Deletes the runs that fit. @returns their number */
  prune(filter: WorkflowPruneFilter): Awaitable<number>;
  load(runId: string): Awaitable<WorkflowRecord | undefined>;
  list(filter: WorkflowFilter): Awaitable<readonly RunHeaderRecord[]>;
}

/** Why a run is dead. */
export function deathOf(starts: number): RecordedFailure {
  const times = starts === 1 ? 'once' : `${starts} times`;
  return { name: 'WorkflowError', code: 'CHORALE_WORKFLOW', message: `its process ended ${times} without progress` };
}

/** A new run as it is recorded. */
export function pendingRun(run: NewWorkflowRun, fence = 1): WorkflowRecord {
  return {
    ...run,
    status: 'pending',
    cancelRequested: false,
    error: null,
    output: null,
    startedAt: null,
    completedAt: null,
    fence,
    steps: [],
    state: [],
    items: [],
    pauses: [],
  };
}
