import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { runCli } from '../../harness/run-cli.js';
import { openStore, recordOutcomes, recordRuns } from './record-run.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-stores-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const original = join(folder, 'original.db');
const rows = Array.from({ length: 300 }, (_, row) => [`review ${row}`, 'positive'] as const);
const ids = ['aaaa1111', 'bbbb2222', 'cccc3333'];

beforeAll(() => recordRuns(original, ...ids.map((runId) => ({ runId, rows }))));

/** A store of its own with the three runs in it. */
function copyOf(name: string): string {
  const path = join(folder, name);
  copyFileSync(original, path);
  return path;
}

async function idsIn(path: string): Promise<readonly string[]> {
  const { stdout } = await runCli(['runs', 'list', '--json', '--store', path]);
  return JSON.parse(stdout).map(({ run_id }: { run_id: string }) => run_id);
}

describe('chorale runs rm', () => {
  it('removes runs, and says how much room that makes', async () => {
    const path = copyOf('some.db');
    const end = await runCli(['runs', 'rm', 'aaaa', 'cccc3333', 'aaaa1111', '--store', path]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout).toMatch(
      /^removed aaaa1111 \(analyze\)\nremoved cccc3333 \(analyze\)\n\d+(?:\.\d+)? \w+ are free now\n$/,
    );
    expect(await idsIn(path)).toEqual(['bbbb2222']);
  });

  it('gives it as JSON; after the last one nothing is recorded', async () => {
    const path = copyOf('all.db');
    const end = await runCli(['runs', 'rm', ...ids, '--json', '--store', path]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(end.stdout)).toEqual({ removed: ids, freed_bytes: expect.any(Number) });
    expect(JSON.parse(end.stdout).freed_bytes).toBeGreaterThan(0);
    const list = await runCli(['runs', 'list', '--store', path]);
    expect(list).toMatchObject({ code: 0, stdout: '' });
    expect(list.stderr).toContain('no runs are recorded in');
    const show = await runCli(['runs', 'show', 'latest', '--store', path]);
    expect(show).toMatchObject({ code: 2, stdout: '' });
    expect(show.stderr).toMatch(/^error: unknown run 'latest': the store has none \[CHORALE_RUN_UNKNOWN\]\n$/);
  });

  it('leaves a run that is being worked on alone, and removes the others', async () => {
    const path = copyOf('busy.db');
    const store = await openStore(path);
    try {
      await recordOutcomes(store, { runId: 'dddd4444', rows });
      const list = await runCli(['runs', 'list', '--limit', '1', '--json', '--store', path]);
      expect(JSON.parse(list.stdout)).toMatchObject([
        { run_id: 'dddd4444', status: 'running', ended_at: null, succeeded: 300 },
      ]);
      const end = await runCli(['runs', 'rm', 'latest', 'aaaa', '--store', path]);
      expect(end.code).toBe(3);
      expect(end.stdout).toMatch(/^removed aaaa1111 /);
      expect(end.stderr).toMatch(/^error: [^\n]*dddd4444[^\n]* \[CHORALE_RUN_BUSY\]\n$/);
    } finally {
      await store.close();
    }
    expect(await idsIn(path)).toEqual(['dddd4444', 'cccc3333', 'bbbb2222']);
    const end = await runCli(['runs', 'rm', 'latest', '--store', path]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(await idsIn(path)).toEqual(['cccc3333', 'bbbb2222']);
  });
});

describe('a store that cannot be read', () => {
  const damaged = () => {
    const path = copyOf('damaged.db');
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4_096, 12 * 4_096);
    writeFileSync(path, bytes);
    return path;
  };
  const foreign = () => {
    const path = join(folder, 'foreign.db');
    writeFileSync(path, 'text,label\nI love it,positive\n'.repeat(400));
    return path;
  };
  const newer = () => {
    const path = copyOf('newer.db');
    const database = openDatabase(path);
    database.prepare("UPDATE schema_versions SET version = 99 WHERE component = 'runs'").run();
    database.close();
    return path;
  };
  const directory = () => {
    const path = join(folder, 'directory.db');
    mkdirSync(path, { recursive: true });
    return path;
  };
  it.each([
    { name: 'damaged', make: damaged, says: /damaged/ },
    { name: 'not a database', make: foreign, says: /not a database/ },
    { name: 'of a newer version', make: newer, says: /schema 99/ },
    { name: 'a directory', make: directory, says: /not a file/ },
  ])('because it is $name is told in one line', async ({ make, says }) => {
    const path = make();
    for (const args of [
      ['list'],
      ['list', '--json'],
      ['show', 'latest'],
      ['compare', 'aaaa', 'bbbb'],
      ['rm', 'aaaa'],
    ]) {
      const end = await runCli(['runs', ...args, '--store', path]);
      expect(end).toMatchObject({ code: 3, stdout: '' });
      expect(end.stderr).toMatch(says);
      expect(end.stderr).toMatch(/^error: [^\n]* \[CHORALE_STORE\]\n$/);
    }
  });
});
