import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const numbers = Array.from({ length: 120 }, (_, index) => index);
const goldOf = (index: number) => (index % 2 === 0 ? 'good' : 'bad');
/** Every so many predictions are wrong. */
const wrongEvery = (nth: number) => (index: number) => (index % nth === 0 ? goldOf(index + 1) : goldOf(index));
const csv = (predict: (index: number) => string) =>
  `id,text,gold,prediction\n${numbers.map((i) => `r${i},text ${i},${goldOf(i)},${predict(i)}`).join('\n')}\n`;

const a = write('a.csv', csv(wrongEvery(20)));
const b = write(
  'b.jsonl',
  numbers
    .map((i) =>
      JSON.stringify({ id: `r${i}`, sentiment: wrongEvery(3)(i), confidence: 0.9, input: { gold: goldOf(i) } }),
    )
    .reverse()
    .join('\n'),
);

const compare = (...args: readonly string[]) => runCli(['compare', ...args]);

describe('chorale compare', () => {
  it('compares a table with results of chorale, joined by their ids, in one plain sentence', async () => {
    const { code, stdout, stderr } = await compare(a, b, '--gold', 'gold', '--id', 'id');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('2 variants, 120 rows (bad 60, good 60), compared by accuracy');
    expect(stdout).toMatch(/^- a beats b by 28\.3 points \(95 % .* to .*, p < 0\.001\)$/m);
    expect(stdout).toContain('b.jsonl, column sentiment');
  });

  it('writes the same as JSON and as Markdown, and checks conditions', async () => {
    const markdown = join(folder, 'out.md');
    const args = [a, b, '--gold', 'gold', '--json', '--markdown', markdown, '--assert', 'b: accuracy>=0.9'];
    const { code, stdout, stderr } = await compare(...args);
    expect(code).toBe(6);
    expect(stderr).toMatch(/^error: .*b: accuracy>=0\.9.*\[CHORALE_THRESHOLD_MISSED\]\n$/);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      best: ['a'],
      data: { rows: 120 },
      pairs: [{ a: 'a', b: 'b' }],
    });
    expect(readFileSync(markdown, 'utf8')).toMatch(/^### chorale compare\n[\s\S]*a beats b[\s\S]*❌ b: missed/);
  });

  it('compares several columns of one file, numbered where there is no id', async () => {
    const both = write('both.csv', `gold,x,y\n${numbers.map((i) => `${goldOf(i)},${goldOf(i)},bad`).join('\n')}\n`);
    const { stdout } = await compare(both, '--gold', 'gold', '--prediction', 'x', '--prediction', 'y', '--json');
    expect(JSON.parse(stdout).variants.map(({ name }: { name: string }) => name)).toEqual(['x', 'y']);
  });

  it('reads outputs of promptfoo and inspect_ai beside each other', async () => {
    const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/predictions/${name}`, import.meta.url));
    const files = [fixture('promptfoo.json'), fixture('inspect-careful.json')];
    const { stdout } = await compare(...files, '--gold', 'label', '--json');
    expect(JSON.parse(stdout).variants).toHaveLength(5);
  });

  it.each([
    [['a.csv', 'b.jsonl'], 2, 'the column of the gold label is missing: name it with --gold [CHORALE_USAGE]'],
    [['a.csv', '--gold', 'nope'], 2, "--gold: no file has a gold label in a column 'nope' [CHORALE_USAGE]"],
    [['a.csv', '--gold', 'gold', '--id', 'ib'], 2, "--id: there is no column 'ib' (did you mean 'id'?)"],
    [['a.csv', '--gold', 'gold', '--prediction', 'x'], 2, "--prediction: no file has the column 'x' [CHORALE_USAGE]"],
    [['a.csv', '--gold', 'gold', '--id', 'gold'], 2, 'a.csv: 2 ids come more than once (column prediction): good, bad'],
    [['log.eval', '--gold', 'gold'], 3, 'inspect_ai packs this log; write it as JSON'],
    [
      ['a.csv', '--gold', 'gold', '--assert', 'acuracy>1'],
      2,
      "there is no metric 'acuracy' (did you mean 'accuracy'?)",
    ],
    [['a.csv', '--gold', 'gold', '--markdown', 'a.csv'], 2, 'would replace the input'],
  ])('ends %j with the code %i and one line', async (args, code, line) => {
    write('log.eval', 'x');
    const given = args.map((arg) => (/^(?:a\.csv|b\.jsonl|log\.eval)$/.test(arg) ? join(folder, arg) : arg));
    const end = await compare(...given);
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(line);
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
