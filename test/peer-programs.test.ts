import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { docPrograms, root } from './doc-programs.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'chorale-peers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

const page = readFileSync(join(root, 'docs/peers.md'), 'utf8');
const programs = docPrograms('docs/peers.md');
const peers = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
const pairs = programs.map(({ heading, code, output }, index) => ({ heading, code, output, peer: peers[index] ?? '' }));
/** The counts of the table: chorale, then the peer. */
const counts = [...page.matchAll(/\| (\d+) lines \| [^|]+: (\d+) lines \|/g)].map((row) => row.slice(1, 3).map(Number));

function linesOf(code: string): number {
  return code.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('import ')).length;
}

describe('the programs beside those of other libraries', () => {
  it('are as long as the page says, chorale at most two lines longer', () => {
    expect(pairs.length).toBeGreaterThan(1);
    expect(pairs.map(({ code, peer }) => [linesOf(code), linesOf(peer)])).toEqual(counts);
    for (const { heading, code, peer } of pairs) expect(linesOf(code) - linesOf(peer), heading).toBeLessThanOrEqual(2);
  });

  it.each(pairs)('under $heading print the same with the other library', async ({ peer, output }) => {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, peer);
    expect((await run(process.execPath, [file], { cwd: folder })).stdout).toBe(output);
  });
});
