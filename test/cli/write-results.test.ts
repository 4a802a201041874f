import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { newStore, runCliProcess, startCliProcess } from '../harness/cli-process.js';
import { runCli, startCli } from '../harness/run-cli.js';
import { startFakeServer } from './fake-server.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-outputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = 1_000;
const input = join(folder, 'reviews.csv');
writeFileSync(input, `text\n${Array.from({ length: rows }, (_, index) => `"I love\n${index}"`).join('\n')}\n`);
const lexicon = ['analyze', input, '--provider', 'lexicon', '--quiet', '--workers', '4'];
const slow = [...lexicon, '--simulate-latency', '20ms'];

const start = (args: readonly string[]) => startCliProcess(args, { env: newStore() });

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

async function holdsSomething(path: string): Promise<void> {
  while (textOf(path) === '') await sleep(5);
}

function hiddenFiles(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('.'));
}

describe('an output grows while the run goes on', () => {
  it('line by line, as a prefix of the result, in every format of lines', async () => {
    const outs = ['csv', 'tsv', 'jsonl'].map((format) => ({
      out: join(folder, `grows.${format}`),
      seen: new Set<string>(),
    }));
    const { ended } = startCli([...slow, '--limit', '100', ...outs.flatMap(({ out }) => ['--out', out])]);
    let hasEnded = false;
    void ended.then(() => {
      hasEnded = true;
    });
    while (!hasEnded) {
      for (const { out, seen } of outs) seen.add(textOf(out));
      await sleep(5);
    }
    expect((await ended).code).toBe(0);
    for (const { out, seen } of outs) {
      const whole = textOf(out);
      seen.delete('');
      seen.delete(whole);
      expect(seen.size, out).toBeGreaterThan(5);
      for (const text of seen) {
        expect(whole.startsWith(text), out).toBe(true);
        expect(text.endsWith('\n'), out).toBe(true);
      }
      // A result is there soon after its answer: they come four at a time.
      const lengths = [...seen].map((text) => text.split(/positive/).length - 1).sort((a, b) => a - b);
      const steps = lengths.map((length, index) => length - (lengths[index - 1] ?? 0));
      expect(Math.max(...steps), out).toBeLessThan(50);
    }
  });
});

describe('two runs that write one file', { timeout: 120_000 }, () => {
  it('are refused, with who writes it; one that was killed is no hindrance', async ({ skip }) => {
    if (process.platform === 'win32') skip('signals and links work differently on Windows');
    const out = join(folder, 'shared.jsonl');
    const link = join(folder, 'link.jsonl');
    const first = start([...slow, '--out', out]);
    await holdsSomething(out);
    symlinkSync('shared.jsonl', link);
    for (const path of [out, link]) {
      const second = await runCli([...lexicon, '--out', path]);
      expect(second.code).toBe(3);
      expect(second.stderr).toMatch(
        new RegExp(
          `^error: \\S+: is being written by process ${first.child.pid} on \\S+ since 2\\S+Z; wait for it, or .*\\n$`,
        ),
      );
    }
    first.child.kill('SIGKILL');
    await first.ended;
    expect(hiddenFiles()).toEqual(['.shared.jsonl.lock']);
    const third = await runCli([...lexicon, '--out', link]);
    expect(third.code).toBe(0);
    expect(textOf(out).trim().split('\n')).toHaveLength(rows);
    expect(hiddenFiles()).toEqual([]);
  });

  const endless = [...slow, '--simulate-latency', '10m', '--out', join(folder, 'stopped.jsonl')];

  it('leave no lock after a signal', async () => {
    const { signal, ended } = startCli(endless);
    while (hiddenFiles().length === 0) await sleep(5);
    signal('SIGINT');
    expect((await ended).code).toBe(130);
    expect(hiddenFiles()).toEqual([]);
  });

  it('leave no lock after two signals', async () => {
    const { child, ended } = start(endless);
    while (hiddenFiles().length === 0) await sleep(5);
    for (let sent = 0; sent < 2; sent += 1) child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(hiddenFiles()).toEqual([]);
  });

  it('leave none after an output that cannot be opened', async () => {
    const outputs = ['--out', join(folder, 'fine.csv'), '--out', join(folder, 'nowhere', 'x.csv')];
    expect((await runCli([...lexicon, ...outputs])).code).toBe(3);
    expect(hiddenFiles()).toEqual([]);
  });
});

describe('a packed output', { timeout: 120_000 }, () => {
  it('of an interrupted run is whole, and holds what was answered', async () => {
    const packed = join(folder, 'stopped.jsonl.gz');
    const plain = join(folder, 'beside.jsonl');
    const { signal, ended } = startCli([...slow, '--out', packed, '--out', plain]);
    while (textOf(plain).split('\n').length < 20) await sleep(5);
    expect(existsSync(packed)).toBe(false);
    signal('SIGTERM');
    expect((await ended).code).toBe(130);
    expect(gunzipSync(readFileSync(packed)).toString()).toBe(textOf(plain));
  });

  it('of a killed run is not there, nor is what it left once the next one is written', async () => {
    const packed = join(folder, 'killed.csv.gz');
    const { child, ended } = start([...slow, '--out', packed]);
    while (!hiddenFiles().some((name) => name.endsWith('.tmp'))) await sleep(5);
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(packed)).toBe(false);
    expect((await runCli([...lexicon, '--out', packed])).code).toBe(0);
    expect(hiddenFiles()).toEqual([]);
    expect(
      gunzipSync(readFileSync(packed))
        .toString()
        .match(/positive/g),
    ).toHaveLength(rows);
  });
});

describe('a disk that fills up in the middle of a run', { timeout: 120_000 }, () => {
  /** Runs until `out` can grow no more; asserts that the run stopped at once, and answers what is in the file. */
  async function fill(
    out: string,
    shell?: string,
    data = input,
  ): Promise<{ readonly text: string; readonly stderr: string }> {
    const server = await startFakeServer({ latencyMs: 1 });
    try {
      const asking = ['analyze', data, '--host', server.host, '--model', 'small'];
      const args = [...asking, '--quiet', '--workers', '4', '--out', out];
      const end = await (shell ? runCliProcess(args, { shell }) : runCli(args));
      expect(end.code, end.stderr).toBe(3);
      const text = textOf(out);
      const written = text.match(/positive/g)?.length ?? 0;
      if (!out.endsWith('.gz')) {
        expect(written).toBeGreaterThan(20);
        // Besides what was written, only what came while the write that failed was under way.
        expect(server.answered).toBeLessThan(written + 100);
      }
      return { text, stderr: end.stderr };
    } finally {
      await server.stop();
    }
  }

  /** Where no file may grow beyond a megabyte, the output must come there long before the store does. */
  const limit = 'ulimit -f 2000';
  const wide = join(folder, 'wide.csv');
  const note = () => randomBytes(7_500).toString('base64');
  writeFileSync(
    wide,
    `note,text\n${Array.from({ length: 400 }, (_, index) => `${note()},"I love\n${index}"`).join('\n')}\n`,
  );

  it('is told in one line, asks nothing more, and leaves whole lines (tmpfs)', async ({ skip }) => {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) skip('only root on Linux may mount a small disk');
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      skip('this system lets nobody mount a disk');
    }
    try {
      const out = join(disk, 'out.jsonl');
      const { text, stderr } = await fill(out);
      expect(stderr).toBe(
        `error: ${out}: cannot be written: the disk is full; free some space, or write elsewhere [CHORALE_OUTPUT]\n`,
      );
      expect(text.endsWith('\n')).toBe(true);
      const indexes = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).index);
      expect(indexes).toEqual(indexes.map((_, index) => index));
      expect(text.length).toBeGreaterThan(55_000);
      expect(readdirSync(disk)).toEqual(['out.jsonl']);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('is no other than a file that may not grow, where rows go over several lines', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows has no such limit');
    const out = join(folder, 'limited.csv');
    const { text, stderr } = await fill(out, limit, wide);
    expect(stderr).toMatch(/^error: \S+: cannot be written: the file would be larger than is allowed .*\n$/);
    expect(text).toMatch(/"I love\n\d+",\d+,\d+,ok,positive,[^\n]*\n$/);
  });

  it('leaves the earlier packed file as it was', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows has no such limit');
    const out = join(folder, 'limited.csv.gz');
    writeFileSync(out, 'earlier');
    const { text } = await fill(out, limit, wide);
    expect(text).toBe('earlier');
    expect(hiddenFiles()).toEqual([]);
  });
});
