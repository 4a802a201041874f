import fc from 'fast-check';
import { type Graph, noopObserver, type Observer, StateGraph } from '../../../src/orchestration/index.js';
import type { CheckpointStore } from '../../../src/store/index.js';

/** What a random graph does: each node writes some keys, removes one, and the edges depend on what was counted. */
export interface Plan {
  readonly nodes: readonly {
    readonly sets: readonly number[];
    readonly removes: number;
    readonly edges: readonly EdgePlan[];
  }[];
  readonly interval: number;
}

interface EdgePlan {
  readonly to: number;
  /** Taken when the count of steps is a multiple of it. */
  readonly every: number;
}

/** Which write of a worker fails, whether it is done all the same, and whether the process dies there. */
export interface Death {
  readonly write: number;
  readonly committed: boolean;
  readonly forGood: boolean;
}

export type Notes = Record<string, unknown> & { readonly steps: number };

const size = fc.integer({ min: 2, max: 7 });
export const plans: fc.Arbitrary<Plan> = size.chain((count) =>
  fc.record({
    nodes: fc.array(
      fc.record({
        sets: fc.array(fc.nat(5), { maxLength: 3 }),
        removes: fc.nat(9),
        edges: fc.array(fc.record({ to: fc.nat(count - 1), every: fc.integer({ min: 2, max: 4 }) }), { maxLength: 2 }),
      }),
      { minLength: count, maxLength: count },
    ),
    interval: fc.integer({ min: 0, max: 3 }),
  }),
);
/** Every node leads on to the next one at last, and the last one is the exit: so every node can be reached, and can leave. */
export function build(
  plan: Plan,
  store: CheckpointStore,
  onNode: (iteration: number) => void | Promise<void>,
  observer: Observer = noopObserver,
): Graph<Notes> {
  const graph = new StateGraph<Notes>({
    name: 'random',
    maxIterations: 60,
    observer,
    checkpoints: { store: { checkpoints: store }, interval: plan.interval, preserve: true },
  });
  const last = plan.nodes.length - 1;
  for (const [index, { sets, removes, edges }] of plan.nodes.entries()) {
    graph.addNode(`n${index}`, async (state, { iteration }) => {
      await onNode(iteration);
      const steps = state.get('steps') + 1;
      const changed = Object.fromEntries(sets.map((key) => [`k${key}`, [index, steps]]));
      return state.delete(`k${removes}`).merge({ ...changed, steps });
    });
    if (index === last) continue;
    for (const { to, every } of edges)
      graph.addEdge(`n${index}`, `n${to}`, (state) => state.get('steps') % every === 0);
    graph.addEdge(`n${index}`, `n${index + 1}`);
  }
  return graph.setEntryPoint('n0').setExitPoint(`n${last}`).compile();
}

export class Dead extends Error {}

/** A store that may fail. */
export interface MortalStore extends CheckpointStore {
  /** Whether a write failed. */
  failed(): boolean;
  /** Whether a lease was taken through it, told or not. */
  acquired(): boolean;
}

/** A store that fails at one of its writes: that one may be done, and where the process dies there, none after it is. */
export function mortal(store: CheckpointStore, dieAt: Death | null): MortalStore {
  let writes = 0;
  let acquired = false;
  const write =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      writes += 1;
      if (!dieAt || writes < dieAt.write || (writes > dieAt.write && !dieAt.forGood)) return call(...args);
      if (writes === dieAt.write && dieAt.committed) await call(...args);
      throw new Dead('the process is dead');
    };
  return {
    ...store,
    acquired: () => acquired,
    failed: () => dieAt !== null && writes >= dieAt.write,
    create: write(store.create),
    acquire: write(async (...args) => {
      const lease = await store.acquire(...args);
      acquired = true;
      return lease;
    }),
    append: write(store.append),
    rewind: write(store.rewind),
    release: write(store.release),
    remove: write(store.remove),
  };
}
