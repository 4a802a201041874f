import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRows } from '../../src/data/read-rows.js';
import { cellOf } from '../../src/data/row.js';
import { seededRandom } from '../../src/foundation/statistics/random-variates.js';
import { underConfidentRows } from '../analysis/probable-model.js';
import { temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { type ProbableOllama, startProbableOllama } from './probable-ollama.js';

const labels = ['positive', 'negative', 'neutral'];
let server: ProbableOllama;
beforeAll(async () => {
  server = await startProbableOllama();
});
afterAll(() => server.close());

/** A folder with 90 rows of three labels. */
function withRows(): string {
  const folder = temporaryFolder();
  const random = seededRandom(7);
  const rows = Array.from({ length: 90 }, (_, index) => {
    const weights = labels.map(() => 0.05 + random());
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const shares = weights.map((weight) => (weight / total).toFixed(4));
    return `n${index},review ${index}: ${shares.join(' ')},${labels[Math.floor(random() * 3)]}`;
  });
  writeFileSync(join(folder, 'rows.csv'), `id,text,label\n${rows.join('\n')}\nn90,review 90: 0.5 0.3 0.2,\n`);
  return folder;
}

const task = ['--prompt', 'sentiment-completion', '--model', 'small', '--id', 'id', '--label', 'label', '--json'];

function chorale(cwd: string, ...args: readonly string[]) {
  return runCli([...args, ...task, '--host', server.host, '--store', 'runs.db'], { cwd });
}

type Cells = Readonly<Record<string, string>>;

/** The rows of a file, as texts. */
async function rowsOf(path: string, format: 'csv' | 'parquet'): Promise<readonly Cells[]> {
  const rows: Cells[] = [];
  for await (const row of readRows([{ path, format }])) {
    rows.push(Object.fromEntries(row.columns.map((name) => [name, String(cellOf(row, name) ?? '')])));
  }
  return rows;
}

function linesOf(path: string): readonly Cells[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Brier score and log loss of the rows with a gold label, from what the file holds only. */
function scoresOf(rows: readonly Cells[]) {
  const known = rows.filter(({ expected, p_positive }) => expected && p_positive);
  const mean = (of: (row: Cells) => number) => known.reduce((sum, row) => sum + of(row), 0) / known.length;
  return {
    rows: known.length,
    brier: mean((row) =>
      labels.reduce((sum, label) => sum + (Number(row[`p_${label}`]) - (row.expected === label ? 1 : 0)) ** 2, 0),
    ),
    log_loss: mean((row) => -Math.log(Number(row[`p_${row.expected}`]))),
  };
}

describe('--out-probabilities', { timeout: 20_000 }, () => {
  it('of an experiment holds what Brier score and log loss of three labels are made of', async () => {
    const folder = withRows();
    const choice = ['--labels', labels.join(), '--data', 'rows.csv', '--out-probabilities'];
    const end = await chorale(folder, 'experiment', ...choice, 'p.csv');
    expect(end.code, end.stderr).toBe(0);
    const [variant] = JSON.parse(end.stdout).variants;
    const rows = await rowsOf(join(folder, 'p.csv'), 'csv');
    expect(Object.keys(rows[0] ?? {})).toEqual([
      ...['variant', 'repeat', 'index', 'id', 'expected', 'sentiment', 'confidence'],
      ...['p_positive', 'p_negative', 'p_neutral'],
    ]);
    const { brier, log_loss } = variant.confidence;
    expect(scoresOf(rows)).toEqual({
      rows: 90,
      brier: expect.closeTo(brier, 12),
      log_loss: expect.closeTo(log_loss, 12),
    });
  });

  it('of an experiment is empty where the server gives no probabilities, and a warning says so', async () => {
    const folder = withRows();
    server.givesProbabilities = false;
    const choice = ['--labels', labels.join(), '--data', 'rows.csv', '--out-probabilities', 'p.csv'];
    const end = await chorale(folder, 'experiment', ...choice);
    server.givesProbabilities = true;
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toMatch(
      /^warning: \S+: the file of label probabilities holds none: no answer has a confidence$/m,
    );
    expect((await rowsOf(join(folder, 'p.csv'), 'csv')).every((row) => row.confidence === '')).toBe(true);
  });

  it.each(['jsonl', 'parquet'] as const)('of an analysis holds the same, as %s', async (format) => {
    const folder = withRows();
    const path = join(folder, `p.${format}`);
    const experiment = await chorale(
      folder,
      'experiment',
      '--labels',
      labels.join(),
      '--data',
      'rows.csv',
      '--probabilities',
    );
    const end = await chorale(folder, 'analyze', 'rows.csv', '--labels', labels.join(), '--out-probabilities', path);
    expect(end.code, end.stderr).toBe(0);
    const { brier, log_loss } = JSON.parse(experiment.stdout).variants[0].confidence;
    const rows = format === 'parquet' ? await rowsOf(path, format) : linesOf(path);
    expect(rows).toHaveLength(91);
    expect(scoresOf(rows)).toEqual({
      rows: 90,
      brier: expect.closeTo(brier, 12),
      log_loss: expect.closeTo(log_loss, 12),
    });
    expect(Object.keys(rows[0] ?? {})).toEqual([
      ...['index', 'id', 'expected', 'sentiment', 'confidence', 'p_positive', 'p_negative', 'p_neutral'],
    ]);
  });

  it('holds the probabilities that the shown confidence is one of, also with a calibration', async () => {
    const folder = temporaryFolder();
    const given = underConfidentRows(240).map(({ text, expected }, index) => `${index},${text},${expected}`);
    writeFileSync(join(folder, 'rows.csv'), `id,text,label\n${given.join('\n')}\n`);
    const fit = ['--calibrate', 'rows.csv', '--labels', 'positive,negative', '--out-probabilities', 'p.csv'];
    const end = await chorale(folder, 'analyze', 'rows.csv', ...fit);
    expect(end.code, end.stderr).toBe(0);
    const rows = await rowsOf(join(folder, 'p.csv'), 'csv');
    expect(JSON.parse(end.stdout).confidence.temperature).toBeLessThan(0.7);
    for (const row of rows) {
      expect(Number(row[`p_${row.sentiment}`])).toBeCloseTo(Number(row.confidence), 11);
      expect(Number(row.p_positive) + Number(row.p_negative)).toBeCloseTo(1, 9);
    }
  });

  it('has a column for a label with a comma, and empty cells where nothing is known', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'rows.csv'), 'id,text,label\n1,review: 0.9,"so, so"\n2,,good\n');
    const given = ['--labels', 'positive,"bad, very"', '--map', '"so, so"="bad, very",good=positive'];
    const end = await chorale(folder, 'analyze', 'rows.csv', ...given, '--out-probabilities', 'p.csv');
    expect(end.code, end.stderr).toBe(0);
    expect(readFileSync(join(folder, 'p.csv'), 'utf8')).toBe(
      'index,id,expected,sentiment,confidence,p_positive,"p_bad, very"\n' +
        '0,1,"bad, very",positive,1,1,0\n1,2,positive,,,,\n',
    );
    expect(JSON.parse(end.stdout).confusion).toMatchObject({
      labels: ['positive', 'bad, very'],
      counts: [
        [0, 0],
        [1, 0],
      ],
    });
  });

  it('warns where no answer has probabilities', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'rows.csv'), 'text\ngreat\n');
    const more = ['--provider', 'lexicon', '--out-probabilities', 'p.jsonl', '--store', 'runs.db'];
    const end = await runCli(['analyze', 'rows.csv', ...more], { cwd: folder });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain('the file of label probabilities holds none: no answer has a confidence');
    expect(linesOf(join(folder, 'p.jsonl'))).toEqual([
      {
        ...{ index: 0, id: '1', expected: null, sentiment: 'positive', confidence: null },
        ...{ p_positive: null, p_neutral: null, p_negative: null },
      },
    ]);
  });

  it('requests the probabilities, so that they cannot be forbidden', async () => {
    const folder = withRows();
    const end = await chorale(folder, 'analyze', 'rows.csv', '--out-probabilities', 'p.csv', '--no-probabilities');
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('--out-probabilities needs token probabilities: give it without --no-probabilities');
    const only = ['--calibrate', 'rows.csv', '--label', 'label', '--out-probabilities', 'p.csv'];
    const calibrating = await runCli(['analyze', ...only], { cwd: folder });
    expect(calibrating.stderr).toContain('--out-probabilities is about an input, and there is none');
  });

  it('does not replace an input or another output', async () => {
    const folder = withRows();
    const end = await chorale(folder, 'analyze', 'rows.csv', '--out-probabilities', 'rows.csv');
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('rows.csv');
  });
});
