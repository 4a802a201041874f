import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../harness/run-cli.js';
import { root } from '../../readme-commands.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-page-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = readFileSync(`${root}docs/prompts.md`, 'utf8');
/** The prompt files of the page, each with the command that follows it. */
const steps = [...page.matchAll(/```prompt\n([\s\S]*?)```\n\n```sh\nchorale (.*)\n```/g)].map(
  ([, prompt = '', command = '']) => ({ prompt, command }),
);

describe('the steps of docs/prompts.md', () => {
  it('are four', () => {
    expect(steps).toHaveLength(4);
  });

  it.each(steps)('show their prompt with $command', async ({ prompt, command }) => {
    const file = join(folder, 'step.prompt');
    writeFileSync(file, prompt);
    const args = command.split(' ').map((word) => {
      if (word === 'step.prompt') return file;
      return word.startsWith('examples/') ? `${root}${word}` : word;
    });
    const { code, stdout, stderr } = await runCli([...args, '--model', 'small', '--dry-run'], { cwd: folder });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Review: Three hundred kilometres');
    if (/product|item/.test(prompt)) expect(stdout).toContain('Product: Trail running shoes');
  });
});
