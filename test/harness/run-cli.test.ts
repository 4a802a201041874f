import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deadHost, runCliProcess, temporaryFolder } from './cli-process.js';
import { runCli } from './run-cli.js';

it.each([
  [['analyze', '--help']],
  [['analyze', 'in.csv', '--provider', 'lexicon', '--json', '--no-such-option']],
  [['analyze', '-', '--format', 'csv', '--provider', 'lexicon', '--out', 'jsonl:-', '--quiet']],
])('a run in this process ends like a process: %j', async (args) => {
  const cwd = temporaryFolder();
  const options = { cwd, stdin: 'text\nGreat\nAwful\n' };
  const withoutTimes = ({ code, stdout, stderr }: Awaited<ReturnType<typeof runCli>>) => ({
    code,
    stdout: stdout.replace(/"duration_ms":[\d.]+/g, ''),
    stderr,
  });
  const [here, process] = await Promise.all([runCli(args, options), runCliProcess(args, options)]);
  expect(withoutTimes(here)).toEqual(withoutTimes(process));
});

it('runs at the same time do not influence each other', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'in.csv'), 'text\nGreat\nAwful\n');
  const before = process.cwd();
  const analyze = ['analyze', 'in.csv', '--out', 'jsonl:-'];
  const [lexicon, failed, help] = await Promise.all([
    runCli([...analyze, '--events', '-'], { cwd, env: { CHORALE_PROVIDER: 'lexicon' } }),
    runCli(analyze, { cwd, env: { CHORALE_RETRIES: '0', OLLAMA_HOST: deadHost } }),
    runCli(['--help'], { cwd }),
  ]);
  expect(lexicon).toMatchObject({ code: 0, stdout: expect.stringContaining('"sentiment":"positive"') });
  expect(lexicon.stderr).toContain('{"type":"run.start"');
  expect(failed).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('CHORALE_MODEL_UNAVAILABLE') });
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(process.cwd()).toBe(before);
});
