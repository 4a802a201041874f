import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { WorkflowRecord } from '../../src/orchestration/index.js';
import { type Database, libsqlWorkflows, openDatabase } from '../../src/store/index.js';
import { runKilled } from './killed-workflow.js';

const program = fileURLToPath(new URL('killed-workflow-process.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chorale-workflow-kill-'));
afterAll(() => rmSync(folder, { recursive: true }));

// 3 + 1 = 4, times 2 = 8; 18 + 28 × 38 = 1082; and 5.
const output = { broken: undefined, e: 1087, a: 4, added: [1, 10, 20, 30, 5] };
const order = ['open', 'a', 'flaky', 'flaky', 'b', 'c', 'd', 'join', 'spread', 'broken', 'e', 'last'];

// The run itself, the beginning of its first step, two for the repeated attempt, one for the choice, eleven completions.
const writes = Array.from({ length: 16 }, (_, index) => index + 1);
const moments = ['inside', 'after'] as const;

describe('a process that is killed', { timeout: 120_000 }, () => {
  test('would have come to this end', async () => {
    let count = 0;
    const result = await withDatabase('whole', (database) => {
      const counting: Database = {
        ...database,
        migrate() {},
        transaction: (work) => {
          count += 1;
          return database.transaction(work);
        },
      };
      libsqlWorkflows(database);
      return runKilled(counting, logOf('whole'));
    });
    expect(result.output).toEqual(output);
    expect(ranIn('whole')).toEqual(order);
    expect(count).toBe(writes.length);
  });

  test.concurrent.for(writes.flatMap((write) => moments.map((moment) => ({ write, moment }))))(
    'at write $write, $moment its transaction, comes to the same end, and no committed step runs again',
    async ({ write, moment }, context) => {
      const name = `${write}-${moment}`;
      context.expect(await kill(name, write, moment)).toBe('SIGKILL');
      await checkGoingOn(name, context.expect);
    },
  );

  test.concurrent('again and again comes to the same end, too', async (context) => {
    let signal: NodeJS.Signals | null = 'SIGKILL';
    for (let kills = 0; signal !== null; kills += 1) {
      context.expect(kills).toBeLessThan(writes.length);
      const committed = await completedIn('often');
      const before = ranIn('often').length;
      // The key, the run taken over, a step that begins, fails, is tried again and completes; or more of them.
      signal = await kill('often', 6, 'after');
      const again = ranIn('often').slice(before);
      context.expect(again.filter((step) => committed.includes(step))).toEqual([]);
    }
    await checkGoingOn('often', context.expect);
  });
});

/** Goes on with what was killed. */
async function checkGoingOn(name: string, expectHere: typeof expect): Promise<void> {
  const committed = await completedIn(name);
  const before = ranIn(name);
  const result = await withDatabase(name, (database) => runKilled(database, logOf(name)));
  expectHere(result.output).toEqual(output);
  const again = ranIn(name).slice(before.length);
  expectHere(again.filter((step) => committed.includes(step))).toEqual([]);
  expectHere(new Set(ranIn(name))).toEqual(new Set(order));
  const record = await recordIn(name);
  expectHere(record?.status).toBe('completed');
  expectHere(record?.steps.map(({ status }) => status).sort()).toEqual([
    ...Array.from({ length: 10 }, () => 'completed'),
    'failed',
    'skipped',
  ]);
}

/** Which steps had been recorded as ended for good. */
async function completedIn(name: string): Promise<string[]> {
  const steps = (await recordIn(name))?.steps ?? [];
  return steps
    .filter(({ step, status }) => status === 'completed' || (step === 'broken' && status === 'failed'))
    .map(({ step }) => step);
}

function recordIn(name: string): Promise<WorkflowRecord | undefined> {
  return withDatabase(name, async (database) => {
    const store = libsqlWorkflows(database);
    const [run] = await store.list({ limit: 1 });
    return run && store.load(run.runId);
  });
}

async function withDatabase<R>(name: string, use: (database: Database) => R | Promise<R>): Promise<R> {
  const database = openDatabase(fileOf(name));
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

async function kill(name: string, write: number, moment: string): Promise<NodeJS.Signals | null> {
  const args = ['--import', 'tsx', program, fileOf(name), logOf(name), String(write), moment];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
}

function ranIn(name: string): string[] {
  const log = logOf(name);
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').filter(Boolean) : [];
}

function fileOf(name: string): string {
  return join(folder, `${name}.db`);
}

function logOf(name: string): string {
  return join(folder, `${name}.log`);
}
