import type { Runtime } from '../../foundation/runtime.js';
import type { CheckpointChange, Lease, RunStatus } from './checkpoint-store.js';
import { encodeValue } from './encode-value.js';
import { CheckpointError, type LeaseError } from './graph-errors.js';
import type { CheckpointSettings } from './graph-options.js';
import { keepLease } from './keep-lease.js';
import type { State } from './state.js';

/** Where and how often a recorder writes, and for whom. */
export interface RecorderSettings extends CheckpointSettings {
  readonly graph: string;
  readonly identity: string;
  readonly runtime: Runtime;
}

/** How far a run has come: the state after `path`, the last node of which is done. */
export interface Progress<T extends object> {
  readonly state: State<T>;
  readonly path: readonly string[];
}

/** Writes the checkpoints of one run: at each, what changed since the one before. */
export class Recorder<T extends object> {
  private lease: Lease | undefined;
  /** What the store holds. */
  private saved: { readonly state: State<T>; readonly iteration: number } | undefined;
  private stopRenewing = () => {};

  constructor(
    private readonly settings: RecorderSettings,
    private readonly onLost: (error: LeaseError) => void,
  ) {}

  /** Writes how a new run begins, unless checkpoints are kept of failures only. */
  async begin(progress: Progress<T>): Promise<void> {
    if (this.settings.interval > 0) await this.create(progress);
  }

  /** Goes on with a run that is in the store. */
  continueFrom(lease: Lease, progress: Progress<T>): void {
    this.saved = { state: progress.state, iteration: progress.path.length };
    this.hold(lease);
  }

  /** Whether the completion of a node is to be written. */
  isDue(iteration: number, isExit: boolean): boolean {
    const { interval, preserve } = this.settings;
    if (interval > 0 && iteration % interval === 0) return true;
    return isExit && preserve;
  }

  /** Writes how far the run has come, unless the store has it already; gives the state that knows where it was saved. */
  async save(progress: Progress<T>): Promise<State<T>> {
    if (this.saved?.iteration === progress.path.length) return progress.state;
    const change = this.changeOf(progress);
    if (this.lease) await this.settings.store.append(this.lease, change, this.leaseEnd());
    else await this.create(progress);
    const state = progress.state.withCheckpointNode(change.node, change.savedAt);
    this.saved = { state, iteration: change.iteration };
    return state;
  }

  /** Removes the run, or, with `preserve`, marks it as completed. */
  async finish(): Promise<void> {
    if (!this.lease) return;
    this.stopRenewing();
    if (this.settings.preserve) await this.release('completed');
    else await this.settings.store.remove(this.lease);
    this.lease = undefined;
  }

  /** Gives the run free for whoever resumes it. */
  async release(status: RunStatus): Promise<void> {
    if (!this.lease) return;
    this.stopRenewing();
    await this.settings.store.release(this.lease, status, this.settings.runtime.wallTime());
    this.lease = undefined;
  }

  /** Stops the timer; to be called on every path. */
  close(): void {
    this.stopRenewing();
  }

  private async create(progress: Progress<T>): Promise<void> {
    const { store, graph, identity } = this.settings;
    const first = this.changeOf(progress);
    const { runId } = progress.state;
    this.hold(await store.create({ runId, graph, identity, first, leasedUntil: this.leaseEnd() }));
    this.saved = { state: progress.state, iteration: first.iteration };
  }

  private hold(lease: Lease): void {
    const { runtime, leaseMs, store } = this.settings;
    this.lease = lease;
    this.stopRenewing = keepLease(runtime, leaseMs / 3, () => store.renew(lease, this.leaseEnd()), this.onLost);
  }

  private leaseEnd(): number {
    return this.settings.runtime.wallTime() + this.settings.leaseMs;
  }

  private changeOf({ state, path }: Progress<T>): CheckpointChange {
    return describeChange(state, path, this.saved, this.settings.runtime.wallTime());
  }
}

/**
 * What has to be written for a state, after what was saved before.
 * @throws CheckpointError for a value that JSON cannot hold
 */
export function describeChange<T extends object>(
  state: State<T>,
  path: readonly string[],
  saved: { readonly state: State<T>; readonly iteration: number } | undefined,
  savedAt: number,
): CheckpointChange {
  const { set, removed } = state.changesSince(saved?.state);
  const node = path.at(-1) ?? null;
  return {
    iteration: path.length,
    node,
    visited: path.slice(saved?.iteration ?? 0),
    set: set.map(([key, value]) => {
      const json = encodeValue(value);
      if (typeof json === 'string') return [key, json];
      const place = node === null ? 'the initial state' : `the state after node '${node}'`;
      throw new CheckpointError(state.runId, `${place}: ${key}${json.place} is ${json.found}, which JSON cannot hold`);
    }),
    removed,
    secretNames: state.secretNames(),
    savedAt,
  };
}
