/** The status of a run. `pending`: it was forked, and not resumed yet. `paused`: a node waits for a person's answer. */
export type RunStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

/**
 * The right to write to a run, with its fencing token. Every lease of a run has a higher token than those before it, also
 * those of a removed run with the same id. Writes with an older token are rejected, so that a worker that was thought dead
 * cannot overwrite what its successor wrote.
 */
export interface Lease {
  readonly runId: string;
  readonly token: number;
}

/** A checkpoint as it is written: the changes since the one before it. Values are JSON texts. */
export interface CheckpointChange {
  /** Number of nodes that are done; higher than that of the checkpoint before. */
  readonly iteration: number;
  /** The last node that is done; null before the first. */
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

/** A checkpoint as it is read: the whole state. Values are JSON texts. */
export interface Checkpoint {
  readonly iteration: number;
  readonly node: string | null;
  /** All nodes that are done, in order. */
  readonly path: readonly string[];
  /** In the order in which the keys were first set. */
  readonly values: readonly (readonly [key: string, json: string])[];
  readonly secretNames: readonly string[];
  readonly savedAt: number;
}

/** An entry of the history of a run. */
export type CheckpointSummary = Pick<Checkpoint, 'iteration' | 'node' | 'savedAt'>;

/** What the node in progress has done already: a part of its work, or an answer that it was given. */
export interface NodeRecord {
  /** Number of nodes that were done before that node. */
  readonly iteration: number;
  readonly key: string;
  readonly json: string;
}

/** Where a run belongs that a node of another run has started. */
export interface ParentRun {
  readonly runId: string;
  /** Number of nodes that were done before that node. */
  readonly iteration: number;
}

/** A run as it is created. */
export interface NewRun {
  readonly runId: string;
  readonly graph: string;
  /** Differs between different graphs. */
  readonly identity: string;
  readonly first: CheckpointChange;
  /** When the lease ends unless it is renewed: milliseconds since the epoch. */
  readonly leasedUntil: number;
  /** The run that has started it. It is removed together with that. @default none */
  readonly parent?: ParentRun | undefined;
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
  /** 0 if no worker has the run. */
  readonly leasedUntil: number;
  /** The id of the run that has started it, if any. */
  readonly parent: string | null;
}

/** The filter of `list`. */
export interface RunFilter {
  readonly graph?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** The run whose children are listed. @default runs that no other run has started */
  readonly parent?: string | undefined;
  /** @default 100 */
  readonly limit?: number | undefined;
}

/** Which runs `prune` deletes. Times are in milliseconds since the epoch. */
export interface PruneFilter {
  readonly graph?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** Runs that have not changed since. */
  readonly updatedBefore: number;
  /** Runs whose lease has not ended are kept. */
  readonly now: number;
}

/** A request for a lease. Times are in milliseconds since the epoch. */
export interface Claim {
  readonly now: number;
  readonly until: number;
  /** Takes the run also from a worker whose lease has not ended. */
  readonly takeOver: boolean;
  /** The identity that the run has from now on. @default as before */
  readonly identity?: string | undefined;
}

/**
 * Keeps the checkpoints of graphs. Each call is atomic, and durable when its promise resolves. The cost of a write grows
 * with the change, not with the state. `checkpointStoreContract` of `chorale/testing` tests an implementation.
 */
export interface CheckpointStore {
  /** Creates a run, and leases it. @throws CheckpointError when this id exists already */
  create(run: NewRun): Promise<Lease>;
  /**
   * Leases a run and marks it as running.
   * @throws RunBusyError when another worker has it, CheckpointError when the id is unknown
   */
  acquire(runId: string, claim: Claim): Promise<Lease>;
  /** Moves the end of a lease. @throws RunBusyError if the lease is no longer held */
  renew(lease: Lease, until: number): Promise<void>;
  /** Adds a checkpoint and renews the lease. @throws RunBusyError if the lease is no longer held */
  append(lease: Lease, change: CheckpointChange, until: number): Promise<void>;
  /**
   * Keeps a record of the node in progress, in place of one with the same key, and renews the lease.
   * @throws RunBusyError if the lease is no longer held, CheckpointError if the iteration is not that of the latest checkpoint
   */
  record(lease: Lease, record: NodeRecord, until: number): Promise<void>;
  /**
   * Drops the checkpoints after an iteration, and the records and children of the nodes after it.
   * @throws RunBusyError when the lease is no longer held
   */
  rewind(lease: Lease, iteration: number): Promise<void>;
  /** Ends the lease, with a new status of the run. @throws RunBusyError when the lease is no longer held */
  release(lease: Lease, status: RunStatus, now: number): Promise<void>;
  /** Removes the run with its history and its children. @throws RunBusyError when the lease is no longer held */
  remove(lease: Lease): Promise<void>;
  /**
   * Deletes a run that no worker has, with its history and its children.
   * @returns whether it was there
   * @throws RunBusyError when its lease has not ended
   */
  delete(runId: string, now: number): Promise<boolean>;
  /** Deletes the runs that fit, except children of other runs. @returns their number */
  prune(filter: PruneFilter): Promise<number>;
  find(runId: string): Promise<RunRecord | undefined>;
  /** The checkpoint of an iteration, or the latest. */
  load(runId: string, iteration?: number): Promise<Checkpoint | undefined>;
  /** All checkpoints of a run, the first first. */
  history(runId: string): Promise<CheckpointSummary[]>;
  /** The records of a run, by iteration and key; those of one iteration if it is given. */
  records(runId: string, iteration?: number): Promise<NodeRecord[]>;
  /** Runs, the newest first. */
  list(filter?: RunFilter): Promise<RunRecord[]>;
}
