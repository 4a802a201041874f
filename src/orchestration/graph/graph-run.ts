import { messageOf } from '../../foundation/errors/chorale-error.js';
import { type Failure, failureOf, type Observer } from '../../foundation/events/event.js';
import type { Emit } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import { type Awaitable, isThenable } from '../awaitable.js';
import { RouteError } from '../process-conditional.js';
import { RunBusyError } from '../run-errors.js';
import { TimeSlice } from '../time-slice.js';
import { describeEdge, requireAnswer } from './edge-answer.js';
import { keysChangedInPlace } from './frozen-values.js';
import { ExecutionError, GraphCancelledError, GraphPausedError, StepLimitError } from './graph-errors.js';
import type { Edge, GraphNode, GraphShape } from './graph-shape.js';
import { type OnUpdate, updateOf } from './graph-update.js';
import { NodeCall } from './node-call.js';
import { stateOf } from './node-output.js';
import { type OpenPause, type RecordKeeper, type RunHome, renderPause } from './node-progress.js';
import type { CheckpointWriter, RunProgress } from './run-checkpoints.js';
import { concealing } from './secrets.js';
import type { State } from './state.js';

/** A completed run of a graph. */
export interface GraphResult<T extends object> {
  /** The state after the last node. */
  readonly state: State<T>;
  /** The nodes that ran, in order, those before a resume included. */
  readonly path: string[];
  readonly exitPoint: string;
  /** The length of the path. */
  readonly iterations: number;
  readonly runId: string;
}

/** What a run needs besides its state. */
interface RunSettings<T extends object> {
  readonly shape: GraphShape<T>;
  readonly maxIterations: number;
  readonly snapshots: boolean;
  readonly emit: Emit | undefined;
  readonly observer: Observer;
  readonly runtime: Runtime;
  readonly writer: CheckpointWriter<T> | undefined;
  /** Aborted by the caller, and when the lease is lost. */
  readonly signal: AbortSignal;
  readonly onUpdate: OnUpdate<T> | undefined;
}

/** Why a run ends early. Thrown inside this file only. */
class Stop {
  constructor(
    readonly status: 'failed' | 'cancelled' | 'paused',
    /** @param unsaved what kept the last checkpoint from being written */
    readonly toError: (unsaved: unknown) => Error,
    /** A write failed, perhaps after it was done: a lost lease then says nothing about other workers. */
    readonly unwritten = false,
    /** What must be written with the last checkpoint. */
    readonly pause?: OpenPause,
  ) {}
}

/** One run: one node is active at a time. */
export class GraphRun<T extends object> implements RecordKeeper {
  private state: State<T>;
  /** For the nodes. */
  private readonly observer: Observer;
  /** The nodes that were started. */
  private readonly path: string[];
  /** How many of them are done. */
  private done: number;
  private readonly visits = new Map<string, number>();
  /** Of the node with which a run is resumed. */
  private records: ReadonlyMap<string, string> | undefined;

  constructor(
    progress: RunProgress<T>,
    private readonly settings: RunSettings<T>,
  ) {
    this.state = progress.state;
    this.records = progress.records;
    this.observer = concealing(settings.observer, (text) => this.state.conceal(text));
    this.path = [...progress.path];
    this.done = this.path.length;
    for (const node of this.path) this.visit(node);
  }

  /** Runs from the entry point. */
  begin(): Promise<GraphResult<T>> {
    const { entryPoint } = this.settings.shape;
    return this.finish(entryPoint, () => this.advance(entryPoint));
  }

  /** Runs what follows the node that was done last: nothing, where that is an exit point. */
  async resume(): Promise<GraphResult<T>> {
    const name = this.path.at(-1);
    const last = name === undefined ? undefined : this.node(name);
    let next: GraphNode<T> | undefined;
    let stop: unknown;
    try {
      if (!last?.isExit) next = last ? await this.next(last) : this.settings.shape.entryPoint;
    } catch (error) {
      stop = error;
    }
    this.settings.emit?.('checkpoint.resume', {
      checkpoint_node: name ?? null,
      resume_node: next?.name ?? null,
      run_id: this.state.runId,
    });
    const first = next ?? last ?? this.settings.shape.entryPoint;
    return this.finish(first, async () => {
      if (stop) throw stop;
      if (next) await this.advance(next);
    });
  }

  private async finish(first: GraphNode<T>, work: () => Promise<void>): Promise<GraphResult<T>> {
    const { emit, writer, shape } = this.settings;
    const { runId } = this.state;
    emit?.('graph.start', { entry_point: first.name, run_id: runId, exit_points: shape.exitPoints.length });
    let failure: Error | undefined;
    try {
      await work();
      await writer?.finish().catch((error) => {
        throw this.notWritten(this.path.at(-1) ?? first.name, error);
      });
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      failure = await this.fail(error);
    }
    const paused = failure instanceof GraphPausedError;
    const iterations = this.path.length;
    const exitPoint = this.path.at(-1) ?? first.name;
    emit?.('graph.complete', {
      exit_point: failure ? null : exitPoint,
      iterations,
      path_length: iterations,
      ...(paused ? { error: false, paused } : this.failure(failure)),
    });
    if (failure) throw failure;
    return { state: this.state, path: this.path, exitPoint, iterations, runId };
  }

  /** Runs nodes until an exit point is done. @throws Stop */
  private async advance(first: GraphNode<T>): Promise<void> {
    const { maxIterations, signal, runtime } = this.settings;
    const slice = new TimeSlice(runtime);
    for (let node = first; ; ) {
      if (signal.aborted) throw this.cancelled(node.name);
      if (this.path.length >= maxIterations) {
        const position = this.position(node.name);
        throw new Stop('failed', (unsaved) => new StepLimitError(position, maxIterations, unsaved));
      }
      await this.step(node);
      if (node.isExit) return;
      if (slice.isOver()) await slice.nextTurn();
      const next = this.next(node);
      node = isThenable(next) ? await next : next;
    }
  }

  /** Runs one node, and writes its completion before the event. @throws Stop */
  private async step(node: GraphNode<T>): Promise<void> {
    const { emit, signal, writer, snapshots, onUpdate } = this.settings;
    const { name } = node;
    const before = this.state;
    const iteration = this.path.push(name);
    const visits = this.visit(name);
    if (visits > 1) emit?.('cycle.detected', { node: name, visit_count: visits, iteration, path_length: iteration });
    emit?.('node.start', { node: name, iteration });
    const due = writer?.isDue(iteration, node.isExit) === true;
    const { runtime } = this.settings;
    const call = new NodeCall(signal, iteration, this.observer, runtime, name, this, this.records);
    this.records = undefined;
    let after: State<T> | undefined;
    try {
      after = await this.work(node, call);
      this.state = due ? await writer.save({ state: after, path: this.path }) : after;
    } catch (error) {
      const pause = call.progress?.requested;
      if (pause && !after && !signal.aborted) throw this.paused(iteration, pause);
      emit?.('node.complete', { node: name, iteration, ...this.failure(error, true) });
      if (after) throw this.notWritten(name, error);
      throw signal.aborted ? this.cancelled(name) : this.failed(name, `node '${name}' failed`, error);
    }
    this.done = iteration;
    emit?.('node.complete', { node: name, iteration, error: false });
    if (snapshots) {
      emit?.('node.state', {
        node: name,
        iteration,
        input_snapshot: { ...before.data },
        output_snapshot: { ...after.data },
      });
    }
    if (due) emit?.('checkpoint.save', { node: name, run_id: before.runId });
    if (onUpdate) await onUpdate(updateOf(name, iteration, before, this.state));
  }

  private async work(node: GraphNode<T>, call: NodeCall): Promise<State<T>> {
    const output: unknown = await node.run(this.state, call);
    call.progress?.requireAnswered();
    return stateOf(this.state, output, 'node');
  }

  /** Whether a resumed run finds what a node keeps. */
  get lasting(): boolean {
    return this.settings.writer !== undefined;
  }

  isSecret(text: string): boolean {
    return this.state.conceal(text) !== text;
  }

  get emit(): Emit | undefined {
    return this.settings.emit;
  }

  /** Keeps a record of the node in progress; like a checkpoint, not with an interval of 0. */
  async keep(key: string, json: string): Promise<void> {
    if (this.settings.writer?.keepsParts) await this.settings.writer.record(this.progress(), key, json);
  }

  async home(): Promise<RunHome | undefined> {
    return this.settings.writer?.keepsParts ? this.settings.writer.home(this.progress()) : undefined;
  }

  private progress(): RunProgress<T> {
    return { state: this.state, path: this.path.slice(0, this.done) };
  }

  private paused(iteration: number, pause: OpenPause): Stop {
    const { emit, shape } = this.settings;
    const { runId: run_id } = this.state;
    const { node, reason, payload } = pause;
    emit?.('node.pause', { node, iteration, run_id, reason });
    emit?.('node.complete', { node, iteration, error: false, paused: true });
    this.path.pop();
    const toError = (unsaved: unknown) =>
      unsaved === undefined
        ? new GraphPausedError(shape.name, run_id, [{ node, reason, payload }])
        : new ExecutionError(this.position(node), `the pause of node '${node}' could not be written`, unsaved, unsaved);
    return new Stop('paused', toError, false, pause);
  }

  /** Tries the edges of a node in their order: the first that is true, or has no condition, leads to the next node. */
  private next(node: GraphNode<T>, from = 0): Awaitable<GraphNode<T>> {
    const { shape, emit } = this.settings;
    for (const edge of from === 0 ? node.edges : node.edges.slice(from)) {
      const { to, index, predicate } = edge;
      emit?.('edge.evaluate', { from: edge.from, to, edge_index: index, has_predicate: predicate !== undefined });
      const held = !predicate || this.holds(predicate, edge);
      if (isThenable(held)) return held.then((value) => (value ? this.follow(edge) : this.next(node, index + 1)));
      if (held) return this.follow(edge);
    }
    const subject = `graph '${shape.name}', node '${node.name}'`;
    const position = this.position(node.name);
    const tried = node.edges.map(describeEdge);
    throw new Stop('failed', (unsaved) => new RouteError(subject, 'no edge is true', tried, { ...position, unsaved }));
  }

  private follow({ from, to, index, name }: Edge<T>): GraphNode<T> {
    const { emit } = this.settings;
    emit?.('edge.transition', { from, to, edge_index: index, predicate_name: name, predicate_result: true });
    return this.node(to);
  }

  private holds(predicate: (state: State<T>) => unknown, edge: Edge<T>): boolean | Promise<boolean> {
    const fail = (error: unknown): never => {
      if (this.settings.signal.aborted) throw this.cancelled(edge.from);
      throw this.failed(edge.from, `the predicate of edge ${describeEdge(edge)} failed`, error);
    };
    try {
      const result = predicate(this.state);
      return isThenable(result) ? Promise.resolve(result).then(requireAnswer).catch(fail) : requireAnswer(result);
    } catch (error) {
      return fail(error);
    }
  }

  private node(name: string): GraphNode<T> {
    const node = this.settings.shape.nodes.get(name);
    if (!node) throw new TypeError(`no node '${name}'`);
    return node;
  }

  private visit(node: string): number {
    const count = (this.visits.get(node) ?? 0) + 1;
    this.visits.set(node, count);
    return count;
  }

  private position(node: string) {
    return { graph: this.settings.shape.name, node, state: this.state, path: [...this.path] };
  }

  private failed(node: string, what: string, error: unknown, unwritten = false): Stop {
    const problem = this.state.conceal(`${what}: ${messageOf(error)}${this.changedInPlace(error)}`);
    const toError = (unsaved: unknown) => new ExecutionError(this.position(node), problem, error, unsaved);
    return new Stop('failed', toError, unwritten);
  }

  private changedInPlace(error: unknown): string {
    const keys = keysChangedInPlace(error, this.state.data as Readonly<Record<string, unknown>>);
    if (keys.length === 0) return '';
    const which = `${keys.length > 1 ? 'one of the keys' : 'key'} ${keys.map((key) => `'${key}'`).join(', ')}`;
    return `; a value of the state is frozen (${which}): set a changed copy instead`;
  }

  private notWritten(node: string, error: unknown): Stop {
    if (error instanceof RunBusyError) return new Stop('failed', () => error);
    return this.failed(node, `the completion of node '${node}' could not be written`, error, true);
  }

  private cancelled(node: string): Stop {
    const reason: unknown = this.settings.signal.reason;
    // The signal may come from another run, which was lost.
    const isLost = reason instanceof RunBusyError && reason.runId === this.state.runId;
    if (isLost) return new Stop('failed', () => reason);
    return new Stop('cancelled', (unsaved) => new GraphCancelledError(this.position(node), reason, unsaved));
  }

  /** Writes the last good state of a run that ends early, releases the run, and makes its error. */
  private async fail({ status, toError, unwritten, pause }: Stop): Promise<Error> {
    const { writer, emit } = this.settings;
    const progress = this.progress();
    try {
      const saved = (await writer?.save(progress)) ?? progress.state;
      if (saved !== progress.state) {
        this.state = saved;
        emit?.('checkpoint.save', { node: saved.checkpointNode, run_id: saved.runId });
      }
      if (pause) await writer?.record(progress, pause.key, renderPause(pause));
      await writer?.release(status);
      return toError(undefined);
    } catch (error) {
      await writer?.release(pause ? 'failed' : status).catch(() => {});
      // A run that another worker has did not fail, whatever happened here.
      return error instanceof RunBusyError && !unwritten ? error : toError(error);
    }
  }

  failure(error: unknown, failed = error !== undefined): Failure {
    const failure = failureOf(error, failed);
    return failure.message === undefined ? failure : { ...failure, message: this.state.conceal(failure.message) };
  }
}
