import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { State } from '../../src/orchestration/index.js';
import { memoryStore, type Store } from '../../src/orchestration/memory-store/memory-store.js';
import { RunBusyError } from '../../src/orchestration/run-errors.js';
import { libsqlStore } from '../../src/store/libsql/libsql-store.js';
import { ahead, engineOf, signedGraph, signedWorkflow, type Worker } from './workers/work.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-stale-'));
afterAll(() => rmSync(folder, { recursive: true }));

let file = 0;
const stores: Readonly<Record<string, () => Store>> = {
  memory: memoryStore,
  libsql: () => libsqlStore({ path: join(folder, `${++file}.db`) }),
};

/** What a worker waits for in its second node or step: another test decides how it ends. */
function pause() {
  let reached = () => {};
  let end = (_error?: Error) => {};
  const inside = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const over = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve());
  });
  const wait = () => {
    reached();
    return over;
  };
  return { inside, wait, end: (error?: Error) => end(error) };
}

const runs = {
  graph: {
    start: async (worker: Worker) => {
      const { state } = await signedGraph(worker).run(State.create({ by: [] }, { runId: 'r' }));
      return state.get('by');
    },
    resume: async (worker: Worker) => (await signedGraph(worker).resume('r')).state.get('by'),
    recorded: async ({ checkpoints }: Store) => ({
      ...(await checkpoints.find('r')),
      at: await checkpoints.load('r'),
      history: await checkpoints.history('r'),
    }),
  },
  workflow: {
    start: async (worker: Worker) => (await engineOf(worker).run(signedWorkflow(worker), [], { runId: 'r' })).output,
    resume: async (worker: Worker) => (await engineOf(worker).resume(signedWorkflow(worker), 'r')).output,
    recorded: ({ workflows }: Store) => workflows.load('r'),
  },
};

const cases = Object.entries(runs).flatMap(([kind, run]) =>
  Object.entries(stores).map(([name, create]) => ({ kind, name, run, create })),
);

describe.for(cases)('of a $kind (store: $name), a worker whose lease ended', ({ run, create }) => {
  /** One that waits in `b`, and one whose clock says that the lease of the first has ended. */
  async function twoWorkers(second: ReturnType<typeof pause>) {
    const store = create();
    const first = pause();
    const log = join(folder, 'log');
    writeFileSync(log, '');
    const worker = (name: string, { wait }: ReturnType<typeof pause>, aheadMs: number): Worker => ({
      name,
      store,
      log,
      leaseMs: 600_000,
      pause: wait,
      runtime: ahead(aheadMs),
    });
    const late = run.start(worker('first', first, 0));
    late.catch(() => {});
    await first.inside;
    await expect(run.resume(worker('early', second, 599_000))).rejects.toThrow(RunBusyError);
    return { store, first, late, resumed: run.resume(worker('second', second, 601_000)) };
  }

  test.for(['result', 'failure'])('brings a late %s, and nothing that the other recorded changes', async (what) => {
    const second = pause();
    second.end();
    const { store, first, late, resumed } = await twoWorkers(second);
    expect(await resumed).toEqual(['first a', 'second b', 'second c']);
    const recorded = await run.recorded(store);
    expect(recorded).toMatchObject({ status: 'completed' });
    first.end(what === 'failure' ? new Error('too late') : undefined);
    await expect(late).rejects.toThrow(RunBusyError);
    expect(await run.recorded(store)).toEqual(recorded);
    store.close();
  });

  test.for(['result', 'failure'])('brings a %s while the other works, which goes on and completes', async (what) => {
    const second = pause();
    const { store, first, late, resumed } = await twoWorkers(second);
    await second.inside;
    const recorded = await run.recorded(store);
    expect(recorded).toMatchObject({ status: 'running' });
    first.end(what === 'failure' ? new Error('too late') : undefined);
    await expect(late).rejects.toThrow(RunBusyError);
    expect(await run.recorded(store)).toEqual(recorded);
    second.end();
    expect(await resumed).toEqual(['first a', 'second b', 'second c']);
    expect(await run.recorded(store)).toMatchObject({ status: 'completed' });
    store.close();
  });
});
