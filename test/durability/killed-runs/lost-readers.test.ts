import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cliCommand } from '../../harness/cli-process.js';
import type { AnsweringServer } from './answering-server.js';
import { analyzeArgs, type DisturbedRun, workers } from './disturbed-run.js';
import { timeouts } from './kill-table.js';
import { reach } from './moments.js';
import { setUpRuns } from './set-up.js';

const { folder, workload, withRun } = setUpRuns(1_000);

const exec = promisify(execFile);

const hasScript =
  process.platform === 'linux' &&
  (await exec('script', ['--version']).then(
    () => true,
    () => false,
  ));

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');

/** The command as a line for a shell. */
function commandLine(run: DisturbedRun, server: AnsweringServer, out: string): string {
  const [command, args] = cliCommand(analyzeArgs(workload, server, { ...run.places, out }));
  return quoted([command, ...args]);
}

/** What a shell wrote into a file, once it did. */
async function said(path: string): Promise<string> {
  while (!existsSync(path) || readFileSync(path, 'utf8') === '') await after(5);
  return readFileSync(path, 'utf8').trim();
}

/** What was answered is recorded: the same command asks only what was being asked. */
async function expectNothingAskedAgain(run: DisturbedRun): Promise<void> {
  const figures = await run.finish();
  expect(figures).toMatchObject({ lost: 0, doubled: 0, equal: true });
  expect(figures.questions).toBeLessThanOrEqual(workload.distinct + workers);
}

describe('a run in the middle of its work', { timeout: timeouts.test }, () => {
  it('ends with 130 when its terminal is closed, and has recorded what was answered', async (context) => {
    context.skip(!hasScript, 'no `script` of util-linux here');
    await withRun('terminal', async (run) => {
      const { server } = run;
      const code = join(folder, 'terminal-code');
      // As an interactive shell does: it passes the hang-up on to what it runs.
      const line = `trap 'kill -HUP $p' HUP; ${commandLine(run, server, run.places.out)} & p=$!; wait $p; wait $p; echo $? >'${code}'`;
      const terminal = spawn('script', ['-qec', line, '/dev/null'], {
        stdio: 'ignore',
        env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm' },
      });
      const closed = once(terminal, 'close');
      await reach({ questions: 300, ms: 0 }, server, closed);
      terminal.kill('SIGKILL');
      await closed;
      const closedAt = performance.now();
      expect(await said(code)).toBe('130');
      expect(performance.now() - closedAt).toBeLessThan(3_000);
      run.check('after the terminal was closed');
      await expectNothingAskedAgain(run);
    });
  });

  it('ends with 0 when the reader of its results goes away, and has recorded what was answered', async (context) => {
    context.skip(process.platform === 'win32', 'no shell with pipes here');
    await withRun('pipe', async (run) => {
      const { server } = run;
      const code = join(folder, 'pipe-code');
      const errors = join(folder, 'pipe-errors');
      const line = `{ ${commandLine(run, server, 'jsonl:-')} 2>'${errors}'; echo $? >'${code}'; } | head -n 1`;
      const { stdout: first } = await exec('/bin/sh', ['-c', line]);
      expect(await said(code)).toBe('0');
      expect(readFileSync(errors, 'utf8')).not.toMatch(/error/i);
      expect(JSON.parse(first)).toMatchObject({ index: 0, status: 'ok' });
      expect(server.asked).toBeLessThan(workload.distinct);
      await expectNothingAskedAgain(run);
    });
  });
});
