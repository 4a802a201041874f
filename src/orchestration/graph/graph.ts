import { linkAbort } from '../../foundation/abort.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { noopObserver, type Observer } from '../../foundation/events/event.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import { createId } from '../../foundation/ids.js';
import { requireKnown } from '../../foundation/known-options.js';
import { requireFunction, requireText } from '../require-option.js';
import { disown } from '../unhandled-rejections.js';
import type { CheckpointSummary, ParentRun } from './checkpoint-store.js';
import { renderGraph } from './graph-chart.js';
import type { GraphSettings } from './graph-options.js';
import { type GraphResult, GraphRun } from './graph-run.js';
import { type GraphShape, graphIdentity } from './graph-shape.js';
import { type GraphStream, streamRun } from './graph-stream.js';
import type { OnUpdate } from './graph-update.js';
import { pausesOf, type RecordedPause, type RunHome } from './node-progress.js';
import {
  CheckpointWriter,
  type ClaimedRun,
  claimRun,
  describeChange,
  findRun,
  type GraphCheckpoints,
  type LoadedCheckpoint,
  loadCheckpoint,
  requireGraph,
} from './run-checkpoints.js';
import {
  type ForkOptions,
  forkOptions,
  type PruneOptions,
  pruneFilters,
  type ResumeOptions,
  type RunOptions,
  requireIteration,
  requireResumeOptions,
  requireRunOptions,
} from './run-options.js';
import { State } from './state.js';

/** A checkpoint of a run. */
export interface RunHistoryEntry extends CheckpointSummary {
  /** Of the node that follows; absent if it has not paused. */
  readonly pauses?: readonly RecordedPause[];
}

/** How a run is continued, and who follows it. */
interface Execution<T extends object> extends Partial<Pick<ClaimedRun, 'lease' | 'records'>> {
  readonly onUpdate?: OnUpdate<T>;
}

/** A graph that can run any number of times, also in parallel. Made by `StateGraph.compile()`. */
export class Graph<T extends object = Record<string, unknown>> {
  readonly name: string;
  private readonly emit: Emit | undefined;
  private readonly saved: GraphCheckpoints | undefined;

  /** @internal */
  constructor(
    private readonly shape: GraphShape<T>,
    private readonly settings: GraphSettings,
    /** The warnings of `compile`. */
    readonly warnings: readonly string[],
    parent?: ParentRun,
  ) {
    const { observer, runtime, checkpoints, version } = settings;
    this.name = shape.name;
    this.emit = createEmit(observer, shape.name, () => runtime.wallTime());
    const identity = graphIdentity(shape, version);
    this.saved = checkpoints && { ...checkpoints, graph: shape.name, identity, runtime, nodes: shape.nodes, parent };
  }

  /**
   * Runs from the entry point until an exit point is done.
   *
   * @param initial a state, or the data of a new one
   * @throws ExecutionError when a node or a predicate failed, or a completion could not be written
   * @throws RouteError when no edge was true, StepLimitError after `maxIterations` nodes
   * @throws GraphCancelledError when `signal` stopped it, GraphPausedError when a node waits for a person
   * @throws CheckpointError before any work when the store has a run of this id, RunBusyError when another worker took over
   * @throws InvalidOptionError before any work
   */
  async run(initial: State<T> | T, options: RunOptions = {}): Promise<GraphResult<T>> {
    requireRunOptions('run', options);
    return this.execute(this.begin(initial), [], options);
  }

  /**
   * Runs as `run` does, and gives an update after each node. The run begins with the first `next()`, and each node waits
   * until the reader asks for its update. Leaving the loop stops the run, and waits for the node in flight.
   *
   * The stream throws what `run` rejects with, after all updates.
   *
   * @throws InvalidOptionError at the call
   *
   * @example
   * for await (const { node, changes } of graph.stream({ count: 0 })) console.log(node, changes);
   */
  stream(initial: State<T> | T, options: RunOptions = {}): GraphStream<T> {
    requireRunOptions('stream', options);
    const state = this.begin(initial);
    return streamRun(
      (signal, onUpdate) => this.execute(state, [], { ...options, signal }, { onUpdate }),
      options.signal,
    );
  }

  /**
   * Continues a saved run: after the node that was done last, or after that of an earlier iteration.
   *
   * @throws CheckpointError when the run or the iteration is not in the store
   * @throws RunMismatchError when it is a run of another graph, or the graph has changed since; with `onMismatch: 'accept'`, when
   * the graph no longer has a node that the run has passed
   * @throws RunMismatchError when a `value` is given, and no node waits for it
   * @throws GraphPausedError when the run waits for a person, and no `value` is given; nothing runs then
   * @throws SecretsMissingError when the run had secrets that are not given again
   * @throws RunBusyError when another worker has it
   * @throws as `run` does
   */
  async resume(runId: string, options: ResumeOptions = {}): Promise<GraphResult<T>> {
    requireResumeOptions(options);
    requireText('runId', runId);
    const { lease, checkpoint, records } = await claimRun(this.checkpoints(), runId, options);
    return this.execute(this.restore(runId, checkpoint), checkpoint.path, options, { lease, records });
  }

  /**
   * Begins a new run with the state of a saved one, which stays as it is. `resume` runs it.
   * @returns the id of the new run
   * @throws CheckpointError when the run or the iteration is not in the store, or the new id is taken; RunMismatchError as
   * `resume`
   */
  async fork(runId: string, options: ForkOptions<T> = {}): Promise<string> {
    const { runtime } = this.settings;
    requireKnown('fork', options, forkOptions);
    const { from, runId: forkId = createId(runtime), update = (state: State<T>) => state } = options;
    requireText('runId', forkId);
    requireIteration('from', from);
    requireFunction('update', update);
    const { store, leaseMs, graph, identity } = this.checkpoints();
    const checkpoint = await loadCheckpoint(this.checkpoints(), runId, from);
    const saved = this.restore(runId, checkpoint, forkId);
    const now = runtime.wallTime();
    const changed: unknown = update(saved);
    if (!(changed instanceof State)) {
      disown(changed);
      throw new InvalidOptionError('update', 'a function that returns a State', changed);
    }
    const change = describeChange(saved.continuedBy(changed), checkpoint.path, undefined, now);
    const secretNames = [...new Set([...checkpoint.secretNames, ...change.secretNames])];
    const first = { ...change, secretNames };
    const lease = await store.create({ runId: forkId, graph, identity, first, leasedUntil: now + leaseMs });
    await store.release(lease, 'pending', now);
    return forkId;
  }

  /** The checkpoints of a run, the first first. @throws CheckpointError when it is not in the store, RunMismatchError */
  async history(runId: string): Promise<RunHistoryEntry[]> {
    const { store } = this.checkpoints();
    await findRun(this.checkpoints(), runId);
    const records = await store.records(runId);
    return (await store.history(runId)).map((entry) => {
      const pauses = pausesOf(records.filter(({ iteration }) => iteration === entry.iteration));
      return pauses.length === 0 ? entry : { ...entry, pauses: pauses.map(({ key: _, ...pause }) => pause) };
    });
  }

  /** The state that a run had, without its secrets. @throws CheckpointError when it is not in the store, RunMismatchError */
  async stateAt(runId: string, iteration?: number): Promise<State<T>> {
    requireIteration('iteration', iteration);
    return this.restore(runId, await loadCheckpoint(this.checkpoints(), runId, iteration));
  }

  /**
   * Deletes a run with its history.
   * @returns whether it was in the store
   * @throws RunBusyError when a worker has it, RunMismatchError when it is a run of another graph
   */
  async delete(runId: string): Promise<boolean> {
    requireText('runId', runId);
    const { store, runtime } = this.checkpoints();
    requireGraph(this.checkpoints(), await store.find(runId));
    return store.delete(runId, runtime.wallTime());
  }

  /**
   * Deletes the runs of this graph that have a status, or have not changed for some time. A run that a worker has stays.
   * @returns their number
   * @throws InvalidOptionError
   */
  async prune(options: PruneOptions): Promise<number> {
    const { store, runtime } = this.checkpoints();
    let count = 0;
    for (const filter of pruneFilters(options, this.name, runtime.wallTime())) count += await store.prune(filter);
    return count;
  }

  /** The graph as a Mermaid flowchart; with a path, the way of a run stands out. */
  toMermaid(options: { readonly path?: readonly string[] | undefined } = {}): string {
    requireKnown('toMermaid', options, { path: true });
    return renderGraph(this.shape, options.path ?? []);
  }

  /** @internal This graph inside another. */
  nested(outer: Observer, home: RunHome | undefined): Graph<T> {
    const { settings } = this;
    const observer = settings.observer === noopObserver ? outer : settings.observer;
    const saved = home && { checkpoints: home.checkpoints, freeze: true };
    return new Graph(this.shape, { ...settings, observer, ...saved }, this.warnings, home?.parent);
  }

  private begin(initial: State<T> | T): State<T> {
    const { freeze, observer, runtime } = this.settings;
    return initial instanceof State ? initial : State.create<T>(initial, { freeze, observer, runtime });
  }

  private async execute(
    initial: State<T>,
    path: readonly string[],
    options: RunOptions,
    { lease, records, onUpdate }: Execution<T> = {},
  ): Promise<GraphResult<T>> {
    const { shape, emit } = this;
    const { secrets = {}, maxIterations = this.settings.maxIterations } = options;
    const { snapshots, observer, runtime, freeze } = this.settings;
    const emitState = createEmit(observer, 'state', () => runtime.wallTime());
    const state = initial.withSecrets(secrets).within(emitState, freeze);
    const abort = linkAbort(options.signal);
    const writer = this.saved && new CheckpointWriter<T>(this.saved, (lost) => abort.abort(lost));
    try {
      await writer?.begin({ state, path }, lease);
      const { signal } = abort;
      const settings = { shape, maxIterations, snapshots, emit, observer, runtime, writer, signal, onUpdate };
      const run = new GraphRun<T>({ state, path, records }, settings);
      return await (lease ? run.resume() : run.begin());
    } finally {
      abort.release();
      writer?.close();
    }
  }

  private restore(savedId: string, { data, node, savedAt }: LoadedCheckpoint, runId = savedId): State<T> {
    this.emit?.('checkpoint.load', { node, run_id: savedId });
    return State.create<T>(data as T, { runId, runtime: this.settings.runtime }).withCheckpointNode(node, savedAt);
  }

  private checkpoints(): GraphCheckpoints {
    if (this.saved) return this.saved;
    throw new InvalidOptionError('checkpoints', `given for graph '${this.name}'`, undefined);
  }
}
