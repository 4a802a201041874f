import type { Observer } from '../../foundation/events/event.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Awaitable } from '../awaitable.js';
import type { NodeProgress, PauseFunction } from './node-progress.js';
import type { Predicate } from './predicates.js';
import type { State } from './state.js';

/** What a node receives besides the state. */
export interface NodeContext {
  /** Aborted when the run is stopped: by its caller, or because another worker took it over. */
  readonly signal: AbortSignal;
  /** The number of nodes that the run has started, this one and those before a resume included: 1, 2, 3, … */
  readonly iteration: number;
  /** 1-based number of the attempt; absent where there is one attempt without a limit. */
  readonly attempt?: number;
  /** The observer of the graph, for what the node runs. */
  readonly observer: Observer;
  /** The runtime of the graph. */
  readonly runtime: Runtime;
  /**
   * Gives the answer of a person, or ends this node, and pauses the run until `resume` is given the answer as `value`. The
   * node then runs again from its beginning: the first call gives the first answer, the second call the second.
   * @param reason what is asked, for people
   * @param payload JSON that the person needs to see
   */
  readonly pause: PauseFunction;
  /** @internal What the node has done already. */
  readonly [nodeProgress]?: NodeProgress | undefined;
}

/** @internal */
export const nodeProgress: unique symbol = Symbol('node progress');

/** The work of a node: it gives the next state, or a record of the keys that change, or a promise of one. */
export type NodeFunction<T extends object = Record<string, unknown>> = (
  state: State<T>,
  context: NodeContext,
) => Awaitable<State<T> | Partial<T>>;

/** A possible transition from one node to another. */
export interface Edge<T extends object> {
  readonly from: string;
  readonly to: string;
  /** 0-based, among the edges of `from`. */
  readonly index: number;
  /** Absent if there is no condition. */
  readonly predicate: Predicate<T> | undefined;
  /** The name that was given, else that of the predicate; null if neither has one. */
  readonly name: string | null;
}

/** A node with its edges, in the order in which they are tried. */
export interface GraphNode<T extends object> {
  readonly name: string;
  readonly run: NodeFunction<T>;
  readonly edges: readonly Edge<T>[];
  readonly isExit: boolean;
  /** The nodes that it runs at the same time; absent unless it has some. */
  readonly branches?: readonly string[] | undefined;
  /** Runs something several times at the same time, or another graph. */
  readonly isNested?: boolean;
}

/** The nodes and edges of a compiled graph. */
export interface GraphShape<T extends object> {
  readonly name: string;
  readonly entryPoint: GraphNode<T>;
  readonly nodes: ReadonlyMap<string, GraphNode<T>>;
  readonly exitPoints: readonly string[];
}

/**
 * A short text that differs when the nodes, edges or points of a graph differ, or its version: checkpoints of one graph
 * must not be continued by another. The code of the nodes is not part of it.
 */
export function graphIdentity<T extends object>(shape: GraphShape<T>, version: string): string {
  const nodes = [...shape.nodes.values()].map(({ name, isExit, edges, branches }) => [
    name,
    isExit,
    edges.map(({ to, name: label, predicate }) => [to, label, predicate !== undefined]),
    ...(branches ? [branches] : []),
  ]);
  nodes.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return hash(JSON.stringify([shape.name, version, shape.entryPoint.name, nodes]));
}

/** cyrb53 (bryc, public domain): 53 bits, as 14 hex digits. */
function hash(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let position = 0; position < text.length; position += 1) {
    const unit = text.charCodeAt(position);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(16).padStart(14, '0');
}
