import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-parquet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fixture = new URL('../fixtures/parquet/zstd-v2.parquet', import.meta.url).pathname;
const analyze = (...args: readonly string[]) => ['analyze', ...args, '--provider', 'lexicon', '--quiet'];

function lines(path: string): Record<string, unknown>[] {
  const text = readFileSync(path, 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line));
}

describe('analyze with Parquet', () => {
  it('reads it and writes it, and what it wrote it reads again', async () => {
    const [first, second] = [join(folder, 'first.parquet.gz'), join(folder, 'second.jsonl')];
    const made = await runCli(analyze(fixture, '--out', first));
    expect([made.code, made.stderr]).toEqual([0, '']);
    const read = await runCli(analyze(first, '--text', 'text', '--out', second));
    expect([read.code, read.stderr]).toEqual([0, '']);
    expect(lines(second).map(({ input }) => input)).toMatchObject([
      { text: 'good é😀', dec: '123456789012345678901234567.89', chorale_index: 0, chorale_sentiment: 'positive' },
      { text: null, chorale_status: 'skipped', chorale_sentiment: null, chorale_attempts: 0 },
      { text: '', list: [], chorale_status: 'skipped', chorale_cached: false },
      { text: 'a\0b', chorale_id: '4' },
    ]);
  });

  it('reads it from stdin, also packed', async () => {
    const out = join(folder, 'stdin.parquet');
    for (const stdin of [readFileSync(fixture), gzipSync(readFileSync(fixture))]) {
      const { code, stderr } = await runCli(analyze('-', '--format', 'parquet', '--out', `parquet:${out}`), { stdin });
      expect([code, stderr]).toEqual([0, '']);
      const { stdout } = await runCli(analyze(out, '--text', 'text', '--out', 'jsonl:-', '--limit', '1'));
      expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({ input: { i64: '9223372036854775807', b: true } });
    }
  });

  it('cannot be written to stdout', async () => {
    const end = await runCli(analyze(fixture, '--out', 'parquet:-'));
    expect([end.code, end.stdout, end.stderr.trim().split('\n').length]).toEqual([2, '', 1]);
    expect(end.stderr).toContain('Parquet cannot be written to stdout; write it to a file, or jsonl:-');
  });

  it('refuses what is no Parquet, before a model is asked', async () => {
    const path = join(folder, 'csv.parquet');
    writeFileSync(path, 'text\nfine\nfine\n');
    const end = await runCli(analyze(path, '--json'));
    expect([end.code, end.stdout]).toEqual([3, '']);
    expect(end.stderr).toContain('csv.parquet: is not a Parquet file');
  });
});
