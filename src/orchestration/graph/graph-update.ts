import type { State } from './state.js';

/** A node that is done. */
export interface GraphUpdate<T extends object> {
  readonly node: string;
  /** As the node received it: 1, 2, 3, … */
  readonly iteration: number;
  /** The state after the node. */
  readonly state: State<T>;
  /** The keys that the node set, with their values. A key that it deleted is there with `undefined`. */
  readonly changes: Partial<T>;
}

/** Receives each update. The run continues when the promise resolves. */
export type OnUpdate<T extends object> = (update: GraphUpdate<T>) => Promise<void> | undefined;

/** What a node has changed. */
export function updateOf<T extends object>(
  node: string,
  iteration: number,
  before: State<T>,
  state: State<T>,
): GraphUpdate<T> {
  const { set, removed } = state.changesSince(before);
  const changes = Object.fromEntries([...set, ...removed.map((key): [string, unknown] => [key, undefined])]);
  return { node, iteration, state, changes: changes as Partial<T> };
}
