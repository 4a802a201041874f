import { listNames } from '../../foundation/errors/message-text.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Checkpoint, CheckpointStore, Lease, RunRecord } from './checkpoint-store.js';
import { CheckpointError, SecretsMissingError } from './graph-errors.js';

/** Whose runs, and how they are leased. */
export interface SavedRunsSettings {
  readonly store: CheckpointStore;
  readonly leaseMs: number;
  readonly graph: string;
  readonly identity: string;
  readonly runtime: Runtime;
}

/** A checkpoint with the values of its state. */
export interface LoadedCheckpoint extends Checkpoint {
  readonly data: Readonly<Record<string, unknown>>;
}

/** The runs of one graph in its store. */
export class SavedRuns {
  constructor(private readonly settings: SavedRunsSettings) {}

  /** @throws CheckpointError when it is not there, or is not a run of this graph as it is now */
  async find(runId: string): Promise<RunRecord> {
    const { store, graph, identity } = this.settings;
    const record = await store.find(runId);
    if (!record) {
      const known = (await store.list({ graph, limit: 5 })).map((run) => run.runId);
      throw new CheckpointError(
        runId,
        `graph '${graph}' has no such run in its store; ${listed('its latest runs', known)}; completed ones are kept only with checkpoints.preserve`,
      );
    }
    if (record.graph !== graph) {
      throw new CheckpointError(runId, `this is a run of graph '${record.graph}', not of graph '${graph}'`);
    }
    if (record.identity !== identity) {
      const problem = `the nodes, edges or version of graph '${graph}' have changed since it was saved (identity ${record.identity}, now ${identity})`;
      throw new CheckpointError(runId, `${problem}; resume it with the graph as it was`);
    }
    return record;
  }

  /** @throws CheckpointError when the run or the iteration is not there, or cannot be read */
  async load(runId: string, iteration: number | undefined): Promise<LoadedCheckpoint> {
    await this.find(runId);
    const { store } = this.settings;
    const checkpoint = await store.load(runId, iteration);
    if (checkpoint) return { ...checkpoint, data: decode(runId, checkpoint) };
    const known = (await store.history(runId)).map((one) => String(one.iteration));
    throw new CheckpointError(runId, `there is no checkpoint of iteration ${iteration}; ${listed('there are', known)}`);
  }

  /**
   * Leases a run and loads the checkpoint from which it goes on. What can be refused is refused before the lease.
   * @throws CheckpointError, SecretsMissingError, LeaseError
   */
  async claim(
    runId: string,
    from: number | undefined,
    takeOver: boolean,
    given: readonly string[],
  ): Promise<{ readonly lease: Lease; readonly checkpoint: LoadedCheckpoint }> {
    const { store, runtime, leaseMs } = this.settings;
    requireSecrets(runId, (await this.load(runId, from)).secretNames, given);
    const now = runtime.wallTime();
    const lease = await store.acquire(runId, { now, until: now + leaseMs, takeOver });
    try {
      if (from !== undefined) await store.rewind(lease, from);
      const checkpoint = await this.load(runId, from);
      requireSecrets(runId, checkpoint.secretNames, given);
      return { lease, checkpoint };
    } catch (error) {
      await store.release(lease, 'failed', runtime.wallTime()).catch(() => {});
      throw error;
    }
  }
}

function decode(runId: string, { values, iteration }: Checkpoint): Readonly<Record<string, unknown>> {
  const read = ([key, json]: readonly [string, string]): [string, unknown] => {
    try {
      return [key, JSON.parse(json)];
    } catch (cause) {
      const problem = `the checkpoint of iteration ${iteration} cannot be read: ${key} is no JSON`;
      throw new CheckpointError(runId, problem, { cause });
    }
  };
  return Object.fromEntries(values.map(read));
}

function requireSecrets(runId: string, needed: readonly string[], given: readonly string[]): void {
  const missing = needed.filter((name) => !given.includes(name));
  if (missing.length > 0) throw new SecretsMissingError(`run ${runId}`, missing, given);
}

function listed(what: string, names: readonly string[]): string {
  return `${what}: ${listNames(names)}`;
}
