import type { Observer } from '../../foundation/events/event.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Predicate } from './predicates.js';
import type { State } from './state.js';

/** What a node is told besides the state. */
export interface NodeContext {
  /** Aborted when the run is stopped: by its caller, or because another worker took it over. */
  readonly signal: AbortSignal;
  /** How many nodes the run has started by now, this one included: 1, 2, 3, … also over a resume. */
  readonly iteration: number;
  /** The observer of the graph, for what the node runs in its turn. */
  readonly observer: Observer;
  /** The clock, timers and chance of the graph. */
  readonly runtime: Runtime;
}

/** The work of a node: it gives the next state. It may return it or a promise of it, throw or reject. */
export type NodeFunction<T extends object = Record<string, unknown>> = (
  state: State<T>,
  context: NodeContext,
) => State<T> | PromiseLike<State<T>>;

/** One way on from a node. */
export interface Edge<T extends object> {
  readonly from: string;
  readonly to: string;
  /** Its place among the edges of `from`, 0-based. */
  readonly index: number;
  /** Absent where there is no condition. */
  readonly predicate: Predicate<T> | undefined;
  /** Its own name, or that of its predicate; null where neither has one. */
  readonly name: string | null;
}

/** A node with its ways on, in the order in which they are tried. */
export interface GraphNode<T extends object> {
  readonly name: string;
  readonly run: NodeFunction<T>;
  readonly edges: readonly Edge<T>[];
  readonly isExit: boolean;
}

/** A graph whose shape has been checked. */
export interface GraphShape<T extends object> {
  readonly name: string;
  readonly entryPoint: GraphNode<T>;
  readonly nodes: ReadonlyMap<string, GraphNode<T>>;
  readonly exitPoints: readonly string[];
}
