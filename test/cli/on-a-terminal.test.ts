import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { cliCommand, newStore } from '../harness/cli-process.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'chorale-terminal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'reviews.csv');
writeFileSync(path, `text\n${'I love it\n'.repeat(20)}`);

/** What the program writes to a terminal of 100 columns; `script` (util-linux) provides one. */
async function onTerminal(env: Readonly<Record<string, string>> = {}): Promise<string> {
  const [command, args] = cliCommand(['analyze', path, '--provider', 'lexicon', '--simulate-latency', '20ms']);
  const line = `stty cols 100; ${[command, ...args].join(' ')}`;
  const { stdout } = await run('script', ['-qec', line, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', FORCE_COLOR: undefined, NO_COLOR: undefined, ...newStore(), ...env },
  });
  return stdout;
}

const hasScript =
  process.platform === 'linux' &&
  (await run('script', ['--version']).then(
    () => true,
    () => false,
  ));

describe('on a terminal', () => {
  it('a bar is redrawn in place, and ends complete', async (context) => {
    context.skip(!hasScript, 'no `script` of util-linux here');
    const output = await onTerminal();
    expect(output).toMatch(/\r█+░* \d+\/20 \(\d+%\)/);
    expect(output).toMatch(/\r█{24} 20\/20 \(100%\) · .*positive 20/);
  });

  it('nothing is drawn with NO_COLOR', async (context) => {
    context.skip(!hasScript, 'no `script` of util-linux here');
    const output = await onTerminal({ NO_COLOR: '1' });
    expect(output).not.toContain('\u001b');
    expect(output).not.toContain('█');
  });
});
