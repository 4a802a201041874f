import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBounded } from '../../../src/orchestration/index.js';
import { compileKilledProcess } from './killed/compile.js';
import type { DriverWrite } from './killed/driver-writes.js';
import { committedBy, Lives, type Point, pointsOf } from './killed/lives.js';
import { goOnWithWorkflow } from './killed/workflow.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-workflow-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

let program: string;
const livesOf = (name: string) => new Lives(program, 'workflow', join(folder, `${name}.db`));

// 3 + 1 = 4, times 2 = 8; 18 + 28 × 38 = 1082; and 2, and 5.
const output = { broken: undefined, e: 1089, a: 4, added: [1, 10, 20, 30, 2, 5] };
const order = ['open', 'a', 'flaky', 'flaky', 'b', 'c', 'd', 'join', 'spread', 'f', 'broken', 'e', 'last'];

type Statuses = Readonly<Record<string, string>>;

/** What the store holds in the end. */
const ended: Statuses = {
  ...Object.fromEntries(order.map((step) => [step, 'completed'])),
  skipped: 'skipped',
  broken: 'failed',
};

/** What an undisturbed process writes. */
let writes: readonly DriverWrite[];

beforeAll(async () => {
  mkdirSync(join(folder, 'program'));
  program = compileKilledProcess(join(folder, 'program'));
  const whole = livesOf('whole');
  ({ writes } = await whole.next());
  expect(whole.ledger().ran).toEqual(order);
});

describe('a process that runs a workflow and is killed', { timeout: 300_000 }, () => {
  test('may be killed at any write: the migration, the run, each of 12 steps, a repeated attempt and a choice', () => {
    expect(new Set(order).size).toBe(12);
    for (const kind of ['PRAGMA journal_mode', 'CREATE TABLE workflow_runs', 'INSERT INTO workflow_runs']) {
      expect(
        writes.filter(({ sql }) => sql.startsWith(kind)),
        kind,
      ).toHaveLength(1);
    }
    // The migration; the run, its first step, two for the repeated attempt, one for the choice, twelve completions.
    expect(writes.filter(({ sql }) => sql === 'BEGIN IMMEDIATE')).toHaveLength(1 + 17);
    expect(writes.filter(({ sql }) => sql === 'COMMIT')).toHaveLength(1 + 17);
    expect(statusesIn(writes)).toEqual(ended);
    expect(pointsOf(writes).length).toBe(writes.length + 18 + 1);
  });

  test('at any of them loses no committed step, runs none again, and comes to the same end', async () => {
    const failures = await runBounded(
      pointsOf(writes),
      async (point) => {
        const lives = livesOf(nameOf(point));
        expect((await lives.next(point)).signal).toBe('SIGKILL');
        await checkGoingOn(lives, statusesIn(committedBy(writes, point)));
      },
      { concurrency: 3 },
    );
    expect(failures.map(({ item, error }) => [item, error])).toEqual([]);
  });

  test('and killed again at any write of its going on, too', async () => {
    const first = livesOf('first');
    const inGroup = writes.findIndex(({ values }) => values[1] === 'c' && values[2] === 'completed');
    const point: Point = { write: inGroup + 1, moment: 'before' };
    await first.next(point);
    const second = await first.copyTo(join(folder, 'second.db')).next();
    expect(second.signal).toBeNull();
    // The run that is taken over, the open members of the group, the choice and what it leads to.
    const often = pointsOf(second.writes).filter(({ write }) => write <= 30);
    expect(often.length).toBeGreaterThan(30);
    const failures = await runBounded(
      often,
      async (again) => {
        const lives = first.copyTo(join(folder, `again-${nameOf(again)}.db`));
        expect((await lives.next(again)).signal).toBe('SIGKILL');
        const committed = [...committedBy(writes, point), ...committedBy(second.writes, again)];
        await checkGoingOn(lives, statusesIn(committed));
      },
      { concurrency: 3 },
    );
    expect(failures.map(({ item, error }) => [item, error])).toEqual([]);
  });

  test('again and again, each time elsewhere, comes to the same end', async () => {
    const lives = livesOf('often');
    const deaths = [4, 13, 27, 19, 23, 31, 16, 25];
    let signal: NodeJS.Signals | null = 'SIGKILL';
    for (let life = 0; signal !== null; life += 1) {
      expect(life).toBeLessThan(40);
      const [stored, before] = [storedIn(lives), lives.ledger().ran.length];
      const write = deaths[life % deaths.length] ?? 1;
      ({ signal } = await lives.next({ write, moment: life % 2 === 0 ? 'before' : 'after' }));
      const again = lives.ledger().ran.slice(before);
      expect(again.filter((step) => isDone(stored, step))).toEqual([]);
      if (signal === null) expect(life).toBeGreaterThan(5);
    }
    await checkGoingOn(lives, ended);
  });
});

/** Goes on with what was killed, when this had been committed. */
async function checkGoingOn(lives: Lives, committed: Statuses): Promise<void> {
  expect(lives.isWhole()).toBe(true);
  const stored = storedIn(lives);
  expect(stored).toEqual(committed);
  const before = lives.ledger();
  for (const line of before.told) {
    const [step = '', status] = line.split(' ');
    expect(stored[step], `${step} was told as ${status}`).toBe(status);
  }
  const result = await goOnWithWorkflow(lives.path, lives.log);
  expect(result.output).toEqual(output);
  const again = lives.ledger().ran.slice(before.ran.length);
  expect([...again].sort()).toEqual(order.filter((step) => !isDone(stored, step)).sort());
  expect(storedIn(lives)).toEqual(ended);
}

/** Whether a step has ended for good: the failure of `broken` is one that the run survives. */
function isDone(stored: Statuses, step: string): boolean {
  return stored[step] === ended[step];
}

function statusesIn(committed: readonly DriverWrite[]): Statuses {
  const steps = committed.filter(({ sql }) => sql.startsWith('INSERT INTO workflow_steps'));
  return Object.fromEntries(steps.map(({ values }) => [String(values[1]), String(values[2])]));
}

/** How the steps stand by what the database holds. */
function storedIn(lives: Lives): Statuses {
  const all = 'SELECT step, status FROM workflow_steps';
  const rows = lives.read('workflow_steps', (database) => database.prepare(all).all(), []);
  return Object.fromEntries(rows.map(({ step, status }) => [String(step), String(status)]));
}

function nameOf({ write, moment }: Point): string {
  return `${write}-${moment}`;
}
