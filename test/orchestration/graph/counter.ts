import {
  type Graph,
  type GraphOptions,
  keyEquals,
  type NodeFunction,
  State,
  StateGraph,
} from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import type { CheckpointStore } from '../../../src/store/index.js';

/** What the graphs of these tests do: they count, and they may note something. */
export interface Counter {
  readonly count: number;
  readonly note?: string;
}

export const addOne: NodeFunction<Counter> = async (state) => state.set('count', state.get('count') + 1);

/** `a`, `b`, `c` in a line; each adds one unless another function is given for it. */
export function line(
  options: Partial<GraphOptions> = {},
  nodes: Readonly<Partial<Record<'a' | 'b' | 'c', NodeFunction<Counter>>>> = {},
): Graph<Counter> {
  return new StateGraph<Counter>({ name: 'line', freeze: true, ...options })
    .addNode('a', nodes.a ?? addOne)
    .addNode('b', nodes.b ?? addOne)
    .addNode('c', nodes.c ?? addOne)
    .addEdge('a', 'b')
    .addEdge('b', 'c')
    .setEntryPoint('a')
    .setExitPoint('c')
    .compile();
}

/** `add` until the count is `rounds`, then `done`. */
export function loop(rounds: number, options: Partial<GraphOptions> = {}, add = addOne): Graph<Counter> {
  return new StateGraph<Counter>({ name: 'loop', freeze: true, ...options })
    .addNode('add', add)
    .addNode('done', (state) => state)
    .addEdge('add', 'done', keyEquals('count', rounds))
    .addEdge('add', 'add', undefined, 'again')
    .setEntryPoint('add')
    .setExitPoint('done')
    .compile();
}

/** A node that fails as long as the switch is on. */
export function failing(problem: unknown = new Error('no luck')): NodeFunction<Counter> & { broken: boolean } {
  const node: NodeFunction<Counter> & { broken?: boolean } = (state, context) => {
    if (node.broken) throw problem;
    return addOne(state, context);
  };
  return Object.assign(node, { broken: true });
}

/** What a promise rejects with. */
export async function rejection<E = Error>(work: Promise<unknown>): Promise<E> {
  try {
    await work;
  } catch (error) {
    return error as E;
  }
  throw new Error('it was to reject');
}

/** How the runs of these tests begin. */
export const start = (options = {}) => State.create<Counter>({ count: 0 }, { runId: 'r', ...options });

/** A store of which some calls are replaced. */
export function changed(replace: (original: CheckpointStore) => Partial<CheckpointStore>) {
  const { checkpoints } = memoryStore();
  return { checkpoints: { ...checkpoints, ...replace(checkpoints) } };
}
