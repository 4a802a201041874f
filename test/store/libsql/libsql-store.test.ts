import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreError } from '../../../src/analysis/store-errors.js';
import { StateGraph } from '../../../src/orchestration/index.js';
import { libsqlCheckpoints } from '../../../src/store/libsql/checkpoint-store.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { type Database, openDatabase } from '../../../src/store/libsql/open-database.js';

let folder: string;
const path = () => join(folder, 'runs.db');
const open: { close(): void }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chorale-store-'));
});

afterEach(() => {
  for (const one of open.splice(0)) one.close();
  rmSync(folder, { recursive: true });
});

function keep<T extends { close(): void }>(opened: T): T {
  open.push(opened);
  return opened;
}

/** A graph that counts in one of so many keys, so many times. */
function counting(keys: number, times: number) {
  const graph = new StateGraph<Record<string, unknown>>({
    name: 'counting',
    maxIterations: times,
    checkpoints: { store: keep(libsqlStore({ path: path() })), preserve: true },
  });
  for (let index = 0; index < times; index += 1) {
    graph.addNode(`n${index}`, (state) => state.set('k0', index));
    if (index > 0) graph.addEdge(`n${index - 1}`, `n${index}`);
  }
  const initial = Object.fromEntries(Array.from({ length: keys }, (_, index) => [`k${index}`, 'x'.repeat(100)]));
  return graph
    .setEntryPoint('n0')
    .setExitPoint(`n${times - 1}`)
    .compile()
    .run(initial);
}

const count = (database: Database, table: string) =>
  Number(database.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).get()?.rows);

describe('a libSQL file', () => {
  test('takes per checkpoint what changed, however large the state', async () => {
    await counting(200, 50);
    const database = keep(openDatabase(path()));
    expect([count(database, 'graph_values'), count(database, 'graph_checkpoints')]).toEqual([250, 51]);
  });

  test('is read by another process, and after it was closed', async () => {
    const { runId } = await counting(3, 2);
    const again = keep(libsqlStore({ path: path() }));
    expect((await again.checkpoints.find(runId))?.status).toBe('completed');
    expect((await again.checkpoints.load(runId, 1))?.values).toHaveLength(3);
  });

  test('is refused where it is none, and stays as it is', () => {
    writeFileSync(path(), 'this is a text, and no database '.repeat(100));
    expect(() => libsqlStore({ path: path() })).toThrow(StoreError);
    expect(() => libsqlStore({ path: path() })).toThrow('this is not a database, or it is damaged');
    expect(readFileSync(path(), 'utf8')).toMatch(/^this is a text/);
  });

  test('is refused where it lies behind an address, saying why', () => {
    expect(() => libsqlStore({ path: 'libsql://runs.example.org' })).toThrow('a remote database is not supported');
  });

  test('that is locked by another process fails the run with what to do', async () => {
    const blocker = keep(openDatabase(path()));
    const store = { checkpoints: libsqlCheckpoints(keep(openDatabase(path(), [], '', { busyTimeoutMs: 1 }))) };
    const graph = new StateGraph<Record<string, unknown>>({ name: 'g', checkpoints: { store } })
      .addNode('a', (state) => state)
      .setEntryPoint('a')
      .setExitPoint('a')
      .compile();
    blocker.prepare('BEGIN IMMEDIATE').run();
    await expect(graph.run({})).rejects.toThrow('the database is locked by another process; end that process');
    blocker.prepare('COMMIT').run();
  });

  test('that was closed says so', async () => {
    const store = libsqlStore({ path: path() });
    store.close();
    store.close();
    await expect(store.checkpoints.find('r')).rejects.toThrow('the store has been closed');
  });
});

test('importing chorale does not load the driver', () => {
  const script = `
    import { createRequire } from 'node:module';
    await import(${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)});
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => /[\\\\/]libsql[\\\\/]/.test(file));
    console.log(JSON.stringify(loaded));`;
  const args = ['--input-type=module', '--eval', script];
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  expect(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim()).toBe('[]');
});
