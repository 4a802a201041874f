import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newStore, startCliProcess } from '../harness/cli-process.js';
import { runCli, startCli } from '../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-stopping-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = 2_000;
const big = join(folder, 'big.csv');
writeFileSync(big, `text\n${Array.from({ length: rows }, (_, index) => `I love it ${index}`).join('\n')}\n`);
const slow = ['analyze', big, '--provider', 'lexicon', '--simulate-latency', '20ms', '--workers', '4'];

const start = (args: readonly string[]) => startCliProcess(args, { env: newStore() });

/** Resolves when the file holds something: the run is in the middle of its work. */
async function grows(path: string, bytes = 1): Promise<void> {
  while (!existsSync(path) || statSync(path).size < bytes) await new Promise((resolve) => setTimeout(resolve, 5));
}

function couldRead(fd: number, into: Buffer): boolean {
  try {
    return readSync(fd, into) > 0;
  } catch {
    return false;
  }
}

function writtenRows(path: string) {
  const text = readFileSync(path, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function expectPrefix(path: string): void {
  const written = writtenRows(path);
  expect(written.map((row) => row.index)).toEqual(written.map((_, index) => index));
  expect(written.every((row) => row.status === 'ok')).toBe(true);
  expect(written.length).toBeGreaterThan(0);
  expect(written.length).toBeLessThan(rows);
}

describe('a run that is stopped', () => {
  it('writes the answered beginning and ends with 130 on SIGINT', async () => {
    const out = join(folder, 'SIGINT.jsonl');
    const { child, ended } = start([...slow, '--out', out, '--json']);
    await grows(out);
    child.kill('SIGINT');
    const end = await ended;
    expect(end.code).toBe(130);
    expectPrefix(out);
    const summary = JSON.parse(end.stdout);
    expect(summary.succeeded + summary.cancelled + summary.not_started).toBe(rows);
    expect(end.stderr).toMatch(/interrupted by SIG.*\[CHORALE_INTERRUPTED\]/);
  });

  it('leaves a readable .json too', async () => {
    const out = join(folder, 'stopped.json');
    const lines = join(folder, 'beside.jsonl');
    const { signal, ended } = startCli([...slow, '--out', out, '--out', lines]);
    await grows(lines);
    signal('SIGTERM');
    expect((await ended).code).toBe(130);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(writtenRows(lines));
  });

  it('takes two signals of one key press for one', async () => {
    const out = join(folder, 'twice.jsonl');
    const { signal, ended } = startCli([...slow, '--out', out, '--json']);
    await grows(out);
    signal('SIGINT');
    signal('SIGINT');
    const end = await ended;
    expect(end.code).toBe(130);
    expect(JSON.parse(end.stdout).not_started).toBeGreaterThan(0);
    expectPrefix(out);
  });

  it.skipIf(process.platform === 'win32')('ends at once on a second signal, also where a pipe is full', async () => {
    const pipe = join(folder, 'full.csv');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const { child, ended } = start(['analyze', big, '--provider', 'lexicon', '--out', pipe]);
    // A pipe takes 64 KiB; whoever reads one byte of it knows that the run is writing.
    const byte = Buffer.alloc(1);
    while (!couldRead(reader, byte)) await new Promise((resolve) => setTimeout(resolve, 5));
    const pressing = setInterval(() => child.kill('SIGINT'), 100);
    const { code, stderr } = await ended.finally(() => clearInterval(pressing));
    closeSync(reader);
    expect(code).toBe(130);
    expect(stderr).not.toContain('panicked');
  });

  it('writes the answered beginning and ends with 5 on --timeout', async () => {
    const out = join(folder, 'timeout.jsonl');
    const end = await runCli([...slow, '--timeout', '1500ms', '--out', out]);
    expect(end.code).toBe(5);
    expectPrefix(out);
    expect(end.stderr).toMatch(/1500 ms.*\[CHORALE_RUN_TIMEOUT\]/);
  });

  it('ends with 0 when the reader of stdout goes away', async () => {
    const { child, ended } = start([...slow, '--out', 'jsonl:-']);
    child.stdout.once('data', () => child.stdout.destroy());
    const end = await ended;
    expect(end.stderr).not.toMatch(/error/i);
    expect(end.code).toBe(0);
  });

  it('goes on for its other outputs when the reader of stdout goes away', async () => {
    const out = join(folder, 'other.jsonl');
    const quick = ['analyze', big, '--provider', 'lexicon', '--workers', '4'];
    const { child, ended } = start([...quick, '--out', 'jsonl:-', '--out', out]);
    child.stdout.once('data', () => child.stdout.destroy());
    expect((await ended).code).toBe(0);
    expect(writtenRows(out)).toHaveLength(rows);
  });
});
