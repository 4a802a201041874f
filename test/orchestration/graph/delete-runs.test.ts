import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CheckpointError, InvalidOptionError, RunBusyError, State } from '../../../src/orchestration/index.js';
import { memoryStore, type Store } from '../../../src/orchestration/memory-store/memory-store.js';
import { checkpointMigrations } from '../../../src/store/libsql/checkpoint-store.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { createManualClock } from '../../../src/testing/index.js';
import { type Counter, failing, line, loop, rejection, start } from './counter.js';

const run = (id: string, note?: string) =>
  State.create<Counter>({ count: 0, ...(note !== undefined && { note }) }, { runId: id });
const idsOf = async ({ checkpoints }: Store) => (await checkpoints.list()).map(({ runId }) => runId);

describe('a run is deleted', () => {
  test('by its id', async () => {
    const store = memoryStore();
    const graph = line({ checkpoints: { store, preserve: true } });
    await graph.run(run('one'));
    await graph.run(run('other'));
    expect([await graph.delete('one'), await graph.delete('one')]).toEqual([true, false]);
    expect(await idsOf(store)).toEqual(['other']);
    expect(await rejection(graph.resume('one'))).toBeInstanceOf(CheckpointError);
  });

  test('by no other graph, and not while a worker has it', async () => {
    const store = memoryStore();
    const graph = line(
      { checkpoints: { store, preserve: true } },
      {
        b: async (state) => {
          expect(await rejection(graph.delete('r'))).toBeInstanceOf(RunBusyError);
          expect(await graph.prune({ olderThanMs: 0 })).toBe(0);
          return state;
        },
      },
    );
    await graph.run(start());
    const error = await rejection(loop(2, { checkpoints: { store } }).delete('r'));
    expect(error.message).toBe("run r: this is a run of graph 'line', not of graph 'loop'");
    expect(await idsOf(store)).toEqual(['r']);
  });

  test('also where the graph has changed since', async () => {
    const store = memoryStore();
    await line({ checkpoints: { store, preserve: true } }).run(start());
    expect(await line({ version: '2', checkpoints: { store } }).delete('r')).toBe(true);
  });
});

describe('runs are pruned', () => {
  test('by status and age, those of this graph only', async () => {
    const store = memoryStore();
    const runtime = createManualClock();
    const b = failing();
    const graph = line({ checkpoints: { store, preserve: true }, runtime }, { b });
    await loop(1, { checkpoints: { store, preserve: true }, runtime }).run(run('of another'));
    await rejection(graph.run(run('failed early')));
    await runtime.advance(1_000);
    await rejection(graph.run(run('failed late')));
    b.broken = false;
    await graph.run(run('completed'));
    expect(await graph.prune({ status: 'failed', olderThanMs: 1_001 })).toBe(0);
    expect(await graph.prune({ status: 'failed', olderThanMs: 1_000 })).toBe(1);
    expect(await idsOf(store)).toEqual(['completed', 'failed late', 'of another']);
    expect(await graph.prune({ status: ['failed', 'completed'] })).toBe(2);
    expect(await idsOf(store)).toEqual(['of another']);
  });

  test.for([
    [{}, /olderThanMs/],
    [{ status: 'done' }, /status must be one of pending, running/],
    [{ status: 7 }, /status/],
    [{ olderThanMs: -1 }, /olderThanMs/],
    [{ olderThan: 1 }, /did you mean/],
  ] as const)('with options that are checked: %j', async ([options, problem]) => {
    const graph = line({ checkpoints: { store: memoryStore() } });
    const error = await rejection(graph.prune(options as object));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(problem);
  });
});

describe('a file shrinks', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chorale-delete-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const long = 'x'.repeat(1_000_000);

  test.for(['new', 'of the version before'])('when runs are pruned or deleted: a file that is %s', async (age) => {
    const path = join(folder, 'runs.db');
    if (age !== 'new') openDatabase(path, checkpointMigrations.slice(0, 2), 'checkpoints').close();
    const store = libsqlStore({ path });
    const graph = line({ checkpoints: { store, preserve: true } });
    const empty = statSync(path).size;
    for (const deleted of [() => graph.prune({ status: 'completed' }), () => graph.delete('r')]) {
      await graph.run(run('r', long));
      expect(await deleted()).toBeTruthy();
      expect(statSync(path).size).toBeLessThan(empty + 300_000);
    }
    await graph.run(run('r'));
    store.close();
    const again = libsqlStore({ path });
    expect(await idsOf(again)).toEqual(['r']);
    again.close();
  });
});
