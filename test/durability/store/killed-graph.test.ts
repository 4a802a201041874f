import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBounded } from '../../../src/orchestration/index.js';
import { compileKilledProcess } from './killed/compile.js';
import type { DriverWrite } from './killed/driver-writes.js';
import { goOnWithGraph } from './killed/graph.js';
import { committedBy, Lives, type Point, pointsOf } from './killed/lives.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

let program: string;
const livesOf = (name: string) => new Lives(program, 'graph', join(folder, `${name}.db`));

/** What an undisturbed process writes, and what comes of it. */
let writes: readonly DriverWrite[];
let expected: Awaited<ReturnType<typeof outcomeOf>>;
/** As in `3 split`. */
let order: readonly string[];

beforeAll(async () => {
  mkdirSync(join(folder, 'program'));
  program = compileKilledProcess(join(folder, 'program'));
  const whole = livesOf('whole');
  ({ writes } = await whole.next());
  order = whole.ledger().ran;
  expected = await outcomeOf(whole);
});

describe('a process that runs a graph and is killed', { timeout: 300_000 }, () => {
  test('may be killed at any write: the migrations, the beginning, each of 15 completions of 12 nodes, the end', () => {
    expect([order.length, new Set(order.map((line) => line.split(' ')[1])).size]).toEqual([15, 12]);
    expect(expected.path).toEqual(order.map((line) => line.split(' ')[1]));
    const kinds = [
      'PRAGMA journal_mode',
      'CREATE TABLE graph_runs',
      'CREATE TABLE graph_tokens',
      'CREATE TABLE graph_records',
      'INSERT INTO graph_runs',
    ];
    for (const kind of kinds)
      expect(
        writes.filter(({ sql }) => sql.startsWith(kind)),
        kind,
      ).toHaveLength(1);
    expect(writes.filter(({ sql }) => sql.startsWith('INSERT INTO graph_checkpoints'))).toHaveLength(16);
    expect(writes.filter(({ sql }) => sql === 'BEGIN IMMEDIATE')).toHaveLength(18);
    expect(writes.filter(({ sql }) => sql === 'COMMIT')).toHaveLength(18);
    expect(pointsOf(writes).length).toBe(writes.length + 18 + 1);
  });

  test('at any of them loses no committed node, runs none again, and comes to the same end', async () => {
    const failures = await runBounded(
      pointsOf(writes),
      async (point) => {
        const lives = livesOf(nameOf(point));
        expect((await lives.next(point)).signal).toBe('SIGKILL');
        await checkGoingOn(lives, committedAt(point));
      },
      { concurrency: 3 },
    );
    expect(failures.map(({ item, error }) => [item, error])).toEqual([]);
  });

  test('and killed again at any write of its going on, too', async () => {
    const first = livesOf('first');
    const commits = writes.flatMap(({ sql }, index) => (sql === 'COMMIT' ? [index + 1] : []));
    const point: Point = { write: commits[8] ?? 0, moment: 'before' };
    await first.next(point);
    const second = await first.copyTo(join(folder, 'second.db')).next();
    expect(second.signal).toBeNull();
    // The lease that is taken, and the two nodes that come next.
    const often = pointsOf(second.writes).filter(({ write }) => write <= 20);
    expect(often.length).toBeGreaterThan(20);
    const failures = await runBounded(
      often,
      async (again) => {
        const lives = first.copyTo(join(folder, `again-${nameOf(again)}.db`));
        expect((await lives.next(again)).signal).toBe('SIGKILL');
        await checkGoingOn(lives, Math.max(committedAt(point), latestIn(committedBy(second.writes, again))));
      },
      { concurrency: 3 },
    );
    expect(failures.map(({ item, error }) => [item, error])).toEqual([]);
  });

  test('while it brings an older file up to date leaves it as it was, or up to date', async () => {
    const older = livesOf('older');
    const middle: Point = { write: Math.floor(writes.length / 2), moment: 'before' };
    await older.next(middle);
    older.read(
      'graph_tokens',
      (database) => {
        for (const sql of [
          'DROP INDEX graph_runs_by_parent',
          'ALTER TABLE graph_runs DROP COLUMN parent',
          'ALTER TABLE graph_runs DROP COLUMN parent_iteration',
          'DROP TABLE graph_records',
          'DROP TABLE graph_tokens',
        ]) {
          database.prepare(sql).run();
        }
        database.prepare("UPDATE schema_versions SET version = 1 WHERE component = 'checkpoints'").run();
      },
      undefined,
    );
    const { writes: upgrade } = await older.copyTo(join(folder, 'upgraded.db')).next();
    const migration = pointsOf(upgrade).filter(
      ({ write }) => write <= upgrade.findIndex(({ sql }) => sql === 'COMMIT') + 1,
    );
    expect(migration.map(({ write }) => upgrade[write - 1]?.sql.slice(0, 25))).toEqual([
      'BEGIN IMMEDIATE',
      'CREATE TABLE IF NOT EXIST',
      'CREATE TABLE graph_tokens',
      'CREATE TABLE graph_record',
      'INSERT OR REPLACE INTO sc',
      'COMMIT',
      'COMMIT',
    ]);
    for (const point of migration) {
      const lives = older.copyTo(join(folder, `older-${nameOf(point)}.db`));
      expect((await lives.next(point)).signal).toBe('SIGKILL');
      const version = "SELECT version FROM schema_versions WHERE component = 'checkpoints'";
      const found = lives.read('schema_versions', (database) => database.prepare(version).get()?.version, undefined);
      expect(found).toBe(point.moment === 'after' ? 3 : 1);
      await checkGoingOn(lives, committedAt(middle));
    }
  });

  test('again and again, each time elsewhere, comes to the same end', async () => {
    const lives = livesOf('often');
    const deaths = [4, 13, 27, 9, 18, 22, 11, 31, 16, 25];
    let signal: NodeJS.Signals | null = 'SIGKILL';
    for (let life = 0; signal !== null; life += 1) {
      expect(life).toBeLessThan(40);
      const [committed, before] = [storedIn(lives), lives.ledger().ran.length];
      const write = deaths[life % deaths.length] ?? 1;
      ({ signal } = await lives.next({ write, moment: life % 2 === 0 ? 'before' : 'after' }));
      const ran = lives.ledger().ran.slice(before);
      expect(ran).toEqual(order.slice(committed, committed + ran.length));
      if (signal === null) expect(life).toBeGreaterThan(5);
    }
    await checkGoingOn(lives, 15);
  });
});

/** Goes on with what was killed, after so many nodes of which the completion was committed. */
async function checkGoingOn(lives: Lives, committed: number): Promise<void> {
  expect(lives.isWhole()).toBe(true);
  expect(storedIn(lives)).toBe(committed);
  const before = lives.ledger();
  expect(before.told).toEqual(order.slice(0, before.told.length));
  expect(before.told.length).toBeLessThanOrEqual(committed);
  expect(await outcomeOf(lives)).toEqual(expected);
  expect(lives.ledger().ran.slice(before.ran.length)).toEqual(order.slice(committed));
}

async function outcomeOf(lives: Lives) {
  const { state, path, exitPoint, iterations } = await goOnWithGraph(lives.path, lives.log);
  return { data: state.data, path, exitPoint, iterations };
}

function committedAt(point: Point): number {
  return latestIn(committedBy(writes, point));
}

function latestIn(committed: readonly DriverWrite[]): number {
  const checkpoints = committed.filter(({ sql }) => sql.startsWith('INSERT INTO graph_checkpoints'));
  return Math.max(0, ...checkpoints.map(({ values }) => Number(values[1])));
}

/** How many nodes are done by what the database holds. */
function storedIn(lives: Lives): number {
  const latest = 'SELECT max(iteration) AS latest FROM graph_checkpoints';
  return lives.read('graph_checkpoints', (database) => Number(database.prepare(latest).get()?.latest ?? 0), 0);
}

function nameOf({ write, moment }: Point): string {
  return `${write}-${moment}`;
}
