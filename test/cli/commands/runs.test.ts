import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCliProcess } from '../../harness/cli-process.js';
import { runCli } from '../../harness/run-cli.js';
import { type Row, recordRuns } from '../runs/record-run.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-runs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'runs.db');
const ids = {
  first: '1111aaaa-0000-4000-8000-000000000001',
  second: '1111bbbb-0000-4000-8000-000000000002',
  elsewhere: '2222cccc-0000-4000-8000-000000000003',
  wild: '3333dddd-0000-4000-8000-000000000004',
};

/** Twelve rows: the first run has ten right, the second seven of the same ones and one more. */
const texts = Array.from({ length: 12 }, (_, row) => `review ${row}`);
const rowsOf = (wrong: readonly number[]): Row[] =>
  texts.map((text, row) => [text, wrong.includes(row) ? 'negative' : 'positive', 'positive']);

const run = (...args: readonly string[]) => runCli(['runs', ...args, '--store', path]);

async function json(...args: readonly string[]) {
  const end = await run(...args, '--json');
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(end.stdout).toMatch(/^[^\n]*\n$/);
  return JSON.parse(end.stdout);
}

beforeAll(async () => {
  await recordRuns(
    path,
    { runId: ids.first, rows: rowsOf([0, 1]) },
    // The same rows the other way round, under another model.
    { runId: ids.second, rows: rowsOf([1, 2, 3, 4]).reverse(), parts: { model: 'qwen3:4b' } },
    { runId: ids.elsewhere, rows: [['another text', 'positive']], digest: 'e'.repeat(64), names: ['-'] },
    {
      runId: ids.wild,
      rows: [
        ['good', 'positive'],
        ['bad', '!'],
        ['worse', '!'],
        ['', ''],
      ],
      names: ['/data/\u001b[31mred\u009b.csv'],
      error: 'the answer\u001b]0;title\u0007 is \u009b31m\u202ewild\nin two lines',
      parts: { prompt: 'a\u001b[2Jb' },
      status: 'stopped',
    },
  );
});

describe('chorale runs list', () => {
  it('shows them newest first', async () => {
    const { code, stdout, stderr } = await run('list');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const shown = [
      ...stdout.matchAll(/│ (\w{8}) │ \d{4}-\d\d-\d\d \d\d:\d\d +│ (analyze) │ (\w+) +│ +(\d+) │ +(\d+) │ +(\d+) │/g),
    ];
    expect(shown.map(([, ...cells]) => cells.join(' '))).toEqual([
      '3333dddd analyze stopped 1 2 4',
      '2222cccc analyze done 1 0 1',
      '1111bbbb analyze done 12 0 12',
      '1111aaaa analyze done 12 0 12',
    ]);
  });

  it('gives the newest few as JSON', async () => {
    const runs = await json('list', '--limit', '2');
    expect(runs.map(({ run_id }: { run_id: string }) => run_id)).toEqual([ids.wild, ids.elsewhere]);
    expect(runs[1]).toEqual({
      accuracy: null,
      accuracy_answered: null,
      rows: 1,
      run_id: ids.elsewhere,
      command: 'analyze',
      status: 'done',
      started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      ended_at: expect.stringMatching(/Z$/),
      provider: 'ollama',
      model: 'llama3.2:3b',
      prompt: 'sentiment@0123456789ab',
      input: { names: ['-'], digest: 'e'.repeat(64), rows: 1 },
      succeeded: 1,
      failed: 0,
      skipped: 0,
    });
  });

  it('lets go when its reader does', async () => {
    const { child, ended } = startCliProcess(['runs', 'list', '--store', path]);
    child.stdout.destroy();
    expect((await ended).code).toBe(0);
  });
});

describe('chorale runs show', () => {
  it('tells all of a run, by the beginning of its id or as the latest', async () => {
    const one = await json('show', '3333');
    expect(await json('show', 'latest')).toEqual(one);
    expect(one).toMatchObject({
      run_id: ids.wild,
      status: 'stopped',
      choice: { text: 'text' },
      configuration: { workers: 4, retry: { max_retries: 3 } },
      fingerprint: { parts: { provider: 'ollama', model: 'llama3.2:3b' } },
      succeeded: 1,
      failed: 2,
      skipped: 1,
      sentiment: { positive: { count: 1, share: 1 } },
      failures: [
        {
          code: 'CHORALE_ANSWER_INVALID',
          count: 2,
          examples: [
            { id: 'r1', index: 1 },
            { id: 'r2', index: 2 },
          ],
        },
      ],
      summary: { items: 4, duration_ms: 1_500 },
    });
    const { stdout } = await run('show', ids.wild);
    expect(stdout).toContain(ids.wild);
    expect(stdout).toContain('retry.max_retries');
    expect(stdout).toMatch(/2 +│ CHORALE_ANSWER_INVALID │ the answer .* │ r1, r2 /);
  });

  it.each([
    [['list']],
    [['show', 'latest']],
    [['compare', '3333', '2222']],
    [['show', 'latest', '--json']],
    [['list', '--json']],
  ])('%j prints nothing that a terminal obeys', async (args) => {
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
  });
});

describe('chorale runs compare', () => {
  it('finds the same texts in another order, and tells what differs', async () => {
    const found = await json('compare', ids.first, ids.second);
    expect(found).toMatchObject({
      a: { run_id: ids.first },
      b: { run_id: ids.second },
      fingerprint: { same: false, differing: [{ part: 'model', a: 'llama3.2:3b', b: 'qwen3:4b' }] },
      same_input: true,
      rows: { both: 12, only_a: 0, only_b: 0 },
      answered: { both: 12, only_a: 0, only_b: 0, neither: 0 },
      agreement: {
        equal: 8,
        share: 8 / 12,
        labels: ['negative', 'positive'],
        matrix: [
          [1, 1],
          [3, 7],
        ],
      },
      flips: { count: 4 },
      rightness: {
        rows: 12,
        both_right: 7,
        only_a_right: 3,
        only_b_right: 1,
        both_wrong: 1,
        // Of four discordant rows three: 2 · (½⁴ + ½ · 4 · ½⁴).
        p_value: expect.closeTo(0.375, 9),
      },
      expected_differs: 0,
      conclusion: expect.stringContaining(
        'a has 10 right (83.3 %) and b 8 (66.7 %); only a is right on 3, only b on 1',
      ),
    });
    expect(found.agreement.kappa).toBeCloseTo(0.143, 3);
    expect(found.flips.first).toHaveLength(4);
    expect(found.flips.first[0]).toEqual({
      id_a: 'r0',
      id_b: 'r11',
      a: 'negative',
      b: 'positive',
      expected: 'positive',
    });
  });

  it('shows as many flips as wanted', async () => {
    const { stdout } = await run('compare', ids.first, ids.second, '--flips', '1');
    expect(stdout).toMatch(/Other label: 4\n/);
    expect(stdout).toMatch(/r0 \/ r11 │ negative │ positive │ positive +│\n.*\nand 3 more\n/);
    expect(stdout).toContain("Same label: 8 (66.7 %); Cohen's κ: 0.143.");
    expect(stdout).toContain('not significant');
  });

  it('of a run with itself finds no difference', async () => {
    const found = await json('compare', ids.first, ids.first);
    expect(found).toMatchObject({
      fingerprint: { same: true, differing: [] },
      agreement: { share: 1, kappa: 1 },
      flips: { count: 0, first: [] },
      rightness: { p_value: 1 },
    });
  });

  it('of runs without a row in common says that there is nothing to compare', async () => {
    const found = await json('compare', ids.first, ids.elsewhere);
    expect(found).toMatchObject({
      same_input: false,
      rows: { both: 0, only_a: 12, only_b: 1 },
      agreement: { share: null, kappa: null },
      rightness: null,
      conclusion: 'No row was answered by both, so there is nothing to compare.',
    });
    expect((await run('compare', ids.first, ids.elsewhere)).code).toBe(0);
  });
});

describe('chorale runs, with ids that name no run', () => {
  it.each([
    { name: 'unknown', id: 'ffff', says: /unknown run 'ffff'/ },
    { name: 'ambiguous', id: '1111', says: /several runs begin with '1111': 1111bbbb\S+, 1111aaaa\S+ / },
    { name: 'empty', id: '', says: /an empty id names no run/ },
    { name: 'a pattern of SQL', id: '%', says: /unknown run '%'/ },
    { name: 'another pattern of SQL', id: '2222____', says: /unknown run '2222____'/ },
    { name: 'wild', id: "\u001b[31m' OR 1=1 --", says: /unknown run ' \[31m' OR 1=1 --'/ },
    { name: 'in capitals', id: 'LATEST', says: /unknown run 'LATEST'/ },
  ])('$name: exit code 2, and nothing is removed', async ({ id, says }) => {
    const end = await run('rm', ids.first, id);
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(says);
    expect(end.stderr).toMatch(/^error: [^\n\p{Cc}]* \[CHORALE_(?:USAGE|RUN_UNKNOWN)\]\n$/u);
    expect(await json('list')).toHaveLength(4);
  });

  it.each([[['show', 'ffff']], [['compare', 'ffff', 'latest']], [['compare', 'latest', 'ffff', '--json']]])(
    '%j: exit code 2',
    async (args) => {
      const end = await run(...args);
      expect(end).toMatchObject({ code: 2, stdout: '' });
      expect(end.stderr).toMatch(/^error: unknown run 'ffff'[^\n]* \[CHORALE_RUN_UNKNOWN\]\n$/);
    },
  );
});
