import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { type FakeServer, startFakeServer } from './fake-server.js';

let server: FakeServer;
beforeAll(async () => {
  server = await startFakeServer({ answer: (asked) => (/THIRD TIME/.test(asked) ? '"yes"' : '"no"') });
});
afterAll(() => server.stop());

const question = 'Is the customer angry?';

function folderWithTickets(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'tickets.csv'), 'text\nWhere is it?\nTHIRD TIME I WRITE\n');
  return folder;
}

function analyze(cwd: string, ...args: readonly string[]) {
  const task = ['--model', 'small', '--host', server.host, '--store', 'runs.db', '--json'];
  return runCli(['analyze', 'tickets.csv', ...task, ...args], { cwd });
}

describe('chorale analyze --ask', () => {
  it('answers the question with one of the labels, without a prompt file', async () => {
    const cwd = folderWithTickets();
    const end = await analyze(cwd, '--ask', question, '--labels', 'yes,no', '--out', 'out.jsonl');
    expect(end.code, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ sentiment: { yes: { count: 1 }, no: { count: 1 } } });
    const rows = readFileSync(join(cwd, 'out.jsonl'), 'utf8').trim().split('\n');
    expect(rows.map((row) => JSON.parse(row).sentiment)).toEqual(['no', 'yes']);
  });

  it('keeps the prompt in a file, with which --prompt continues the run', async () => {
    const cwd = folderWithTickets();
    const asked = ['--ask', question, '--labels', 'yes,no', '--save-prompt', 'angry.prompt'];
    const first = await analyze(cwd, ...asked);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain(
      'the prompt is in angry.prompt: change it there, and use it with --prompt angry.prompt',
    );
    expect(readFileSync(join(cwd, 'angry.prompt'), 'utf8')).toContain(`Question: ${question}`);
    const [again, saved] = [await analyze(cwd, ...asked), await analyze(cwd, '--prompt', 'angry.prompt')];
    for (const end of [again, saved])
      expect(JSON.parse(end.stdout), end.stderr).toMatchObject({ cached: 2, succeeded: 2 });
  });

  it('does not replace another file', async () => {
    const cwd = folderWithTickets();
    writeFileSync(join(cwd, 'angry.prompt'), 'mine');
    const end = await analyze(cwd, '--ask', question, '--labels', 'yes,no', '--save-prompt', 'angry.prompt');
    expect(end.stderr).toContain(
      'angry.prompt: there is another file of this name: use it with --prompt, or name a new one',
    );
    expect(end.code).not.toBe(0);
    expect(readFileSync(join(cwd, 'angry.prompt'), 'utf8')).toBe('mine');
  });

  it.each([
    [['--ask', question], '--ask needs the possible answers: --labels yes,no'],
    [
      ['--ask', question, '--labels', 'yes,no', '--prompt', 'sentiment'],
      '--ask writes a prompt, and --prompt names another one',
    ],
    [['--save-prompt', 'angry.prompt'], '--save-prompt keeps the prompt of --ask, which is not given'],
    [
      ['--ask', question, '--labels', 'yes,no', '--save-prompt', 'angry.txt'],
      '--save-prompt needs a file that ends with .prompt',
    ],
    [['--ask', ' ', '--labels', 'yes,no'], 'It must not be empty'],
    [['--ask', question, '--labels', 'yes,no', '--provider', 'lexicon'], '--ask is for language models'],
  ])('%j is a wrong command', async (args, problem) => {
    const cwd = folderWithTickets();
    const end = await runCli(['analyze', 'tickets.csv', '--store', 'runs.db', ...args], { cwd });
    expect(end.code).toBe(2);
    expect(end.stderr).toContain(problem);
    expect(existsSync(join(cwd, 'angry.prompt'))).toBe(false);
  });
});
