import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CheckpointStore,
  ExecutionError,
  type Graph,
  noopObserver,
  type Observer,
  State,
  StateGraph,
} from '../../../src/orchestration/index.js';
import { libsqlStore, memoryStore } from '../../../src/store/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';

expectNothingUnhandled();

/** What a random graph does: each node writes some keys, removes one, and the edges depend on what was counted. */
interface Plan {
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

/**
 * What goes wrong: in which attempt at which iteration a node fails, and which write of an attempt does, whether it was
 * done all the same; and whether the process dies there, so that no other write follows.
 */
interface Trouble {
  readonly failAt: number | null;
  readonly dieAt: { readonly write: number; readonly committed: boolean; readonly forGood: boolean } | null;
}

type Notes = Record<string, unknown> & { readonly steps: number };

const size = fc.integer({ min: 2, max: 7 });
const plans: fc.Arbitrary<Plan> = size.chain((count) =>
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
const troubles: fc.Arbitrary<readonly Trouble[]> = fc.array(
  fc.record({
    failAt: fc.option(fc.integer({ min: 1, max: 12 })),
    dieAt: fc.option(
      fc.record({ write: fc.integer({ min: 1, max: 12 }), committed: fc.boolean(), forGood: fc.boolean() }),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Every node leads on to the next one at last, and the last one is the exit: so every node can be reached, and can leave. */
function build(
  plan: Plan,
  store: CheckpointStore,
  onNode: (iteration: number) => void,
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
      onNode(iteration);
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

class Dead extends Error {}

/** A store that fails at one of its writes: that one may be done, and where the process dies there, none after it is. */
function mortal(store: CheckpointStore, dieAt: Trouble['dieAt']): CheckpointStore & { failed(): boolean } {
  let writes = 0;
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
    failed: () => dieAt !== null && writes >= dieAt.write,
    create: write(store.create),
    acquire: write(store.acquire),
    append: write(store.append),
    rewind: write(store.rewind),
    release: write(store.release),
    remove: write(store.remove),
  };
}

async function outcome(run: Promise<{ state: State<Notes>; path: readonly string[] }>) {
  try {
    const { state, path } = await run;
    return { data: state.data, path };
  } catch (error) {
    return { error };
  }
}

/** What an undisturbed run comes to, and the checkpoint that it has after each of its nodes. */
async function reference(plan: Plan) {
  const { checkpoints } = memoryStore();
  const graph = build({ ...plan, interval: 1 }, checkpoints, () => {});
  const end = await outcome(graph.run(beginning()));
  const history = await checkpoints.history('r');
  return { end, at: await Promise.all(history.map(({ iteration }) => snapshot(checkpoints, iteration))) };
}

async function snapshot(store: CheckpointStore, at: number) {
  const { iteration, node, path, values } = (await store.load('r', at)) ?? {};
  return { iteration, node, path, values: Object.fromEntries(values ?? []) };
}

const beginning = () => State.create<Notes>({ steps: 0, k0: 'first' }, { runId: 'r' });

/** How many nodes the engine told of as done, and of how many it told that they are saved. */
function listening() {
  const told = { done: 0, saved: 0 };
  const observer: Observer = {
    onEvent({ type, data }) {
      if (type === 'node.complete' && !data.error) told.done = data.iteration;
      if (type === 'checkpoint.save') told.saved = told.done;
    },
  };
  return { told, observer };
}

async function checkPlan(plan: Plan, trouble: readonly Trouble[], store: CheckpointStore): Promise<void> {
  const expected = await reference(plan);
  let committed = 0;
  for (const { failAt, dieAt } of [...trouble, { failAt: null, dieAt: null }]) {
    const ran: number[] = [];
    const { told, observer } = listening();
    told.done = committed;
    const onNode = (iteration: number) => {
      ran.push(iteration);
      if (iteration === failAt) throw new Error('no luck');
    };
    const mortalStore = mortal(store, dieAt);
    const graph = build(plan, mortalStore, onNode, observer);
    const there = await store.find('r');
    const end = await outcome(there ? graph.resume('r', { takeOver: true }) : graph.run(beginning()));
    // No node whose completion was committed runs again, and none is left out.
    expect(ran).toEqual(ran.map((_, index) => committed + index + 1));
    const found = await store.load('r');
    const latest = found?.iteration ?? 0;
    // What was told as saved is there; and everything is, where no write failed.
    expect(latest).toBeGreaterThanOrEqual(Math.max(committed, told.saved));
    if (plan.interval > 0) expect(latest).toBeGreaterThanOrEqual(told.done - (told.done % plan.interval));
    if (!mortalStore.failed()) expect(latest).toBe(told.done);
    if (found) {
      expect(await snapshot(store, latest)).toEqual(expected.at[latest]);
    }
    committed = latest;
    if ('data' in end) expect(end).toEqual(expected.end);
    else if (failAt === null && dieAt === null)
      expect(String(end.error)).toBe(String((expected.end as { error: unknown }).error));
    else if ('data' in expected.end)
      expect([ExecutionError, Dead].some((kind) => end.error instanceof kind)).toBe(true);
  }
  if ('data' in expected.end) expect((await store.find('r'))?.status).toBe('completed');
}

describe('random graphs with random failures and kills lose no committed node', () => {
  test('in memory', async () => {
    await fc.assert(
      fc.asyncProperty(plans, troubles, (plan, trouble) => checkPlan(plan, trouble, memoryStore().checkpoints)),
      { numRuns: 300 },
    );
  });

  test('in a libSQL file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chorale-property-'));
    let file = 0;
    try {
      await fc.assert(
        fc.asyncProperty(plans, troubles, async (plan, trouble) => {
          const store = libsqlStore({ path: join(folder, `${++file}.db`) });
          try {
            await checkPlan(plan, trouble, store.checkpoints);
          } finally {
            store.close();
          }
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);
});
