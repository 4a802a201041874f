import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-no-runs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('chorale runs, used wrongly', () => {
  it.each([
    { args: [], says: 'a command of runs is missing: list, show, compare or rm; see chorale runs --help' },
    { args: ['lst'], says: "unknown command 'lst' (Did you mean list?)" },
    { args: ['--json'], says: "unknown option '--json'" },
    { args: ['list', 'x'], says: "too many arguments for 'list'" },
    { args: ['list', '--limit', '0'], says: 'It must be a whole number of at least 1' },
    { args: ['list', '--flips', '1'], says: "unknown option '--flips'" },
    { args: ['list', '--store', ''], says: 'It must not be empty' },
    { args: ['show'], says: "missing required argument 'run'" },
    { args: ['show', 'a', 'b'], says: "too many arguments for 'show'" },
    { args: ['compare', 'a'], says: "missing required argument 'b'" },
    { args: ['compare', 'a', 'b', 'c'], says: "too many arguments for 'compare'" },
    { args: ['compare', 'a', 'b', '--flips', '-1'], says: 'It must be a whole number of at least 0' },
    { args: ['rm'], says: "missing required argument 'run'" },
  ])('$args is refused in one line', async ({ args, says }) => {
    const end = await runCli(['runs', ...args], { cwd: folder });
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain(says);
    expect(end.stderr).toMatch(/^error: [^\n]* \[CHORALE_USAGE\]\n$/);
  });
});

describe('chorale runs, where there is no store', () => {
  it('list says so, and makes none', async () => {
    const end = await runCli(['runs', 'list'], { cwd: folder, env: { CHORALE_STORE: undefined } });
    expect(end).toEqual({ code: 0, stdout: '', stderr: 'no runs are recorded in .chorale/runs.db\n' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('list --json is an empty array', async () => {
    const end = await runCli(['runs', 'list', '--json'], { cwd: folder, env: { CHORALE_STORE: 'other.db' } });
    expect(end).toEqual({ code: 0, stdout: '[]\n', stderr: 'no runs are recorded in other.db\n' });
  });

  it.each([[['show', 'latest']], [['compare', 'a', 'latest']], [['rm', 'a', '--json']]])(
    '%j fails in one line',
    async (args) => {
      const end = await runCli(['runs', ...args, '--store', 'none.db'], { cwd: folder });
      expect(end).toMatchObject({ code: 3, stdout: '' });
      expect(end.stderr).toMatch(/^error: none\.db: there is no such file, .*--store.* \[CHORALE_STORE\]\n$/);
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
