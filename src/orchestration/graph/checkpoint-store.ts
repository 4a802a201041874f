/** What became of a run. `pending`: it was forked, and nobody has resumed it yet. */
export type RunStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

/**
 * The right to write to a run. Every lease of a run has a higher token than those before, also those of a run of the same
 * id that was removed since; writes with another than the latest are refused, so that a worker that was thought dead
 * cannot overwrite what its successor wrote.
 */
export interface Lease {
  readonly runId: string;
  readonly token: number;
}

/** One checkpoint as it is written: what changed since the one before it. Values are JSON texts. */
export interface CheckpointChange {
  /** Number of nodes that were done; it grows from one checkpoint of a run to the next. */
  readonly iteration: number;
  /** The node that was done last; null before the first. */
  readonly node: string | null;
  /** The nodes that were done since the checkpoint before, in order. */
  readonly visited: readonly string[];
  readonly set: readonly (readonly [key: string, json: string])[];
  readonly removed: readonly string[];
  /** The names, never the values. */
  readonly secretNames: readonly string[];
  /** Milliseconds since the epoch. */
  readonly savedAt: number;
}

/** One checkpoint as it is read: the whole state. Values are JSON texts. */
export interface Checkpoint {
  readonly iteration: number;
  readonly node: string | null;
  /** All nodes that were done by then, in order. */
  readonly path: readonly string[];
  /** In the order in which the keys first came. */
  readonly values: readonly (readonly [key: string, json: string])[];
  readonly secretNames: readonly string[];
  readonly savedAt: number;
}

/** One line of a run's history. */
export type CheckpointSummary = Pick<Checkpoint, 'iteration' | 'node' | 'savedAt'>;

/** A run as it is begun. */
export interface NewRun {
  readonly runId: string;
  readonly graph: string;
  /** Differs when the graph differs. */
  readonly identity: string;
  readonly first: CheckpointChange;
  /** When the lease ends unless it is renewed: milliseconds since the epoch. */
  readonly leasedUntil: number;
}

/** A run as it is listed. Times are in milliseconds since the epoch. */
export interface RunRecord {
  readonly runId: string;
  readonly graph: string;
  readonly identity: string;
  readonly status: RunStatus;
  /** Of the latest checkpoint. */
  readonly iteration: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** 0 where nobody has it. */
  readonly leasedUntil: number;
}

/** Which runs are listed. */
export interface RunFilter {
  readonly graph?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

/** The wish for a lease. Times are in milliseconds since the epoch. */
export interface Claim {
  readonly now: number;
  readonly until: number;
  /** Takes the run also from a worker whose lease has not ended. */
  readonly takeOver: boolean;
}

/**
 * Where graphs keep their checkpoints. Each call is all or nothing, and what it wrote is kept when its promise resolves.
 * Write cost grows with the change, not with the state. `checkpointStoreContract` of `chorale/testing` is the suite
 * that every implementation keeps.
 */
export interface CheckpointStore {
  /** Begins a run, and leases it. @throws CheckpointError when there is one of this id */
  create(run: NewRun): Promise<Lease>;
  /**
   * Leases a run and marks it as running.
   * @throws LeaseError when somebody else has it, CheckpointError when there is none of this id
   */
  acquire(runId: string, claim: Claim): Promise<Lease>;
  /** Moves the end of a lease. @throws LeaseError when it is no longer held */
  renew(lease: Lease, until: number): Promise<void>;
  /** Adds a checkpoint and renews the lease. @throws LeaseError when it is no longer held */
  append(lease: Lease, change: CheckpointChange, until: number): Promise<void>;
  /** Drops the checkpoints after an iteration. @throws LeaseError when the lease is no longer held */
  rewind(lease: Lease, iteration: number): Promise<void>;
  /** Gives the run free with its new status. @throws LeaseError when the lease is no longer held */
  release(lease: Lease, status: RunStatus, now: number): Promise<void>;
  /** Removes the run with its history. @throws LeaseError when the lease is no longer held */
  remove(lease: Lease): Promise<void>;
  find(runId: string): Promise<RunRecord | undefined>;
  /** The checkpoint of an iteration, or the latest. */
  load(runId: string, iteration?: number): Promise<Checkpoint | undefined>;
  /** All checkpoints of a run, the first first. */
  history(runId: string): Promise<CheckpointSummary[]>;
  /** Runs, the newest first. */
  list(filter?: RunFilter): Promise<RunRecord[]>;
}
