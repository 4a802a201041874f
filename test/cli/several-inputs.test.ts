import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-inputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

writeFileSync(join(folder, 'a.csv'), 'text\nI love it\n');
writeFileSync(join(folder, 'b.csv'), 'text\nI hate it\nIt is fine\n');
writeFileSync(join(folder, 'c.csv.gz'), gzipSync('text\nawful\n'));
writeFileSync(join(folder, 'other.tsv'), 'text\tstars\nx\t1\n');

const analyze = (...args: readonly string[]) =>
  runCli(['analyze', ...args, '--provider', 'lexicon', '--quiet'], { cwd: folder });

describe('chorale analyze with several inputs', () => {
  it('reads the files of a pattern in order, packed ones too, and writes packed results', async () => {
    const end = await analyze('b.csv', '*.csv*', '--out', 'csv:results.gz', '--out', 'results.jsonl');
    expect([end.code, end.stderr]).toEqual([0, '']);
    const text = gunzipSync(readFileSync(join(folder, 'results.gz'))).toString();
    const texts = text.split('\n').map((line) => line.split(',')[0]);
    expect(texts).toEqual(['text', 'I hate it', 'It is fine', 'I love it', 'awful', '']);
    const rows = readFileSync(join(folder, 'results.jsonl'), 'utf8').trim().split('\n');
    expect(rows.map((row) => JSON.parse(row).index)).toEqual([0, 1, 2, 3]);
  });

  it('refuses to replace a result of an earlier run that matches: 2', async () => {
    writeFileSync(join(folder, 'results.csv'), 'text\nfine\n');
    const end = await analyze('[abr]*.csv', '--out', 'results.csv');
    expect(end.code).toBe(2);
    expect(end.stderr).toBe(
      'error: results.csv would replace the input results.csv; choose another file [CHORALE_USAGE]\n',
    );
    expect(readFileSync(join(folder, 'results.csv'), 'utf8')).toBe('text\nfine\n');
  });

  it('refuses files of other columns, and patterns that match nothing: 3', async () => {
    const columns = await analyze('{a.csv,other.tsv}');
    expect(columns.code).toBe(3);
    expect(columns.stderr).toMatch(/^error: other\.tsv:1: the columns differ from those of a\.csv: 'stars' is new \[/);
    const nothing = await analyze('data/*.csv');
    expect(nothing.code).toBe(3);
    expect(nothing.stderr).toMatch(/^error: data\/\*\.csv: there is no such file, and no file that matches it .*\n$/);
  });
});
