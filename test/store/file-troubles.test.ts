import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { StoreError } from '../../src/analysis/store-errors.js';
import { createEngine, defineStep, defineWorkflow, State, StateGraph } from '../../src/orchestration/index.js';
import type { Store } from '../../src/orchestration/memory-store/memory-store.js';
import { checkpointMigrations, libsqlCheckpoints } from '../../src/store/libsql/checkpoint-store.js';
import { libsqlStore } from '../../src/store/libsql/libsql-store.js';
import { openDatabase } from '../../src/store/libsql/open-database.js';
import { workflowMigrations } from '../../src/store/libsql/workflow-sql.js';

let folder: string;
let path: string;
/** What is to be undone after a test, the last first. */
const undo: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chorale-troubles-'));
  path = join(folder, 'runs.db');
  undo.push(() => rmSync(folder, { recursive: true }));
});

afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

const large = 'x'.repeat(4_000);

type Growing = Record<string, unknown> & { readonly count: number };

/** A graph that writes a page at every node, and tells which iterations ran. */
function growing(store: Pick<Store, 'checkpoints'>, nodes: number, ran: number[] = []) {
  return new StateGraph<Growing>({ name: 'growing', maxIterations: nodes + 1, checkpoints: { store, preserve: true } })
    .addNode('grow', (state, { iteration }) => {
      ran.push(iteration);
      return state.merge({ count: iteration, [`k${iteration}`]: large } as Partial<Growing>);
    })
    .addNode('end', (state) => state)
    .addEdge('grow', 'end', (state) => state.get('count') >= nodes)
    .addEdge('grow', 'grow', undefined, 'again')
    .setEntryPoint('grow')
    .setExitPoint('end')
    .compile();
}

const start = () => State.create<Growing>({ count: 0 }, { runId: 'r' });

/** A file with a run of some nodes. */
async function written(nodes = 20): Promise<void> {
  const store = libsqlStore({ path });
  await growing(store, nodes).run(start());
  store.close();
}

/** What a call fails with, which must be one line. */
async function failureOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).not.toContain('\n');
    return String(error).replace(folder, '…');
  }
  throw new Error('it was to fail');
}

/** A small file system of its own, or a skip that says why there is none. */
function mounted({ skip }: TestContext, size: string) {
  const place = join(folder, 'mounted');
  mkdirSync(place);
  const mount = (...options: string[]) => execFileSync('mount', options, { stdio: 'ignore' });
  try {
    mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place);
  } catch {
    skip('this process may not mount a tmpfs');
  }
  // The driver lets go of a file only when its statements are collected.
  undo.push(() => execFileSync('umount', ['--lazy', place]));
  return { place, remount: (option: string) => mount('-o', `remount,${option}`, place) };
}

describe('a libSQL file', { timeout: 30_000 }, () => {
  test('is in WAL mode, also where it was not before, and its log stays small', async () => {
    writeFileSync(path, '');
    const store = libsqlStore({ path });
    // The read and write versions in the header of a file in WAL mode.
    expect([...readFileSync(path).subarray(18, 20)]).toEqual([2, 2]);
    await growing(store, 2_000).run(start());
    expect(statSync(path).size).toBeGreaterThan(8_000_000);
    expect(statSync(`${path}-wal`).size).toBeLessThan(6_000_000);
    store.close();
  });

  test('holds everything when it is closed, without the log beside it', async () => {
    await written();
    const copy = join(folder, 'copy.db');
    copyFileSync(path, copy);
    const store = libsqlStore({ path: copy });
    expect(await store.checkpoints.load('r')).toMatchObject({ iteration: 21, node: 'end' });
    store.close();
  });

  test('of an older version is brought up to date with what is in it, and its worker goes on', async () => {
    const older = openDatabase(path, checkpointMigrations.slice(0, 1), 'checkpoints');
    const rows = [
      `INSERT INTO graph_runs VALUES (1, 'r', 'g', 'i', 'running', 1, 5, 6, 7, 900)`,
      `INSERT INTO graph_checkpoints VALUES ('r', 0, NULL, '[]', '[]', 5), ('r', 1, 'a', '["a"]', '["key"]', 6)`,
      `INSERT INTO graph_values VALUES ('r', 'x', 0, '1'), ('r', 'y', 0, '2'), ('r', 'x', 1, '[3]'), ('r', 'y', 1, NULL)`,
    ];
    for (const row of rows) older.prepare(row).run();
    older.close();
    const { checkpoints, workflows, close } = libsqlStore({ path });
    expect(await checkpoints.load('r')).toEqual({
      iteration: 1,
      node: 'a',
      path: ['a'],
      values: [['x', '[3]']],
      secretNames: ['key'],
      savedAt: 6,
    });
    expect(await workflows.list({ limit: 9 })).toEqual([]);
    await checkpoints.renew({ runId: 'r', token: 7 }, 950);
    await expect(checkpoints.acquire('r', { now: 949, until: 990, takeOver: false })).rejects.toThrow('another worker');
    expect((await checkpoints.acquire('r', { now: 950, until: 990, takeOver: false })).token).toBe(8);
    close();
    const versions = openDatabase(path).prepare('SELECT component, version FROM schema_versions ORDER BY component');
    expect(versions.all()).toMatchObject([
      { component: 'checkpoints', version: checkpointMigrations.length },
      { component: 'workflows', version: workflowMigrations.length },
    ]);
  });

  test.for([
    ['checkpoints', checkpointMigrations],
    ['workflows', workflowMigrations],
  ] as const)('of a newer version is refused, and stays as it is: %s', async ([component, migrations]) => {
    openDatabase(path, [...migrations, 'CREATE TABLE later (x)'], component).close();
    const known = migrations.length;
    const before = readFileSync(path);
    expect(await failureOf(() => libsqlStore({ path }))).toBe(
      `StoreError: …/runs.db: the tables of '${component}' have schema ${known + 1}, and this version of chorale knows ` +
        `${known}; use the newer version that wrote them, or another file`,
    );
    if (component === 'checkpoints') expect(readFileSync(path)).toEqual(before);
  });
});

describe('a libSQL file that is damaged', { timeout: 30_000 }, () => {
  /** The run in it, as it was. @throws StoreError */
  async function read(file: string): Promise<unknown> {
    const store = libsqlStore({ path: file });
    try {
      return await store.checkpoints.load('r');
    } finally {
      store.close();
    }
  }

  test('anywhere gives the run as it was, or says so in one line', async () => {
    await written();
    const run = await read(path);
    const messages = new Set<string>();
    for (let page = 0; page < statSync(path).size / 4_096; page += 1) {
      const damaged = join(folder, `${page}.db`);
      copyFileSync(path, damaged);
      const file = openSync(damaged, 'r+');
      writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, page * 4_096);
      closeSync(file);
      const end = await read(damaged).catch((error: unknown) => failureOf(() => Promise.reject(error)));
      if (typeof end === 'string') messages.add(end.replace(`${page}.db`, 'runs.db'));
      else expect(end, `page ${page}`).toEqual(run);
    }
    const remedy = 'move it away, restore a copy, or choose another path';
    expect([...messages]).toEqual([
      `StoreError: …/runs.db: this is not a database, or it is damaged; ${remedy}`,
      `StoreError: …/runs.db: the database is damaged; ${remedy}`,
    ]);
  });

  test.for([50, 100, 4_096, 40_000])('after %i bytes says so', async (bytes) => {
    await written();
    const short = join(folder, 'short.db');
    writeFileSync(short, readFileSync(path).subarray(0, bytes));
    expect(await failureOf(() => read(short))).toMatch(
      /^StoreError: …\/short\.db: (the database|this is not a database, or it) is damaged; move it away/,
    );
  });
});

describe('a libSQL file that cannot be written', { timeout: 30_000 }, () => {
  test('because it or its folder is read-only says so when it is opened', async (context) => {
    await written();
    let place = folder;
    if (process.getuid?.() === 0) {
      const { place: other, remount } = mounted(context, '2m');
      copyFileSync(path, join(other, 'runs.db'));
      remount('ro');
      place = other;
    } else {
      rmSync(`${path}-wal`);
      chmodSync(path, 0o444);
      chmodSync(folder, 0o555);
      undo.push(() => chmodSync(folder, 0o755));
    }
    for (const name of ['runs.db', 'new.db']) {
      expect(await failureOf(() => libsqlStore({ path: join(place, name) }))).toMatch(
        new RegExp(`${name}: the file cannot be (opened|written); make the file and its folder writable, or choose`),
      );
    }
  });

  test('because it is a folder says so', async () => {
    expect(await failureOf(() => libsqlStore({ path: folder }))).toBe(
      'StoreError: …: this is not a file; give the path of a file',
    );
  });

  test('because the disk is full fails the graph, which goes on when there is room', async (context) => {
    const { place, remount } = mounted(context, '1m');
    const store = libsqlStore({ path: join(place, 'runs.db') });
    undo.push(store.close);
    const ran: number[] = [];
    const graph = growing(store, 500, ran);
    const error = await graph.run(start()).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(
      /^ExecutionError: graph 'growing': the completion of node 'grow' could not be written: .*runs\.db: the disk is full; make room, and run again: what was written is kept$/,
    );
    const failedAt = ran.length;
    expect(failedAt).toBeGreaterThan(5);
    expect((await store.checkpoints.load('r'))?.iteration).toBe(failedAt - 1);
    remount('size=64m');
    const { iterations } = await graph.resume('r', { takeOver: true });
    expect(iterations).toBe(501);
    expect(ran).toEqual([
      ...Array.from({ length: failedAt }, (_, index) => index + 1),
      ...Array.from({ length: 501 - failedAt }, (_, index) => failedAt + index),
    ]);
  });

  test('because the disk is full fails the workflow, which goes on when there is room', async (context) => {
    const { place, remount } = mounted(context, '1m');
    const store = libsqlStore({ path: join(place, 'runs.db') });
    undo.push(store.close);
    const ran: string[] = [];
    const step = <const Id extends string>(id: Id, size: number) =>
      defineStep({
        id,
        run: () => {
          ran.push(id);
          return 'x'.repeat(size);
        },
      });
    const workflow = defineWorkflow('w')
      .thenStep(step('a', 10))
      .thenStep(step('b', 2_000_000))
      .thenStep(step('c', 1))
      .build();
    const engine = createEngine({ store });
    await expect(engine.run(workflow, null, { runId: 'r' })).rejects.toThrow(
      /^workflow 'w' run r: what step 'b' did could not be recorded: .*runs\.db: the disk is full; make room, and run again: what was written is kept$/,
    );
    expect((await engine.get('r'))?.steps.map(({ step: id, status }) => `${id} ${status}`)).toEqual([
      'a completed',
      'b running',
    ]);
    remount('size=64m');
    await expect(engine.resume(workflow, 'r', { takeOver: true })).resolves.toMatchObject({ output: 'x' });
    expect(ran).toEqual(['a', 'b', 'b', 'c']);
  });
});

describe('a libSQL file that another process has locked', { timeout: 30_000 }, () => {
  async function lockedFor(ms: number) {
    openDatabase(path, checkpointMigrations, 'checkpoints').close();
    const program = `
      const Database = require('libsql');
      new Database(${JSON.stringify(path)}).exec('BEGIN IMMEDIATE');
      require('node:fs').writeSync(1, 'locked');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});`;
    const child = spawn(process.execPath, ['--eval', program], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const unlock = () => {
      child.kill('SIGKILL');
      return closed;
    };
    undo.push(() => child.kill('SIGKILL'));
    return { unlock, closed };
  }

  test('is waited for as long as was said, and then named in one line; it works when the lock is gone', async () => {
    const { unlock } = await lockedFor(60_000);
    const locked =
      'StoreError: …/runs.db: the database is locked by another process; end that process, or try again when it is done';
    const before = performance.now();
    const open = () => openDatabase(path, checkpointMigrations, 'checkpoints', { busyTimeoutMs: 200 });
    expect(await failureOf(open)).toBe(locked);
    expect(performance.now() - before).toBeGreaterThanOrEqual(190);
    await unlock();
    const database = open();
    const checkpoints = libsqlCheckpoints(database);
    const again = await lockedFor(60_000);
    const first = { iteration: 0, node: null, visited: [], set: [], removed: [], secretNames: [], savedAt: 1 };
    const create = () => checkpoints.create({ runId: 'r', graph: 'g', identity: 'i', first, leasedUntil: 9 });
    expect(await failureOf(create)).toBe(locked);
    // Others may read what was committed.
    expect(await checkpoints.find('r')).toBeUndefined();
    await again.unlock();
    await create();
    expect(await checkpoints.find('r')).toMatchObject({ runId: 'r' });
    database.close();
  });

  test('is written when the lock is gone in time', async () => {
    const { closed } = await lockedFor(300);
    const before = performance.now();
    const store = libsqlStore({ path });
    expect(performance.now() - before).toBeLessThan(5_000);
    await growing(store, 2).run(start());
    store.close();
    await closed;
  });
});
