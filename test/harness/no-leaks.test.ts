import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs the tests of `test/fixtures/leaks` under the harness, in a process of their own. */
async function runLeakyTests(): Promise<{ readonly code: number; readonly report: Report }> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const config = 'test/fixtures/leaks/vitest.config.ts';
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', config, '--reporter', 'json'];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, report: JSON.parse(output) };
}

test('a test that leaves something behind fails and says what, and no other test does', {
  timeout: 60_000,
}, async () => {
  const { code, report } = await runLeakyTests();
  expect(code).toBe(1);
  const [ofFile, ofTests] = [...report.testResults].sort((a, b) => (a.name < b.name ? -1 : 1));
  const findings = (ofTests?.assertionResults ?? []).map(({ ancestorTitles, title, failureMessages }) => [
    [...ancestorTitles, title].join(' '),
    failureMessages.flatMap((message) => message.split('\n').filter((line) => line.startsWith('- '))),
  ]);
  const fixture = (line: number) => `at test/fixtures/leaks/tests.leaks.ts:${line}`;
  expect(findings.filter(([title]) => title?.includes('leaves'))).toEqual([
    ['leaves a rejection', [`- an unhandled rejection: Error: nobody cares, made ${fixture(11)}`]],
    ['leaves a rejection of nothing', ['- an unhandled rejection: undefined']],
    ['leaves a timer', [`- a timer of 60000 ms, set ${fixture(17)}`]],
    ['leaves an imported timer', [`- a timer of 60000 ms, set ${fixture(20)}`]],
    ['leaves a promised timer', [`- a timer of 60000 ms, set ${fixture(23)}`]],
    ['leaves an interval', [`- an interval of 1 ms, set ${fixture(26)}`]],
    ['leaves a listener on the process', ["- 2 listeners on the process for 'SIGUSR2'"]],
    [
      'leaves a listener on a signal',
      [`- a listener on an AbortSignal, added ${fixture(34)}; the signal was made ${fixture(33)}`],
    ],
    [
      'leaves a wait on a signal',
      [`- a listener on an AbortSignal, added ${fixture(38)}; the signal was made ${fixture(37)}`],
    ],
    [
      'leaves several things, and fails',
      [
        `- an unhandled rejection: Error: nobody cares, made ${fixture(42)}`,
        `- a timer of 60000 ms, set ${fixture(41)}`,
      ],
    ],
    ['leaves a timer beside another test', []],
    ['leaves nothing, beside another test', [`- a timer of 60000 ms, set ${fixture(46)}`]],
  ]);
  const clean = findings.filter(([title]) => title?.includes('is clean'));
  expect(clean).toEqual(clean.map(([title]) => [title, []]));
  expect(clean.length).toBeGreaterThan(5);

  expect(ofFile?.message).toBe(
    [
      'the file, outside its tests, left behind:',
      '- a timer of 60000 ms, set at test/fixtures/leaks/file.leaks.ts:5',
      '- an immediate, set at test/fixtures/leaks/file.leaks.ts:14',
      "- 1 listener on the process for 'SIGUSR2'",
      '- a listener on an AbortSignal, added at test/fixtures/leaks/file.leaks.ts:6; the signal was made at test/fixtures/leaks/file.leaks.ts:6',
    ].join('\n'),
  );
  expect(ofFile?.assertionResults.map(({ failureMessages }) => failureMessages.length)).toEqual([0, 1]);
});
