import { messageOf } from '../../foundation/errors/chorale-error.js';
import { type Event, type Failure, failureOf, noopObserver, type Observer } from '../../foundation/events/event.js';
import type { Emit } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import { RouteError } from '../process-conditional.js';
import type { RunStatus } from './checkpoint-store.js';
import { chooseEdge, describeEdge } from './choose-edge.js';
import { ExecutionError, GraphCancelledError, LeaseError, StepLimitError } from './graph-errors.js';
import type { GraphNode, GraphShape } from './graph-node.js';
import type { Progress, Recorder } from './recorder.js';
import { State } from './state.js';

/** What a run of a graph came to. */
export interface GraphResult<T extends object> {
  /** The state after the last node. */
  readonly state: State<T>;
  /** The nodes that ran, in order, those before a resume included. */
  readonly path: readonly string[];
  readonly exitPoint: string;
  /** Number of nodes that ran: the length of the path. */
  readonly iterations: number;
  readonly runId: string;
}

/** What a run needs besides its state. */
export interface RunSettings<T extends object> {
  readonly shape: GraphShape<T>;
  readonly maxIterations: number;
  readonly snapshots: boolean;
  readonly emit: Emit | undefined;
  readonly observer: Observer;
  readonly runtime: Runtime;
  readonly recorder: Recorder<T> | undefined;
  /** Aborted by the caller, and when the lease is lost. */
  readonly signal: AbortSignal;
}

/** Why a run ends early. `unsaved` is what kept its last checkpoint from being written. */
interface Stop {
  readonly status: RunStatus;
  readonly toError: (unsaved: unknown) => Error;
  /** A write failed, perhaps after it was done: that the lease is gone then tells nothing of other workers. */
  readonly unwritten?: true;
}

/** One run: one node is active at a time. */
export class GraphRun<T extends object> {
  private state: State<T>;
  /** For the nodes. */
  private readonly observer: Observer;
  /** The nodes that were started. */
  private readonly path: string[];
  /** How many of them are done. */
  private done: number;
  private readonly visits = new Map<string, number>();

  constructor(
    progress: Progress<T>,
    private readonly settings: RunSettings<T>,
  ) {
    this.state = progress.state;
    this.observer = concealing(settings.observer, (text) => this.state.conceal(text));
    this.path = [...progress.path];
    this.done = this.path.length;
    for (const node of this.path) this.visit(node);
  }

  /** Runs from the entry point. */
  async begin(): Promise<GraphResult<T>> {
    const { entryPoint } = this.settings.shape;
    return this.finish(entryPoint, () => this.advance(entryPoint));
  }

  /** Runs what comes after the node that was done last: nothing, where that is an exit point. */
  async resume(): Promise<GraphResult<T>> {
    const { shape } = this.settings;
    const name = this.path.at(-1);
    if (name === undefined) {
      this.tellResume(null, shape.entryPoint.name);
      return this.begin();
    }
    const last = nodeNamed(shape, name);
    if (last.isExit) {
      this.tellResume(name, null);
      return this.finish(last, async () => last);
    }
    const next = this.next(last);
    if ('status' in next) {
      this.tellResume(name, null);
      return this.finish(last, async () => next);
    }
    this.tellResume(name, next.name);
    return this.finish(next, () => this.advance(next));
  }

  private tellResume(from: string | null, to: string | null): void {
    this.settings.emit?.('checkpoint.resume', {
      checkpoint_node: from,
      resume_node: to,
      run_id: this.state.runId,
    });
  }

  private async finish(first: GraphNode<T>, run: () => Promise<GraphNode<T> | Stop>): Promise<GraphResult<T>> {
    const { emit, recorder, shape } = this.settings;
    const { runId } = this.state;
    emit?.('graph.start', { entry_point: first.name, run_id: runId, exit_points: shape.exitPoints.length });
    let end = await run();
    if (!('status' in end)) {
      try {
        await recorder?.finish();
      } catch (error) {
        end = this.notWritten(end, error);
      }
    }
    const failure = 'status' in end ? await this.fail(end) : undefined;
    emit?.('graph.complete', {
      exit_point: 'status' in end ? null : end.name,
      iterations: this.path.length,
      path_length: this.path.length,
      ...this.failure(failure),
    });
    if (failure) throw failure;
    const exitPoint = this.path.at(-1) ?? first.name;
    return { state: this.state, path: this.path, exitPoint, iterations: this.path.length, runId };
  }

  /** Runs nodes until an exit point is done, which it returns, or something stops the run. */
  private async advance(first: GraphNode<T>): Promise<GraphNode<T> | Stop> {
    const { maxIterations } = this.settings;
    for (let node = first; ; ) {
      if (this.settings.signal.aborted) return this.cancelled(node);
      if (this.path.length >= maxIterations) return this.tooLong(node, maxIterations);
      const stop = await this.step(node);
      if (stop) return stop;
      if (node.isExit) return node;
      const next = this.next(node);
      if ('status' in next) return next;
      node = next;
    }
  }

  /** Runs one node, and writes its completion before it tells of it. */
  private async step(node: GraphNode<T>): Promise<Stop | undefined> {
    const { emit, signal, runtime, recorder } = this.settings;
    const before = this.state;
    const iteration = this.path.push(node.name);
    const visits = this.visit(node.name);
    if (visits > 1) {
      emit?.('cycle.detected', { node: node.name, visit_count: visits, iteration, path_length: iteration });
    }
    emit?.('node.start', { node: node.name, iteration });
    let after: State<T>;
    try {
      const output = await node.run(before, { signal, iteration, observer: this.observer, runtime });
      if (!(output instanceof State)) throw new TypeError(`a node must give a State, but gave ${kindOf(output)}`);
      after = before.continuedBy(output);
    } catch (error) {
      emit?.('node.complete', { node: node.name, iteration, ...this.failure(error, true) });
      return signal.aborted ? this.cancelled(node) : this.failed(node, `node '${node.name}' failed`, error);
    }
    const due = recorder?.isDue(iteration, node.isExit) === true;
    try {
      this.state = due ? await recorder.save({ state: after, path: this.path }) : after;
    } catch (error) {
      emit?.('node.complete', { node: node.name, iteration, ...this.failure(error, true) });
      return this.notWritten(node, error);
    }
    this.done = iteration;
    emit?.('node.complete', { node: node.name, iteration, error: false });
    if (this.settings.snapshots) {
      emit?.('node.state', {
        node: node.name,
        iteration,
        input_snapshot: before.data as Readonly<Record<string, unknown>>,
        output_snapshot: after.data as Readonly<Record<string, unknown>>,
      });
    }
    if (due) emit?.('checkpoint.save', { node: node.name, run_id: before.runId });
    return undefined;
  }

  private next(node: GraphNode<T>): GraphNode<T> | Stop {
    const { shape, emit } = this.settings;
    const choice = chooseEdge(node, this.state, emit);
    if ('edge' in choice) return nodeNamed(shape, choice.edge.to);
    if ('failed' in choice) {
      const { edge, error } = choice.failed;
      return this.failed(node, `the predicate of edge ${describeEdge(edge)} failed`, error);
    }
    const subject = `graph '${shape.name}', node '${node.name}'`;
    const toError = (unsaved: unknown) =>
      new RouteError(subject, 'no edge is true', choice.tried, { ...this.position(node.name), unsaved });
    return { status: 'failed', toError };
  }

  private visit(node: string): number {
    const count = (this.visits.get(node) ?? 0) + 1;
    this.visits.set(node, count);
    return count;
  }

  private position(node: string) {
    return { graph: this.settings.shape.name, node, state: this.state, path: [...this.path] };
  }

  private failed(node: GraphNode<T>, what: string, error: unknown): Stop {
    const problem = this.state.conceal(`${what}: ${messageOf(error)}`);
    const toError = (unsaved: unknown) => new ExecutionError(this.position(node.name), problem, error, unsaved);
    return { status: 'failed', toError };
  }

  private notWritten(node: GraphNode<T>, error: unknown): Stop {
    if (error instanceof LeaseError) return { status: 'failed', toError: () => error };
    return {
      ...this.failed(node, `the completion of node '${node.name}' could not be written`, error),
      unwritten: true,
    };
  }

  private tooLong(node: GraphNode<T>, limit: number): Stop {
    return { status: 'failed', toError: (unsaved) => new StepLimitError(this.position(node.name), limit, unsaved) };
  }

  private cancelled(node: GraphNode<T>): Stop {
    const reason: unknown = this.settings.signal.reason;
    if (reason instanceof LeaseError) return { status: 'failed', toError: () => reason };
    const toError = (unsaved: unknown) => new GraphCancelledError(this.position(node.name), reason, unsaved);
    return { status: 'cancelled', toError };
  }

  /** Writes the last good state of a run that ends early, gives the run free, and makes its error. */
  private async fail({ status, toError, unwritten }: Stop): Promise<Error> {
    const { recorder, emit } = this.settings;
    if (!recorder) return toError(undefined);
    // A run that another worker has did not fail, whatever happened here.
    const unsavedError = (error: unknown) => (error instanceof LeaseError && !unwritten ? error : toError(error));
    const progress = { state: this.state, path: this.path.slice(0, this.done) };
    try {
      const saved = await recorder.save(progress);
      if (saved !== progress.state) {
        this.state = saved;
        emit?.('checkpoint.save', { node: saved.checkpointNode, run_id: saved.runId });
      }
    } catch (error) {
      await recorder.release(status).catch(() => {});
      return unsavedError(error);
    }
    try {
      await recorder.release(status);
      return toError(undefined);
    } catch (error) {
      return unsavedError(error);
    }
  }

  private failure(error: unknown, failed = error !== undefined): Failure {
    const failure = failureOf(error, failed);
    return failure.message === undefined ? failure : { ...failure, message: this.state.conceal(failure.message) };
  }
}

function nodeNamed<T extends object>(shape: GraphShape<T>, name: string): GraphNode<T> {
  const node = shape.nodes.get(name);
  if (!node) throw new TypeError(`no node '${name}'`);
  return node;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

/** Passes events on without the secrets that a failure may carry in its message. */
function concealing(observer: Observer, conceal: (text: string) => string): Observer {
  if (observer === noopObserver) return observer;
  return {
    onEvent(event) {
      const { data } = event;
      if (!('message' in data) || typeof data.message !== 'string') observer.onEvent(event);
      else observer.onEvent({ ...event, data: { ...data, message: conceal(data.message) } } as Event);
    },
  };
}
