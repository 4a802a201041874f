import { linkAbort } from '../../foundation/abort.js';
import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import { createId } from '../../foundation/ids.js';
import { disown } from '../disown.js';
import {
  requireBoolean,
  requireFunction,
  requireObject,
  requireSignal,
  requireText,
  requireWhole,
} from '../require-option.js';
import type { CheckpointSummary } from './checkpoint-store.js';
import { graphIdentity } from './graph-identity.js';
import type { GraphShape } from './graph-node.js';
import type { CheckpointSettings, GraphSettings } from './graph-options.js';
import { type GraphResult, GraphRun } from './graph-run.js';
import { describeChange, type Progress, Recorder } from './recorder.js';
import { renderMermaid } from './render-mermaid.js';
import { type LoadedCheckpoint, SavedRuns } from './saved-runs.js';
import { State } from './state.js';

/** Options of one run. */
export interface RunOptions {
  /** Stops the run; its reason becomes the cause of `GraphCancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /** Added to those of the state. @default none */
  readonly secrets?: Readonly<Record<string, unknown>> | undefined;
  /** In place of that of the graph. */
  readonly maxIterations?: number | undefined;
}

/** Options of `resume`. */
export interface ResumeOptions extends RunOptions {
  /** The iteration to go on from; those after it are dropped. @default the latest checkpoint */
  readonly from?: number | undefined;
  /** Takes the run also from a worker whose lease has not ended: for when it is known to be dead. @default false */
  readonly takeOver?: boolean | undefined;
}

/** Options of `fork`. */
export interface ForkOptions<T extends object> {
  /** The iteration to begin from. @default the latest checkpoint */
  readonly from?: number | undefined;
  /** @default a random UUID */
  readonly runId?: string | undefined;
  /** Changes the state of the new run. @default as it was */
  readonly update?: ((state: State<T>) => State<T>) | undefined;
}

/** A graph that is ready to run, any number of times and side by side. Made by `StateGraph.compile()`. */
export class Graph<T extends object = Record<string, unknown>> {
  readonly name: string;
  private readonly emit: Emit | undefined;
  private readonly identity: string;

  /** @internal */
  constructor(
    private readonly shape: GraphShape<T>,
    private readonly settings: GraphSettings,
    /** What `compile` found odd. */
    readonly warnings: readonly string[],
  ) {
    this.name = shape.name;
    this.emit = createEmit(settings.observer, shape.name, () => settings.runtime.wallTime());
    this.identity = graphIdentity(shape, settings.version);
  }

  /**
   * Runs from the entry point until an exit point is done.
   *
   * @param initial a state, or the data of a new one
   * @throws ExecutionError when a node or a predicate failed, or a completion could not be written
   * @throws RouteError when no edge was true, StepLimitError after `maxIterations` nodes
   * @throws GraphCancelledError when `signal` stopped it
   * @throws CheckpointError before any work when the store has a run of this id, LeaseError when another worker took over
   * @throws InvalidOptionError before any work
   */
  async run(initial: State<T> | T, options: RunOptions = {}): Promise<GraphResult<T>> {
    checkRunOptions(options);
    const { freeze, observer, runtime } = this.settings;
    const state = initial instanceof State ? initial : State.create<T>(initial, { freeze, observer, runtime });
    const progress = this.progressOf(state, options, []);
    return this.start(progress, options, async (recorder) => {
      await recorder?.begin(progress);
      return (run) => run.begin();
    });
  }

  /**
   * Goes on with a run that was saved: after the node that was done last, or after that of an earlier iteration.
   *
   * @throws CheckpointError when the run or the iteration is not in the store, or the graph has changed since
   * @throws SecretsMissingError when the run had secrets that are not given again
   * @throws LeaseError when another worker has it
   * @throws as `run` does
   */
  async resume(runId: string, options: ResumeOptions = {}): Promise<GraphResult<T>> {
    checkRunOptions(options);
    const { from, takeOver = false } = options;
    requireBoolean('takeOver', takeOver);
    requireText('runId', runId);
    requireIteration('from', from);
    const runs = this.savedRuns();
    const { lease, checkpoint } = await runs.claim(runId, from, takeOver, Object.keys(options.secrets ?? {}));
    const state = this.restore(runId, checkpoint);
    const progress = this.progressOf(state, options, checkpoint.path);
    this.emit?.('checkpoint.load', { node: checkpoint.node, run_id: runId });
    return this.start(progress, options, async (recorder) => {
      recorder?.continueFrom(lease, progress);
      return (run) => run.resume();
    });
  }

  /**
   * Begins a new run with the state of a saved one, which stays as it is. `resume` runs it.
   * @returns the id of the new run
   * @throws CheckpointError when the run or the iteration is not in the store, the graph has changed since, or the new id
   * is taken
   */
  async fork(runId: string, options: ForkOptions<T> = {}): Promise<string> {
    const { runtime } = this.settings;
    requireObject('options', options);
    const { from, runId: forkId = createId(runtime), update = (state: State<T>) => state } = options;
    requireText('runId', forkId);
    requireIteration('from', from);
    requireFunction('update', update);
    const { store, leaseMs } = this.checkpoints();
    const checkpoint = await this.savedRuns().load(runId, from);
    this.emit?.('checkpoint.load', { node: checkpoint.node, run_id: runId });
    const saved = this.restore(forkId, checkpoint);
    const now = runtime.wallTime();
    const changed: unknown = update(saved);
    if (!(changed instanceof State)) {
      disown(changed);
      throw new InvalidOptionError('update', 'a function that gives a State', changed);
    }
    const change = describeChange(saved.continuedBy(changed), checkpoint.path, undefined, now);
    const secretNames = [...new Set([...checkpoint.secretNames, ...change.secretNames])];
    const { name: graph, identity } = this;
    const first = { ...change, secretNames };
    const lease = await store.create({ runId: forkId, graph, identity, first, leasedUntil: now + leaseMs });
    await store.release(lease, 'pending', now);
    return forkId;
  }

  /** The checkpoints of a run, the first first. @throws CheckpointError when it is not in the store */
  async history(runId: string): Promise<CheckpointSummary[]> {
    await this.savedRuns().find(runId);
    return this.checkpoints().store.history(runId);
  }

  /** The state that a run had, without its secrets. @throws CheckpointError when it is not in the store */
  async stateAt(runId: string, iteration?: number): Promise<State<T>> {
    requireIteration('iteration', iteration);
    const checkpoint = await this.savedRuns().load(runId, iteration);
    this.emit?.('checkpoint.load', { node: checkpoint.node, run_id: runId });
    return this.restore(runId, checkpoint);
  }

  /** The graph as a Mermaid flowchart; with a path, the way of a run stands out. */
  toMermaid(options: { readonly path?: readonly string[] | undefined } = {}): string {
    return renderMermaid(this.shape, options.path ?? []);
  }

  private async start(
    progress: Progress<T>,
    { signal, maxIterations = this.settings.maxIterations }: RunOptions,
    prepare: (recorder: Recorder<T> | undefined) => Promise<(run: GraphRun<T>) => Promise<GraphResult<T>>>,
  ): Promise<GraphResult<T>> {
    const { shape, emit, identity } = this;
    const { snapshots, observer, runtime, checkpoints } = this.settings;
    const abort = linkAbort(signal);
    const recorder =
      checkpoints &&
      new Recorder<T>({ ...checkpoints, graph: this.name, identity, runtime }, (lost) => abort.abort(lost));
    try {
      const execute = await prepare(recorder);
      const settings = { shape, maxIterations, snapshots, emit, observer, runtime, recorder, signal: abort.signal };
      return await execute(new GraphRun<T>(progress, settings));
    } finally {
      abort.release();
      recorder?.close();
    }
  }

  private progressOf(state: State<T>, { secrets = {} }: RunOptions, path: readonly string[]): Progress<T> {
    const { freeze, observer, runtime } = this.settings;
    const emit = createEmit(observer, 'state', () => runtime.wallTime());
    return { state: state.withSecrets(secrets).within(emit, freeze), path };
  }

  private restore(runId: string, { data, node, savedAt }: LoadedCheckpoint): State<T> {
    return State.create<T>(data as T, { runId, runtime: this.settings.runtime }).withCheckpointNode(node, savedAt);
  }

  private checkpoints(): CheckpointSettings {
    const { checkpoints } = this.settings;
    if (!checkpoints) throw new InvalidOptionError('checkpoints', `given for graph '${this.name}'`, checkpoints);
    return checkpoints;
  }

  private savedRuns(): SavedRuns {
    const { store, leaseMs } = this.checkpoints();
    return new SavedRuns({ store, leaseMs, graph: this.name, identity: this.identity, runtime: this.settings.runtime });
  }
}

function requireIteration(option: string, iteration: number | undefined): void {
  if (iteration !== undefined) requireWhole(option, iteration, 0);
}

function checkRunOptions(options: RunOptions): void {
  requireObject('options', options);
  const { signal, maxIterations, secrets } = options;
  requireSignal('signal', signal);
  if (secrets !== undefined) requireObject('secrets', secrets);
  if (maxIterations !== undefined) requireWhole('maxIterations', maxIterations, 1);
}
