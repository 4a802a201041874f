import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-agreement-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const lines = Array.from({ length: 40 }, (_, index) => {
  const label = ['low', 'medium', 'high'][index % 3];
  return `${label},${index % 8 === 0 ? 'high' : label},${index % 5 === 0 ? '' : label?.toUpperCase()}`;
});
const labels = write('labels.csv', `anna,ben,cleo\n${lines.join('\n')}\n`);

const agreement = (...args: readonly string[]) => runCli(['agreement', ...args]);

describe('chorale agreement', () => {
  it('shows alpha with missing labels, Fleiss of complete items, and kappa of every pair', async () => {
    const { code, stdout, stderr } = await agreement(
      labels,
      '--annotators',
      'anna,ben,cleo',
      '--order',
      'low,medium,high',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('40 items, labels low, medium, high; labelled: anna 40, ben 40, cleo 32');
    expect(stdout).toMatch(/Krippendorff's α, ordinal +│ +0\.\d{3} │ 0\.\d{3} to \d\.\d{3} │ +40/);
    expect(stdout).toMatch(/Fleiss' κ, items of all annotators +│ +0\.\d{3} │ .* │ +32/);
    expect(stdout).toMatch(/anna, cleo +│ 1\.000 │ 1\.000 to 1\.000 │ +32 │ +100\.0 %/);
  });

  it('says where a coefficient is not defined: null in JSON, no number in the table', async () => {
    const same = write('same.csv', 'a,b\nx,x\nx,x\nx,\n');
    const { stdout } = await agreement(same, '--annotators', 'a,b', '--json');
    const none = { value: null, lower: null, upper: null, items: 2 };
    expect(JSON.parse(stdout)).toMatchObject({ krippendorff_alpha: none, fleiss_kappa: none, pairs: [none] });
    const table = await agreement(same, '--annotators', 'a,b');
    expect(table.stdout).toContain('not defined');
    expect(table.stdout).not.toContain('NaN');
  });

  it.each([
    [[], 'whose labels? name their columns with --annotators a,b'],
    [['--annotators', 'anna'], 'agreement needs two annotators at least; name a column for each with --annotators a,b'],
    [['--annotators', 'anna,bem'], "--annotators: there is no column 'bem' (did you mean 'ben'?)"],
    [['--annotators', 'anna,ben', '--order', 'low,high'], "labels that are not in the order low, high: 'medium'"],
    [['--annotators', 'anna,ben', '--order', 'low,Low'], '--order must name two or more different labels'],
  ])('rejects %j in one line', async (args, line) => {
    const end = await agreement(labels, ...args);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain(line);
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
