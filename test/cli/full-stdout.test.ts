import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { cliCommand, newStore, temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';

const folder = temporaryFolder();
const input = join(folder, 'in.csv');
writeFileSync(input, 'text\nGreat\n');
const analyze = ['analyze', input, '--provider', 'lexicon', '--quiet'];

const told =
  'error: <stdout>: cannot be written: the disk is full; free some space, or write elsewhere [CHORALE_OUTPUT]\n';

/** Runs the program with one of its streams on a disk that is full. */
function onFullDisk(args: readonly string[], stream: 1 | 2) {
  const full = openSync('/dev/full', 'w');
  try {
    const [command, all] = cliCommand(args);
    const stdio = stream === 1 ? (['ignore', full, 'pipe'] as const) : (['ignore', 'pipe', full] as const);
    return spawnSync(command, all, { stdio: [...stdio], encoding: 'utf8', env: { ...process.env, ...newStore() } });
  } finally {
    closeSync(full);
  }
}

describe.skipIf(!existsSync('/dev/full'))('a full disk', { timeout: 60_000 }, () => {
  it.each([
    ['help', ['--help']],
    ['results', [...analyze, '--out', 'jsonl:/dev/stdout']],
  ])('under stdout is one line and code 3 for %s', (_, args) => {
    const { status, stderr } = onFullDisk(args, 1);
    expect(stderr).toBe(told);
    expect(status).toBe(3);
  });

  it.each([
    ['a table', analyze],
    ['a plan', [...analyze, '--dry-run']],
  ])('under stdout is one line and code 3 for %s', async (_, args) => {
    const full = () => Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(full()) }).on('error', () => {});
    const { code, stderr } = await runCli(args, { io: { stdout } });
    expect(stderr).toBe(told);
    expect(code).toBe(3);
  });

  it('under stderr harms nothing', () => {
    expect(onFullDisk([...analyze.filter((arg) => arg !== '--quiet'), '--json'], 2)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"run_id"'),
    });
  });
});
