import { encodeJson } from '../../foundation/lossless-json.js';
import type { Runtime } from '../../foundation/runtime.js';
import { listNames } from '../../foundation/text/message-text.js';
import { HeldLease } from '../lease.js';
import { RunBusyError, RunMismatchError } from '../run-errors.js';
import type {
  Checkpoint,
  CheckpointChange,
  Lease,
  NodeRecord,
  ParentRun,
  RunRecord,
  RunStatus,
} from './checkpoint-store.js';
import { CheckpointError, GraphPausedError, SecretsMissingError } from './graph-errors.js';
import type { CheckpointSettings } from './graph-options.js';
import { pausesOf, type RunHome, renderPause } from './node-progress.js';
import type { ResumeOptions } from './run-options.js';
import type { State } from './state.js';

/** The checkpoints of one graph. */
export interface GraphCheckpoints extends CheckpointSettings {
  readonly graph: string;
  readonly identity: string;
  readonly runtime: Runtime;
  readonly nodes: { has(name: string): boolean };
  /** Where the graph runs inside another. */
  readonly parent?: ParentRun | undefined;
}

/** A checkpoint with the values of its state. */
export interface LoadedCheckpoint extends Checkpoint {
  readonly data: Readonly<Record<string, unknown>>;
}

/** How far a run has come: the state after `path`, the last node of which is done. */
export interface RunProgress<T extends object> {
  readonly state: State<T>;
  readonly path: readonly string[];
  /** Of the node after it, where a run is resumed. By key, as JSON. */
  readonly records?: ReadonlyMap<string, string> | undefined;
}

/**
 * @param accept whether the graph may have changed since
 * @throws CheckpointError when the store does not have the run; RunMismatchError when it is not one of the graph as it is now
 */
export async function findRun(checkpoints: GraphCheckpoints, runId: string, accept = false): Promise<RunRecord> {
  const { store, graph, identity } = checkpoints;
  const record = requireGraph(checkpoints, await store.find(runId));
  if (!record) {
    const latest = listNames((await store.list({ graph, limit: 5 })).map((run) => run.runId));
    const problem = `graph '${graph}' has no such run in its store; its latest runs: ${latest}`;
    throw new CheckpointError(runId, `${problem}; completed runs are kept only with checkpoints.preserve`);
  }
  if (accept || record.identity === identity) return record;
  const problem = `the nodes, edges or version of graph '${graph}' have changed since it was saved (identity ${record.identity}, now ${identity})`;
  throw new RunMismatchError(runId, `${problem}; resume it with the graph as it was, or pass onMismatch: 'accept'`);
}

/** @throws RunMismatchError when it is a run of another graph */
export function requireGraph({ graph }: GraphCheckpoints, record: RunRecord | undefined): RunRecord | undefined {
  if (!record || record.graph === graph) return record;
  throw new RunMismatchError(record.runId, `this is a run of graph '${record.graph}', not of graph '${graph}'`);
}

/** @throws CheckpointError when the run or the iteration does not exist, or cannot be read; RunMismatchError */
export async function loadCheckpoint(
  checkpoints: GraphCheckpoints,
  runId: string,
  iteration: number | undefined,
  accept = false,
): Promise<LoadedCheckpoint> {
  await findRun(checkpoints, runId, accept);
  const { store } = checkpoints;
  const checkpoint = await store.load(runId, iteration);
  if (checkpoint) return { ...checkpoint, data: decode(runId, checkpoint) };
  const known = listNames((await store.history(runId)).map((one) => String(one.iteration)));
  throw new CheckpointError(runId, `no checkpoint of iteration ${iteration}; known: ${known}`);
}

/** A leased run, and where it continues. */
export interface ClaimedRun {
  readonly lease: Lease;
  readonly checkpoint: LoadedCheckpoint;
  /** Of the node in progress, by key, as JSON. */
  readonly records: ReadonlyMap<string, string>;
}

/**
 * Leases a run and loads the checkpoint from which it is resumed. Whatever can be rejected before the lease is.
 * @throws CheckpointError, RunMismatchError, SecretsMissingError, RunBusyError
 * @throws GraphPausedError when the run waits for an answer, and none is given
 */
export async function claimRun(
  checkpoints: GraphCheckpoints,
  runId: string,
  options: ResumeOptions,
): Promise<ClaimedRun> {
  const { store, runtime, leaseMs, identity } = checkpoints;
  const { from, takeOver = false, secrets = {}, onMismatch } = options;
  const accept = onMismatch === 'accept';
  const load = async () => {
    const checkpoint = await loadCheckpoint(checkpoints, runId, from, accept);
    const given = Object.keys(secrets);
    const missing = checkpoint.secretNames.filter((name) => !given.includes(name));
    if (missing.length > 0) throw new SecretsMissingError(`run ${runId}`, missing, given);
    if (accept) requirePath(checkpoints, runId, checkpoint.path);
    return checkpoint;
  };
  const { iteration } = await load();
  if (from === undefined) requirePause(runId, await store.records(runId, iteration), options);
  const now = runtime.wallTime();
  const until = now + leaseMs;
  const lease = await store.acquire(runId, { now, until, takeOver, identity });
  try {
    if (from !== undefined) await store.rewind(lease, from);
    const checkpoint = await load();
    const found = await store.records(runId, checkpoint.iteration);
    const records = new Map(found.map(({ key, json }) => [key, json]));
    const open = requirePause(runId, found, options);
    if (Object.hasOwn(options, 'value') && open) {
      const json = renderPause({ ...open, value: options.value });
      await store.record(lease, { iteration: checkpoint.iteration, key: open.key, json }, until);
      records.set(open.key, json);
    } else if (open) {
      throw new GraphPausedError(checkpoints.graph, runId, [open]);
    }
    return { lease, checkpoint, records };
  } catch (error) {
    const status = error instanceof GraphPausedError ? 'paused' : 'failed';
    await store.release(lease, status, runtime.wallTime()).catch(() => {});
    throw error;
  }
}

/**
 * The pause that waits for an answer, if any.
 * @throws RunMismatchError when an answer is given, and no node waits for it
 */
function requirePause(runId: string, records: readonly NodeRecord[], options: ResumeOptions) {
  const open = pausesOf(records).find((pause) => !Object.hasOwn(pause, 'value'));
  if (open || !Object.hasOwn(options, 'value')) return open;
  throw new RunMismatchError(runId, 'no node waits for an answer; resume it without value');
}

/** @throws RunMismatchError when the graph no longer has a node of the path */
function requirePath({ graph, nodes }: GraphCheckpoints, runId: string, path: readonly string[]): void {
  const gone = [...new Set(path)].filter((node) => !nodes.has(node));
  if (gone.length === 0) return;
  const names = gone.map((node) => `'${node}'`).join(', ');
  throw new RunMismatchError(runId, `it has passed ${names}, which graph '${graph}' no longer has`);
}

function decode(runId: string, { values, iteration }: Checkpoint): Readonly<Record<string, unknown>> {
  const read = ([key, json]: readonly [string, string]): [string, unknown] => {
    try {
      return [key, JSON.parse(json)];
    } catch (cause) {
      const problem = `the checkpoint of iteration ${iteration} cannot be read: ${key} is not JSON`;
      throw new CheckpointError(runId, problem, { cause });
    }
  };
  return Object.fromEntries(values.map(read));
}

interface SavedState<T extends object> {
  readonly state: State<T>;
  readonly iteration: number;
}

/** Writes the checkpoints of one run: at each, what changed since the one before. */
export class CheckpointWriter<T extends object> {
  private lease: Lease | undefined;
  private readonly held: HeldLease;
  /** What the store holds. */
  private saved: SavedState<T> | undefined;
  private saving: { readonly iteration: number; readonly done: Promise<unknown> } | undefined;

  constructor(
    private readonly checkpoints: GraphCheckpoints,
    onLost: (error: unknown) => void,
  ) {
    const { runtime, leaseMs, store } = checkpoints;
    this.held = new HeldLease({
      runtime,
      leaseMs,
      renew: async () => this.lease && store.renew(this.lease, this.held.extend()),
      isLost: (error) => error instanceof RunBusyError,
      onLost,
    });
  }

  /** Writes the beginning of a new run, or takes up one that the store has. */
  async begin(progress: RunProgress<T>, lease: Lease | undefined): Promise<void> {
    if (lease) this.hold(lease, progress);
    else if (this.checkpoints.interval > 0) await this.create(progress);
  }

  /** Whether the completion of a node must be written. */
  isDue(iteration: number, isExit: boolean): boolean {
    const { interval, preserve } = this.checkpoints;
    return (interval > 0 && iteration % interval === 0) || (isExit && preserve);
  }

  /** Writes the progress unless the store has it. @returns the state, which knows where it was saved */
  async save(progress: RunProgress<T>): Promise<State<T>> {
    if (this.saved?.iteration === progress.path.length) return progress.state;
    const change = this.changeOf(progress);
    if (this.lease) await this.checkpoints.store.append(this.lease, change, this.held.extend());
    else await this.create(progress);
    const state = withoutKeys(progress.state, change.removed).withCheckpointNode(change.node, change.savedAt);
    this.saved = { state, iteration: change.iteration };
    return state;
  }

  /** Whether parts of a node are written as they are done. */
  get keepsParts(): boolean {
    return this.checkpoints.interval > 0;
  }

  /** Keeps a record of the node after the progress, which is written before it. */
  async record(progress: RunProgress<T>, key: string, json: string): Promise<void> {
    await this.ready(progress);
    const record = { iteration: progress.path.length, key, json };
    if (this.lease) await this.checkpoints.store.record(this.lease, record, this.held.extend());
  }

  /** Where the node after the progress, which is written before it, saves a run that it starts. */
  async home(progress: RunProgress<T>): Promise<RunHome> {
    await this.ready(progress);
    const { store, interval, leaseMs } = this.checkpoints;
    // It is needed until the node is saved, and removed with the outer run.
    const checkpoints = { store, interval, leaseMs, preserve: true };
    return { checkpoints, parent: { runId: progress.state.runId, iteration: progress.path.length } };
  }

  /** Removes the run, or, with `preserve`, marks it as completed. */
  async finish(): Promise<void> {
    if (this.checkpoints.preserve) return this.release('completed');
    this.close();
    if (this.lease) await this.checkpoints.store.remove(this.lease);
    this.lease = undefined;
  }

  /** Releases the run, so that it can be resumed. */
  async release(status: RunStatus): Promise<void> {
    const { store, runtime } = this.checkpoints;
    this.close();
    if (this.lease) await store.release(this.lease, status, runtime.wallTime());
    this.lease = undefined;
  }

  /** Stops the renewal of the lease. Must be called, in a `finally`. */
  close(): void {
    this.held.stop();
  }

  /** Writes the progress once, however many parts of the node need it. */
  private async ready(progress: RunProgress<T>): Promise<void> {
    const iteration = progress.path.length;
    if (this.saved?.iteration === iteration) return;
    if (this.saving?.iteration !== iteration) this.saving = { iteration, done: this.save(progress) };
    await this.saving.done;
  }

  private async create(progress: RunProgress<T>): Promise<void> {
    const { store, graph, identity, parent } = this.checkpoints;
    const { runId } = progress.state;
    const first = this.changeOf(progress);
    this.hold(await store.create({ runId, graph, identity, first, leasedUntil: this.held.extend(), parent }), progress);
  }

  private hold(lease: Lease, { state, path }: RunProgress<T>): void {
    this.saved = { state, iteration: path.length };
    this.lease = lease;
    this.held.start();
  }

  private changeOf({ state, path }: RunProgress<T>): CheckpointChange {
    return describeChange(state, path, this.saved, this.checkpoints.runtime.wallTime());
  }
}

/** A state as it is read again: a key that was set to undefined is absent. */
function withoutKeys<T extends object>(state: State<T>, removed: readonly string[]): State<T> {
  return removed.reduce((left, key) => (left.has(key) ? left.delete(key as never) : left), state);
}

/**
 * What must be written for a state, after what was saved before.
 * @throws CheckpointError for a value that JSON loses or changes
 */
export function describeChange<T extends object>(
  state: State<T>,
  path: readonly string[],
  saved: SavedState<T> | undefined,
  savedAt: number,
): CheckpointChange {
  const changes = state.changesSince(saved?.state);
  // JSON has no undefined: a property that is undefined is absent, in a state as in a value inside it.
  const set = changes.set.filter(([, value]) => value !== undefined);
  const gone = changes.set.filter(([, value]) => value === undefined).map(([key]) => key);
  const removed = [...changes.removed, ...gone];
  const node = path.at(-1) ?? null;
  const encode = ([key, value]: readonly [string, unknown]): [string, string] => {
    const json = encodeJson(value);
    if (typeof json === 'string') return [key, json];
    const place = node === null ? 'the initial state' : `the state after node '${node}'`;
    const where = json.path === '' ? key : `${key}.${json.path}`;
    throw new CheckpointError(state.runId, `${place}: ${where} is ${json.found}, which JSON cannot represent`);
  };
  const visited = path.slice(saved?.iteration ?? 0);
  const secretNames = state.secretNames();
  return { iteration: path.length, node, visited, set: set.map(encode), removed, secretNames, savedAt };
}
