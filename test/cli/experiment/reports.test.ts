import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newStore, temporaryFolder } from '../../harness/cli-process.js';
import { runCli } from '../../harness/run-cli.js';
import { startFakeServer } from '../fake-server.js';

const folder = temporaryFolder();

/** Rows that the word list gets right, with their labels or without. */
function rows(name: string, texts: readonly string[], label = true): string {
  const path = join(folder, name);
  const lines = texts.map((text) =>
    label ? `"${text}",${text.includes('love') ? 'positive' : 'negative'}` : `"${text}"`,
  );
  writeFileSync(path, `text${label ? ',label' : ''}\n${lines.join('\n')}\n`);
  return path;
}

const texts = Array.from({ length: 40 }, (_, index) => `I ${index % 2 ? 'love' : 'hate'} it, number ${index}`);
const data = rows('data.csv', texts);
const lexicon = ['--provider', 'lexicon', '--labels', 'positive,negative'];
const labelled = ['--data', data, '--label', 'label', ...lexicon];
const swapped = [...labelled, '--map', 'positive=negative,negative=positive'];

describe('chorale experiment --baseline', () => {
  it('passes against itself, and against the latest run', async () => {
    const env = newStore();
    expect((await runCli(['experiment', ...labelled, '--prompt', 'sentiment'], { env })).code).toBe(0);
    const args = ['experiment', ...labelled, '--prompt', 'sentiment-json', '--baseline', 'latest', '--json'];
    const end = await runCli(args, { env });
    expect(end.code).toBe(0);
    const { baseline } = JSON.parse(end.stdout);
    expect(baseline).toMatchObject({ rows: 40, p_value: 1, significantly_worse: false });
    const [id] = [String(baseline.run)];
    const byPrefix = await runCli(['experiment', ...labelled, '--baseline', id.slice(0, 10)], { env });
    expect(byPrefix.code).toBe(0);
    expect(byPrefix.stdout).toContain(`the baseline ${id}`);
  });

  it('ends with 6 and one line where the best variant is significantly worse', async () => {
    const env = newStore();
    await runCli(['experiment', ...labelled], { env });
    const server = await startFakeServer({ answer: () => 'positive' });
    const asked = labelled.filter((word) => word !== '--provider' && word !== 'lexicon');
    const junit = join(folder, 'baseline.xml');
    const args = ['experiment', ...asked, '--model', 'naive', '--host', server.host, '--baseline', 'latest', '--quiet'];
    const end = await runCli([...args, '--junit', junit], { env });
    await server.stop();
    expect(end.code).toBe(6);
    expect(end.stderr).toMatch(
      /threshold missed: not worse than the baseline \(the baseline \S+ beats sentiment by 50\.0 points \(95 % .* p < 0\.001\), on 40 rows\)/,
    );
    expect(end.stderr.trim().split('\n').length).toBeLessThan(3);
    expect(readFileSync(junit, 'utf8')).toContain('failures="1"');
  });

  it('refuses a run that is not there, one without labels, and one without a row in common, with exit code 2', async () => {
    const env = newStore();
    const none = await runCli(['experiment', ...labelled, '--baseline', 'latest'], { env });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('there is no baseline: ')]);
    const other = rows('other.csv', ['I love it, other', 'I hate it, other', 'I love another']);
    await runCli(['analyze', other, '--label', 'label', ...lexicon], { env });
    const apart = await runCli(['experiment', ...labelled, '--baseline', 'latest'], { env });
    expect([apart.code, apart.stderr]).toEqual([2, expect.stringContaining('no row in common with the experiment')]);
    const unknown = await runCli(['experiment', ...labelled, '--baseline', 'nonsense'], { env });
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("unknown run 'nonsense'")]);
    const plain = newStore();
    await runCli(['analyze', rows('plain.csv', texts, false), ...lexicon], { env: plain });
    const unlabelled = await runCli(['experiment', ...labelled, '--baseline', 'latest'], { env: plain });
    expect([unlabelled.code, unlabelled.stderr]).toEqual([2, expect.stringContaining('has no gold labels')]);
    expect(
      unlabelled.stderr
        .trim()
        .split('\n')
        .filter((line) => line.includes('gold labels')),
    ).toHaveLength(1);
  });
});

describe('reports of chorale experiment', () => {
  it('writes JUnit and Markdown with the conditions that are missed, and ends with 6', async () => {
    const [junit, markdown] = [join(folder, 'junit.xml'), join(folder, 'summary.md')];
    const files = ['--junit', junit, '--markdown', markdown];
    const end = await runCli(['experiment', ...swapped, ...files, '--assert', 'accuracy>=0.9']);
    expect(end.code).toBe(6);
    expect(readFileSync(junit, 'utf8')).toContain('<failure message="accuracy&gt;=0.9 (it is 0 for sentiment)">');
    expect(readFileSync(markdown, 'utf8')).toContain('❌ sentiment: missed: accuracy&gt;=0.9 (it is 0 for sentiment)');
    expect(end.stdout).toContain('accuracy');
  });

  it('prints Markdown in place of the table, and refuses two things on stdout or in one file', async () => {
    const end = await runCli(['experiment', ...labelled, '--markdown', '-']);
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/^### chorale experiment\n/);
    expect(end.stdout).not.toContain('│');
    const both = await runCli(['experiment', ...labelled, '--markdown', '-', '--json']);
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--markdown - and --json both want stdout')]);
    const same = await runCli(['experiment', ...labelled, '--junit', data]);
    expect([same.code, same.stderr]).toEqual([2, expect.stringContaining('would replace the input')]);
  });
});
