import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { createEngine, defineStep, defineWorkflow, StateGraph } from '../../../src/orchestration/index.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { openDatabase } from '../../../src/store/libsql/open-database.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const end of cleanUp.splice(0)) end();
});

/** A store, and a second connection to its file that takes the lock of writers. */
function openLocked(name: string) {
  const path = `${folder}/${name}.db`;
  const store = libsqlStore({ path });
  const other = openDatabase(path);
  cleanUp.push(
    () => store.close(),
    () => other.close(),
  );
  other.prepare('BEGIN IMMEDIATE').run();
  return { store, release: () => other.prepare('COMMIT').run() };
}

/** Turns of the event loop with a timer, until the work is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  while (!done) {
    await pause(5);
    turns += 1;
  }
  return turns;
}

describe('while another connection writes, the process does not stand still', () => {
  test('for a workflow, which runs when the lock is free', async () => {
    const { store, release } = openLocked('workflow');
    const workflow = defineWorkflow('w')
      .thenStep(defineStep({ id: 'a', run: () => 1 }))
      .build();
    const run = createEngine({ store: store.workflows }).run(workflow, null);
    const turns = turnsDuring(run);
    await pause(100);
    release();
    expect((await run).output).toBe(1);
    expect(await turns).toBeGreaterThan(5);
  });

  test('for a graph, which runs when the lock is free', async () => {
    const { store, release } = openLocked('graph');
    const graph = new StateGraph<{ count: number }>({ name: 'g', checkpoints: { store } })
      .addNode('a', (state) => state.set('count', 1))
      .setEntryPoint('a')
      .setExitPoint('a')
      .compile();
    const run = graph.run({ count: 0 });
    const turns = turnsDuring(run);
    await pause(100);
    release();
    expect((await run).state.data).toEqual({ count: 1 });
    expect(await turns).toBeGreaterThan(5);
  });

  test('for writes, which take effect in the order of their calls', async () => {
    const path = `${folder}/order.db`;
    const database = openDatabase(path, ['CREATE TABLE notes (seq INTEGER PRIMARY KEY, note INTEGER)'], 'notes', {
      waits: false,
    });
    const other = openDatabase(path);
    cleanUp.push(
      () => database.close(),
      () => other.close(),
    );
    const add = database.prepare('INSERT INTO notes (note) VALUES (?)');
    other.prepare('BEGIN IMMEDIATE').run();
    const waiting = [0, 1, 2].map((note) => database.write(() => add.run(note)));
    const failing = Promise.resolve(
      database.write(() => {
        add.run(99);
        throw new Error('not this one');
      }),
    );
    failing.catch(() => {});
    await pause(20);
    other.prepare('COMMIT').run();
    const last = database.write(() => add.run(3));
    await Promise.all([...waiting, last]);
    await expect(failing).rejects.toThrow('not this one');
    const notes = database.prepare('SELECT note FROM notes ORDER BY seq').all();
    expect(notes.map(({ note }) => note)).toEqual([0, 1, 2, 3]);
    expect(database.write(() => add.run(4))).toBe(1);
  });

  test('but the wait has an end, with an error that says what to do', async () => {
    const path = `${folder}/end.db`;
    const options = { waits: false, busyTimeoutMs: 30 };
    const database = openDatabase(path, ['CREATE TABLE notes (note INTEGER)'], 'notes', options);
    const other = openDatabase(path);
    cleanUp.push(
      () => database.close(),
      () => other.close(),
    );
    other.prepare('BEGIN IMMEDIATE').run();
    const standStill = vi.spyOn(Atomics, 'wait');
    cleanUp.push(() => standStill.mockRestore());
    const write = Promise.resolve(database.write(() => 1));
    await expect(write).rejects.toMatchObject({
      code: 'CHORALE_STORE',
      message: expect.stringContaining('the database is locked by another process'),
    });
    expect(standStill).not.toHaveBeenCalled();
  });
});
