import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { test as base, describe } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tallyScript = join(root, 'scripts', 'tally-tests.mjs');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

async function runNode(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exit, lines: `${err}${out}`.trimEnd().split('\n') };
}

const tally = (...args: string[]): Promise<Ended> => runNode([tallyScript, ...args]);

const passed = { status: 'passed', fullName: 'it works', meta: {} };
const failed = { status: 'failed', fullName: 'it breaks', meta: {} };
const skipped = (reason?: string) => ({ status: 'skipped', fullName: 'it waits', meta: { skipReason: reason } });

const test = base.extend<{ folder: string; writeReport: (name: string, ...tests: object[]) => Promise<void> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'chorale-tally-'));
    await use(folder);
    await rm(folder, { recursive: true });
  },
  writeReport: async ({ folder }, use) => {
    await use(async (name, ...tests) => {
      const status = tests.includes(failed) ? 'failed' : 'passed';
      const report = { testResults: [{ name: 'some.test.ts', status, message: '', assertionResults: tests }] };
      await writeFile(join(folder, name), JSON.stringify(report));
    });
  },
});

describe('the tally of a CI run', () => {
  test('passed tests of all reports and steps are added up', async ({ folder, writeReport, expect }) => {
    await writeReport('one.json', passed, passed);
    await writeReport('two.json', passed);
    const { code, lines } = await tally('--tests', `0:first:${folder}`, '--tests', `0:again:${folder}`);
    expect(lines).toEqual(['6 passed, 0 failed']);
    expect(code).toBe(0);
  });

  test('failed tests are counted once, and end with code 1', async ({ folder, writeReport, expect }) => {
    await writeReport('one.json', passed, failed);
    expect(await tally('--tests', `1:unit:${folder}`)).toEqual({ code: 1, lines: ['1 passed, 1 failed'] });
  });

  test('a skip that states a reason is a skip; one without is a failure', async ({ folder, writeReport, expect }) => {
    await writeReport('one.json', passed, skipped('no data here'), skipped());
    expect(await tally('--tests', `0:unit:${folder}`)).toEqual({
      code: 1,
      lines: ['unit: skipped without a reason: it waits', '1 passed, 1 failed, 1 skipped'],
    });
  });

  test('a missing report is one failure, whatever the code of its step', async ({ folder, expect }) => {
    const { code, lines } = await tally('--tests', `0:a:${folder}`, '--tests', `1:b:${join(folder, 'nowhere')}`);
    expect(lines).toEqual(['a: wrote no test report', 'b: wrote no test report', '0 passed, 2 failed']);
    expect(code).toBe(1);
  });

  test('a report that is no report is a failure', async ({ folder, expect }) => {
    await writeFile(join(folder, 'half.json'), '{"testResults": [');
    const { code, lines } = await tally('--tests', `0:unit:${folder}`);
    expect(lines[0]).toMatch(/^unit: unreadable test report .*half\.json/);
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(code).toBe(1);
  });

  test('a run that ran no test is a failure', async ({ folder, writeReport, expect }) => {
    await writeReport('one.json');
    const { lines } = await tally('--tests', `0:unit:${folder}`);
    expect(lines).toEqual([expect.stringContaining('unit: no test ran'), '0 passed, 1 failed']);
  });

  test('a step that ended badly is a failure though all its tests passed', async ({ folder, writeReport, expect }) => {
    await writeReport('one.json', passed);
    const { code, lines } = await tally('--command', '1:install', '--tests', `124:live:${folder}`);
    expect(lines).toEqual([
      'install: ended with code 1',
      'live: ended with code 124 (out of time)',
      '1 passed, 2 failed',
    ]);
    expect(code).toBe(1);
  });

  test('wrong usage is refused with code 2', async ({ expect }) => {
    for (const args of [[], ['--tests', '0:unit'], ['--command', 'install'], ['--unknown']]) {
      expect((await tally(...args)).code).toBe(2);
    }
  });
});

describe('the tally of reports that Vitest wrote with the configuration of this project', () => {
  const files = {
    'mixed.test.ts': `
      import { expect, it } from 'vitest';
      it('passes', () => {});
      it('fails', () => expect(1).toBe(2));
      it('says why it is skipped', ({ skip }) => skip('no such part'));
      it.skip('does not say why', () => {});`,
    'only.test.ts': `
      import { it } from 'vitest';
      it.only('is alone', () => {});`,
    'broken.test.ts': `throw new Error('cannot be loaded');`,
  };

  test('every kind of ending is counted, and in CI a lone test is a failure', async ({ folder, expect }) => {
    const reports = join(folder, 'reports');
    await mkdir(join(folder, 'test'));
    for (const [name, source] of Object.entries(files)) await writeFile(join(folder, 'test', name), source);
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
    const env = { ...Object.fromEntries(own), CI: 'true', CHORALE_TEST_REPORTS: reports };
    const config = join(root, 'vitest.config.ts');
    const run = await runNode([vitest, 'run', '--project', 'unit', '--config', config, '--root', folder], env);
    expect(run.code).toBe(1);
    const { lines } = await tally('--tests', `${run.code}:unit:${reports}`);
    expect(lines.slice(0, -1).sort()).toEqual([
      expect.stringMatching(/broken\.test\.ts failed as a whole: cannot be loaded$/),
      'unit: skipped without a reason: does not say why',
    ]);
    expect(lines.at(-1)).toBe('1 passed, 4 failed, 1 skipped');
  });
});
