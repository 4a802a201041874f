import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/store/index.js';
import { beginning, killedGraph, type Work } from './killed-graph.js';

const script = fileURLToPath(new URL('killed-process.ts', import.meta.url));
const moments = ['before', 'after'] as const;

let folder: string;
let expected: { readonly data: Work; readonly path: readonly string[] };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chorale-kill-'));
  const { state, path } = await withGraph('whole', (graph) => graph.run(beginning));
  expected = { data: state.data, path };
  expect(new Set(path).size).toBe(12);
});

afterAll(() => rmSync(folder, { recursive: true }));

// One for the beginning of the run, one for each of the 15 completions, one for the end.
const writes = Array.from({ length: 17 }, (_, index) => index + 1);

describe('a process that is killed', { timeout: 60_000 }, () => {
  test.for(writes.flatMap((write) => moments.map((moment) => ({ write, moment }))))(
    'at write $write, $moment its commit, loses no committed node and runs none again',
    async ({ write, moment }) => {
      const name = `${write}-${moment}`;
      await kill(name, write, moment);
      await checkResume(name, moment === 'after' ? write - 1 : write - 2);
    },
  );

  test('after each of its writes, again and again, comes to the same end', async () => {
    await kill('often', 2, 'after');
    // A resumed process writes its lease first.
    for (let committed = 2; committed <= 15; committed += 1) {
      await kill('often', 2, 'after', await runIdOf('often'));
      expect(ranIn('often')).toHaveLength(committed);
    }
    await checkResume('often', 15);
  });
});

/** Resumes what was killed, after so many completions that were committed, and compares it with the run that was not. */
async function checkResume(name: string, committed: number): Promise<void> {
  const before = ranIn(name);
  const runId = await runIdOf(name);
  const { state, path } = await withGraph(name, (graph) =>
    runId ? graph.resume(runId, { takeOver: true }) : graph.run(beginning),
  );
  expect({ data: state.data, path }).toEqual(expected);
  const done = Math.min(Math.max(committed, 0), expected.path.length);
  expect(ranIn(name).slice(before.length)).toEqual(
    expected.path.slice(done).map((node, i) => `${done + i + 1} ${node}`),
  );
}

async function kill(name: string, write: number, moment: 'before' | 'after', runId?: string): Promise<void> {
  const args = [fileOf(name), logOf(name), String(write), moment, ...(runId ? [runId] : [])];
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const signal = await new Promise((resolve) => child.once('exit', (_code, killedBy) => resolve(killedBy)));
  expect(signal, `${name}: the process was to be killed`).toBe('SIGKILL');
}

async function runIdOf(name: string): Promise<string | undefined> {
  return withDatabase(name, (database) => {
    const row = database.prepare('SELECT run_id FROM graph_runs').get();
    return row && String(row.run_id);
  });
}

async function withGraph<R>(name: string, use: (graph: ReturnType<typeof killedGraph>) => Promise<R>): Promise<R> {
  return withDatabase(name, (database) => use(killedGraph(database, logOf(name))));
}

async function withDatabase<R>(name: string, use: (database: ReturnType<typeof openDatabase>) => R | Promise<R>) {
  const database = openDatabase(fileOf(name));
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

function ranIn(name: string): string[] {
  return existsSync(logOf(name)) ? readFileSync(logOf(name), 'utf8').trim().split('\n') : [];
}

function fileOf(name: string): string {
  return join(folder, `${name}.db`);
}

function logOf(name: string): string {
  return join(folder, `${name}.log`);
}
