import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type AnyStep,
  createEngine,
  defineStep,
  defineWorkflow,
  type NodeFunction,
  State,
  StateGraph,
  type Workflow,
} from '../../src/orchestration/index.js';
import { memoryStore, type Store } from '../../src/orchestration/memory-store/memory-store.js';
import { libsqlCheckpoints } from '../../src/store/libsql/checkpoint-store.js';
import { openDatabase } from '../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../src/store/libsql/workflow-store.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-cost-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What every write cost, in order: what the store was given, and by how much its file grew (null in memory). */
interface Cost {
  readonly given: number;
  readonly grown: number | null;
}

let file = 0;

const stores: Readonly<Record<string, () => Store & { readonly grown: () => number | null }>> = {
  memory: () => ({ ...memoryStore(), grown: () => null }),
  libsql() {
    const path = join(folder, `${++file}.db`);
    const database = openDatabase(path);
    // Without it, what is written later would overwrite the log from its beginning.
    database.prepare('PRAGMA wal_autocheckpoint = 0').get();
    const checkpoints = libsqlCheckpoints(database);
    const workflows = libsqlWorkflows(database);
    const size = () => statSync(`${path}-wal`).size;
    let before = size();
    const grown = () => {
      const growth = size() - before;
      before += growth;
      return growth;
    };
    return { checkpoints, workflows, async [Symbol.asyncDispose]() {}, close: () => database.close(), grown };
  },
};

/** A store, and what its writes cost but for the beginning of a run. */
function measured(create: (typeof stores)[string]) {
  const store = create();
  const costs: Cost[] = [];
  const note = (given: unknown) => costs.push({ given: JSON.stringify(given).length, grown: store.grown() });
  const { checkpoints, workflows } = store;
  return {
    costs,
    close: store.close,
    checkpoints: {
      ...checkpoints,
      async create(run: Parameters<typeof checkpoints.create>[0]) {
        const lease = await checkpoints.create(run);
        store.grown();
        return lease;
      },
      async append(...given: Parameters<typeof checkpoints.append>) {
        await checkpoints.append(...given);
        note(given);
      },
    },
    workflows: {
      async create(run: Parameters<typeof workflows.create>[0]) {
        const made = await workflows.create(run);
        store.grown();
        return made;
      },
      claim: workflows.claim.bind(workflows),
      cancel: workflows.cancel.bind(workflows),
      delete: workflows.delete.bind(workflows),
      prune: workflows.prune.bind(workflows),
      load: workflows.load.bind(workflows),
      list: workflows.list.bind(workflows),
      async commit(...given: Parameters<typeof workflows.commit>) {
        const answer = await workflows.commit(...given);
        note(given);
        return answer;
      },
    },
  };
}

const page = 4_096;

/** That the last writes cost what the first did: the digits of a count, and a level of an index, may come on top. */
function expectLevel(costs: readonly Cost[]): void {
  const mean = (some: readonly Cost[], of: 'given' | 'grown') =>
    some.reduce((sum, cost) => sum + (cost[of] ?? 0), 0) / some.length;
  const [first, last] = [costs.slice(10, 60), costs.slice(-50)];
  expect(last).toHaveLength(50);
  expect(mean(last, 'given')).toBeLessThan(mean(first, 'given') + 20);
  expect(mean(last, 'grown')).toBeLessThanOrEqual(mean(first, 'grown') + 3 * page);
}

/** That no write cost more than a small change does. */
function expectSmall(costs: readonly Cost[]): void {
  for (const { given, grown } of costs) {
    expect(given).toBeLessThan(1_000);
    expect(grown ?? 0).toBeLessThan(20 * page);
  }
}

type Wide = Record<string, unknown> & { readonly count: number };

const large = () => Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`k${index}`, 'x'.repeat(1_000)]));

/** A graph that does the same so many times. */
function repeating(store: Pick<Store, 'checkpoints'>, times: number, work: NodeFunction<Wide>) {
  return new StateGraph<Wide>({ name: 'g', maxIterations: times + 2, checkpoints: { store, preserve: true } })
    .addNode('work', work)
    .addNode('end', (state) => state)
    .addEdge('work', 'end', (state) => state.get('count') >= times)
    .addEdge('work', 'work', undefined, 'again')
    .setEntryPoint('work')
    .setExitPoint('end')
    .compile();
}

const countOn: NodeFunction<Wide> = (state) => state.set('count', state.get('count') + 1);

describe.for(Object.entries(stores))('a checkpoint of a graph (%s)', { timeout: 30_000 }, ([, create]) => {
  test('costs the same after four hundred nodes as after ten', async () => {
    const store = measured(create);
    await repeating(store, 400, countOn).run({ count: 0 });
    expect(store.costs).toHaveLength(401);
    expectLevel(store.costs);
    expectSmall(store.costs);
    store.close();
  });

  test.for<readonly [string, NodeFunction<Wide>]>([
    ['sets one key', countOn],
    ['merges one key', (state) => state.merge({ count: state.get('count') + 1 } as Partial<Wide>)],
    ['merges a state that it made of its own', (state, context) => state.merge(countOn(state, context) as State<Wide>)],
    ['makes a new state of the data', ({ data }) => State.create<Wide>({ ...data, count: data.count + 1 })],
    ['adds and deletes a key', (state) => state.set(`n${state.get('count')}`, 1).set('count', state.get('count') + 1)],
  ])('costs a small change of a large state where a node %s', async ([, work]) => {
    const store = measured(create);
    await repeating(store, 25, work).run({ ...large(), count: 0 });
    expect(store.costs).toHaveLength(26);
    expectSmall(store.costs);
    store.close();
  });

  test('costs a small change after a resume, too', async () => {
    const store = measured(create);
    let broken = true;
    const graph = repeating(store, 20, (state, context) => {
      if (broken && context.iteration === 10) throw new Error('no luck');
      return countOn(state, context);
    });
    await graph.run(State.create<Wide>({ ...large(), count: 0 }, { runId: 'r' })).catch(() => {});
    broken = false;
    await graph.resume('r');
    expect(store.costs).toHaveLength(21);
    expectSmall(store.costs);
    store.close();
  });
});

/** A workflow of so many steps in a line. */
function chained(steps: number, work: (index: number) => Parameters<typeof defineStep>[0]['run']): Workflow<string> {
  let builder = defineWorkflow('chain') as unknown as {
    thenStep(step: AnyStep): typeof builder;
    build(): Workflow<string>;
  };
  for (let index = 0; index < steps; index += 1) {
    builder = builder.thenStep(defineStep({ id: `s${index}`, run: work(index) }));
  }
  return builder.build();
}

describe.for(Object.entries(stores))('a change of a workflow (%s)', { timeout: 30_000 }, ([, create]) => {
  test('costs the same after four hundred steps as after ten', async () => {
    const store = measured(create);
    await createEngine({ store }).run(
      chained(
        400,
        () =>
          ({ state }) =>
            state.set('latest', 1),
      ),
      'in',
    );
    expect(store.costs).toHaveLength(401);
    expectLevel(store.costs);
    expectSmall(store.costs);
    store.close();
  });

  test('costs a small change where the input, the outputs before and the state are large', async () => {
    const store = measured(create);
    const workflow = chained(60, (index) => ({ state }) => {
      if (index === 0) for (const [key, value] of Object.entries(large())) state.set(key, value);
      state.set('count', index);
      return index === 1 ? 'y'.repeat(1_000_000) : index;
    });
    await createEngine({ store }).run(workflow, 'x'.repeat(1_000_000));
    const [opening, wide, long, ...small] = store.costs;
    expectSmall(opening ? [opening] : []);
    expect(Math.min(wide?.given ?? 0, long?.given ?? 0)).toBeGreaterThan(1_000_000);
    expect(small).toHaveLength(58);
    expectSmall(small);
    store.close();
  });
});
