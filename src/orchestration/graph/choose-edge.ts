import type { Emit } from '../../foundation/events/observers.js';
import { disown } from '../disown.js';
import type { Edge, GraphNode } from './graph-node.js';
import type { State } from './state.js';

/** A predicate failed: on which edge, and what it threw. */
export interface FailedPredicate<T extends object> {
  readonly edge: Edge<T>;
  readonly error: unknown;
}

/** The way on from a node, or why there is none. */
export type Choice<T extends object> =
  | { readonly edge: Edge<T> }
  | { readonly failed: FailedPredicate<T> }
  | { readonly tried: readonly string[] };

/** Tries the edges of a node in their order: the first that is true, or has no condition, is the way on. */
export function chooseEdge<T extends object>(node: GraphNode<T>, state: State<T>, emit: Emit | undefined): Choice<T> {
  for (const edge of node.edges) {
    const { from, to, index, predicate, name } = edge;
    emit?.('edge.evaluate', { from, to, edge_index: index, has_predicate: predicate !== undefined });
    let holds: boolean;
    try {
      holds = predicate === undefined || decided(predicate(state));
    } catch (error) {
      return { failed: { edge, error } };
    }
    if (!holds) continue;
    emit?.('edge.transition', { from, to, edge_index: index, predicate_name: name, predicate_result: true });
    return { edge };
  }
  return { tried: node.edges.map(describeEdge) };
}

/** As in `'build' -> 'test' (hasArtifact)`. */
export function describeEdge({ from, to, name }: { from: string; to: string; name: string | null }): string {
  return `'${from}' -> '${to}'${name === null ? '' : ` (${name})`}`;
}

function decided(result: unknown): boolean {
  if (typeof result === 'boolean') return result;
  const found = disown(result) ? 'a promise' : typeof result;
  throw new TypeError(`a predicate must give true or false, but gave ${found}`);
}
