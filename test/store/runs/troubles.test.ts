import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunStore } from '../../../src/analysis/run-store.js';
import { StoreError } from '../../../src/analysis/store-errors.js';
import { isAlive, thisProcess } from '../../../src/foundation/process-identity.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import type { RunStoreOptions } from '../../../src/store/runs/open-run-store.js';
import { decodeCachedPredictions, encodeLookups } from '../../../src/store/runs/outcome-cells.js';
import { RunDatabase } from '../../../src/store/runs/run-database.js';
import { openStore, temporaryFolder, thread } from './open-store.js';
import { foundRows, newRun, recordRows } from './outcomes.js';
import { startRecorder } from './recorder.js';

let folder: string;
let path: string;
const undo: (() => unknown)[] = [];

beforeEach(() => {
  const temporary = temporaryFolder();
  ({ path, folder } = temporary);
  undo.push(temporary.remove);
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function open(place = path, options: Partial<RunStoreOptions> = {}): Promise<RunStore> {
  const store = await openStore(place, options);
  undo.push(() => store.close());
  return store;
}

/** A file with a run of so many rows. */
async function written(rows: number): Promise<void> {
  const store = await open();
  await store.begin(newRun('1'));
  await recordRows(store, rows);
  await store.end('stopped', {});
  await store.close();
}

async function resumed(rows: number, place = path): Promise<number> {
  const store = await openStore(place);
  try {
    await store.begin(newRun('other'));
    return await foundRows(store, rows);
  } finally {
    await store.close();
  }
}

/** The same without a thread: it takes a while to start. */
async function resumedHere(rows: number, place: string): Promise<number> {
  const world = { now: () => Date.now(), identity: thisProcess, isAlive };
  const database = new RunDatabase({ path: place, session: 'here' }, world);
  try {
    database.begin(newRun('other'));
    const lookUp: RunStore['lookUp'] = async (lookups) =>
      decodeCachedPredictions(database.lookUp(encodeLookups(lookups)), place);
    return await foundRows({ lookUp }, rows);
  } finally {
    database.close();
  }
}

async function failureOf(work: Promise<unknown> | undefined): Promise<string> {
  const error: unknown = await Promise.resolve(work).then(
    () => 'nothing',
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreError);
  expect(String(error)).not.toContain('\n');
  return String(error).replace(folder, '…');
}

const locked =
  'StoreError: …/runs.db: the database is locked by another process; end that process, or try again when it is done';

describe('a run store whose file is damaged', { timeout: 60_000 }, () => {
  test('says so where it is no database, or truncated', async () => {
    await written(200);
    const whole = readFileSync(path);
    for (const content of ['garbage '.repeat(1_000), whole.subarray(0, 50), whole.subarray(0, 9_000)]) {
      const damaged = join(folder, 'damaged.db');
      writeFileSync(damaged, content);
      expect(await failureOf(resumed(200, damaged))).toMatch(/is damaged; move it away, restore a copy, or choose/);
    }
  });

  test('gives the right answers or says so, whichever page it is', async () => {
    await written(120);
    const ends = new Set<string>();
    for (let page = 0; page < statSync(path).size / 4_096; page += 1) {
      const damaged = join(folder, 'page.db');
      copyFileSync(path, damaged);
      const file = openSync(damaged, 'r+');
      writeSync(file, Buffer.alloc(2_000, 0x5a), 0, 2_000, page * 4_096 + 1_000);
      closeSync(file);
      // Which rows are found may be fewer: those that are missing are asked again.
      const end = await resumedHere(120, damaged).catch((error: unknown) => failureOf(Promise.reject(error)));
      ends.add(typeof end === 'number' ? 'answers' : 'a message');
    }
    expect([...ends].sort()).toEqual(['a message', 'answers']);
  });
});

describe('a run store over another schema', () => {
  test('adds its tables to a file that has others, which stay', async () => {
    const other = libsqlStore({ path });
    await other.workflows.create({
      ...{ runId: 'w', workflow: 'x', shape: 's', input: null, idempotencyKey: null, createdAt: 1, leaseUntil: 2 },
    });
    other.close();
    await written(40);
    expect(await resumed(40)).toBe(40);
    const again = libsqlStore({ path });
    expect(await again.workflows.load('w')).toBeDefined();
    again.close();
  });

  test('refuses a newer one', async () => {
    await written(1);
    const database = openDatabase(path);
    database.prepare("UPDATE schema_versions SET version = 99 WHERE component = 'runs'").run();
    database.close();
    expect(await failureOf(openStore(path))).toMatch(
      /…\/runs\.db: the tables of 'runs' have schema 99, and this version of chorale knows \d+; use the newer version/,
    );
  });
});

describe('a run store whose file cannot be written for a while', { timeout: 60_000 }, () => {
  test('because another process locks it keeps what it took, and writes it with the next flush', async () => {
    const store = await open(path, { busyTimeoutMs: 20 });
    await store.begin(newRun('1'));
    const other = openDatabase(path);
    undo.push(() => other.close());
    other.prepare('BEGIN IMMEDIATE').run();
    for (let position = 0; position < 10; position += 1) await recordRows(store, 1, position);
    expect(await failureOf(store.flush())).toBe(locked);
    expect(await failureOf(store.lookUp([{ position: 0, key: 'x' }]))).toBe(locked);
    expect(await failureOf(recordRows(store, 1, 10))).toBe(locked);
    other.prepare('COMMIT').run();
    await store.flush();
    expect(await foundRows(store, 11)).toBe(11);
    await recordRows(store, 100, 11);
    await store.end('done', {});
    await store.close();
    expect(await resumed(111)).toBe(111);
  });

  test('because the disk is full says so, and has everything when there is room again', async (context) => {
    const place = join(folder, 'mounted');
    mkdirSync(place);
    const mount = (...options: string[]) => execFileSync('mount', options, { stdio: 'ignore' });
    try {
      mount('-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', place);
    } catch {
      context.skip('this process may not mount a tmpfs');
    }
    undo.push(() => execFileSync('umount', ['--lazy', place]));
    const small = join(place, 'runs.db');
    const store = await open(small);
    await store.begin(newRun('1'));
    let taken = 0;
    const recording = (async () => {
      for (; taken < 20_000; taken += 1) await recordRows(store, 1, taken);
    })();
    expect(await failureOf(recording)).toMatch(/runs\.db: the (disk is full; make room|disk does not answer; look)/);
    // The outcome that was refused was taken all the same.
    taken += 1;
    expect(await failureOf(store.flush())).toMatch(/the disk is full; make room, and run again: what was written is/);
    mount('-o', 'remount,size=64m', place);
    await store.end('stopped', {});
    await store.close();
    expect(await resumed(taken, small)).toBe(taken);
  });

  test('because it is read-only says so', async (context) => {
    await written(1);
    const place = join(folder, 'mounted');
    mkdirSync(place);
    const mount = (...options: string[]) => execFileSync('mount', options, { stdio: 'ignore' });
    try {
      mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', place);
    } catch {
      context.skip('this process may not mount a tmpfs');
    }
    undo.push(() => execFileSync('umount', ['--lazy', place]));
    copyFileSync(path, join(place, 'runs.db'));
    mount('-o', 'remount,ro', place);
    for (const name of ['runs.db', 'new.db']) {
      expect(await failureOf(openStore(join(place, name)))).toMatch(
        /the file cannot be (opened|written); make the file and its folder writable/,
      );
    }
  });

  test('because its thread has died says so, with every call, and what was lasting is there', async () => {
    const dying = `import { parentPort } from 'node:worker_threads';
      await import(${JSON.stringify(thread.href)});
      let writes = 0;
      parentPort.on('message', ({ name }) => { if (name === 'write' && ++writes === 3) process.exit(1); });`;
    const store = await open(path, { thread: new URL(`data:text/javascript,${encodeURIComponent(dying)}`) });
    await store.begin(newRun('1'));
    await recordRows(store, 20);
    await store.flush();
    await recordRows(store, 20, 20);
    await store.flush();
    await recordRows(store, 20, 40);
    const ended = 'StoreError: …/runs.db: the thread that writes it has ended: it has been stopped; run again: ';
    // The last thing that the thread did may have been to say that it is written.
    await store.flush().catch(() => {});
    expect(await failureOf(store.lookUp([{ position: 0, key: 'x' }]))).toContain(ended);
    expect(await failureOf(store.end('stopped', {}))).toContain(ended);
    await store.close();
    const database = openDatabase(path);
    expect(Number(database.prepare('SELECT count(*) AS n FROM outcomes').get()?.n)).toBeGreaterThanOrEqual(40);
    database.close();
  });
});

function recorder(runId: string, digest: string, rows: number) {
  const started = startRecorder(path, runId, digest, rows);
  undo.push(started.kill);
  return started;
}

describe('a run store in several processes', { timeout: 120_000 }, () => {
  test('takes two runs at once', async () => {
    const children = [recorder('1', 'd', 500), recorder('2', 'e', 500)];
    expect(await Promise.all(children.map(({ closed }) => closed))).toEqual([0, 0]);
    const database = openDatabase(path);
    expect(database.prepare('SELECT run, count(*) AS n FROM outcomes GROUP BY run').all()).toMatchObject([
      { run: 1, n: 500 },
      { run: 2, n: 500 },
    ]);
    expect(database.prepare('SELECT status FROM runs').all()).toMatchObject([{ status: 'done' }, { status: 'done' }]);
    database.close();
  });

  test('has what it called lasting when its process is killed', async () => {
    const child = recorder('1', 'd', 100_000);
    child.onLasting((lasting) => {
      if (lasting >= 50) child.kill();
    });
    await child.closed;
    const database = openDatabase(path);
    const rows = database.prepare('SELECT position FROM outcomes ORDER BY position').all();
    database.close();
    expect(rows.length).toBeGreaterThanOrEqual(child.lasting());
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, position) => position));
  });

  test('gives a run to nobody else while its process lives, and to anybody as soon as it is dead', async () => {
    const child = recorder('1', 'd', 1_000_000);
    await new Promise<void>((resolve) => child.onLasting(() => resolve()));
    const store = await open();
    const again = () => store.begin(newRun('2', { input: { names: ['x'], digest: 'd', scan: null, choice: '' } }));
    await expect(again()).rejects.toThrow(
      new RegExp(`^run 1: process ${child.pid} on .* has been working on it since`),
    );
    child.kill();
    await child.closed;
    expect(await again()).toMatchObject({ runId: '1', resumed: { status: 'interrupted' } });
  });
});
