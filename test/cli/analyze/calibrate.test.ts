import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { underConfidentRows } from '../../analysis/probable-model.js';
import { runCli } from '../../harness/run-cli.js';
import { type ProbableOllama, startProbableOllama } from '../probable-ollama.js';

const root = mkdtempSync(join(tmpdir(), 'chorale-calibrate-'));
let server: ProbableOllama;
let fitted: string;
beforeAll(async () => {
  server = await startProbableOllama();
  fitted = fresh();
  await analyze(fitted, ...fitting);
}, 60_000);
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const rows = 240;
let folders = 0;

/** A folder of its own, to run in. */
function fresh(): string {
  folders += 1;
  const folder = mkdtempSync(join(root, `${folders}-`));
  const labelled = underConfidentRows(rows);
  writeFileSync(
    join(folder, 'labelled.csv'),
    `text,label\n${labelled.map((row) => `${row.text},${row.expected}`).join('\n')}\n`,
  );
  writeFileSync(join(folder, 'reviews.csv'), 'text\nreview a: 0.8\nreview b: 0.3\n');
  return folder;
}

/** A folder of its own, with the calibration of an earlier run. */
function calibrated(): string {
  const folder = fresh();
  cpSync(fitted, folder, { recursive: true });
  return folder;
}

const task = ['--prompt', 'sentiment-completion', '--labels', 'positive,negative', '--model', 'small'];
const fitting = ['--calibrate', 'labelled.csv', '--label', 'label'];
const stored = ['--store', 'runs.db'];

function analyze(cwd: string, ...args: readonly string[]) {
  return runCli(['analyze', ...args, ...task, '--host', server.host], { cwd });
}

function calibrationsIn(folder: string): readonly string[] {
  const path = join(folder, '.chorale', 'calibration');
  return existsSync(path) ? readdirSync(path).map((file) => join(path, file)) : [];
}

function confidences(path: string): readonly number[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line).confidence);
}

describe('chorale analyze --calibrate', { timeout: 60_000 }, () => {
  it('without inputs fits, shows how good it is, and saves', async () => {
    const folder = fresh();
    const end = await analyze(folder, ...fitting);
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout).toMatch(/temperature +│ +1 │ +0\.\d{3}/);
    expect(end.stdout).toMatch(/expected calibration error +│ +0\.\d{4} │ +0\.\d{4}/);
    expect(end.stdout).toMatch(/ 95 % +│ 0\.\d{4}–0\.\d{4} │ 0\.\d{4}–0\.\d{4}/);
    expect(end.stdout).toMatch(/of a perfectly calibrated model +│ +0\.\d{4} │ +0\.\d{4}/);
    expect(end.stdout).toMatch(/Fitted on \d+ rows, measured on \d+ others/);
    const [path = ''] = calibrationsIn(folder);
    expect(calibrationsIn(folder)).toHaveLength(1);
    const saved = JSON.parse(readFileSync(path, 'utf8'));
    expect(saved).toMatchObject({
      provider: 'ollama',
      model: 'small',
      labels: ['positive', 'negative'],
      data: 'labelled.csv',
    });
    expect(saved.temperature).toBeGreaterThan(0.35);
    expect(saved.temperature).toBeLessThan(0.65);
  });

  it('gives the figures as JSON', async () => {
    const folder = fresh();
    const end = await analyze(folder, ...fitting, '--json', '--quiet');
    const ends = { lower: expect.any(Number), upper: expect.any(Number) };
    expect(end.stderr).toBe('');
    expect(JSON.parse(end.stdout)).toEqual({
      provider: 'ollama',
      model: 'small',
      prompt: expect.stringMatching(/^sentiment-completion@/),
      labels: ['positive', 'negative'],
      temperature: expect.any(Number),
      fitted_rows: expect.any(Number),
      held_out: {
        rows: expect.any(Number),
        accuracy: expect.any(Number),
        expected_calibration_error: { before: expect.any(Number), after: expect.any(Number) },
        calibration_error_interval: { before: ends, after: ends },
        calibration_error_if_perfect: {
          before: { mean: expect.any(Number), upper: expect.any(Number) },
          after: { mean: expect.any(Number), upper: expect.any(Number) },
        },
        negative_log_likelihood: { before: expect.any(Number), after: expect.any(Number) },
      },
      data: 'labelled.csv',
      created_at: expect.stringMatching(/Z$/),
      file: join('.chorale', 'calibration', readdirSync(join(folder, '.chorale', 'calibration'))[0] ?? ''),
      cached: 0,
      failed: 0,
      warnings: [],
    });
  });

  it('later runs use it, say so, and give the same labels', async () => {
    const folder = calibrated();
    await analyze(folder, 'reviews.csv', '--no-calibration', '--out', 'before.jsonl');
    const [path = ''] = calibrationsIn(folder);
    const { temperature } = JSON.parse(readFileSync(path, 'utf8'));
    const end = await analyze(folder, 'reviews.csv', '--out', 'after.jsonl', '--json');
    const said = end.stderr.split('\n').filter((line) => line.startsWith('confidence is calibrated: '));
    expect(said).toEqual([
      expect.stringMatching(/temperature 0\.\d{3}, fitted on \d+ rows of labelled\.csv \(.*\.json\)/),
    ]);
    expect(JSON.parse(end.stdout).confidence.temperature).toBe(temperature);
    expect(confidences(join(folder, 'before.jsonl'))).toEqual([expect.closeTo(0.8, 6), expect.closeTo(0.7, 6)]);
    const sharpened = (share: number) =>
      share ** (1 / temperature) / (share ** (1 / temperature) + (1 - share) ** (1 / temperature));
    expect(confidences(join(folder, 'after.jsonl'))).toEqual([
      expect.closeTo(sharpened(0.8), 6),
      expect.closeTo(sharpened(0.7), 6),
    ]);
    const labelsOf = (file: string) => readFileSync(join(folder, file), 'utf8').match(/"sentiment":"\w+"/g);
    expect(labelsOf('after.jsonl')).toEqual(labelsOf('before.jsonl'));
    expect((await analyze(folder, 'reviews.csv')).stdout).toMatch(
      /mean confidence \(calibrated: temperature 0\.\d{3}\)/,
    );
  });

  it('is not used for other labels, with --no-calibration, and by runs in other folders', async () => {
    const folder = calibrated();
    const raw = [expect.closeTo(0.8, 6), expect.closeTo(0.7, 6)];
    for (const [cwd, args] of [
      [folder, ['--no-calibration']],
      [folder, ['--labels', 'negative,positive']],
      [folder, ['--model', 'small:latest']],
      [fresh(), []],
    ] as const) {
      const end = await runCli(
        ['analyze', 'reviews.csv', '--out', 'raw.jsonl', ...task, '--host', server.host, ...args],
        { cwd },
      );
      expect(end.stderr).not.toMatch(/calibrated/);
      expect(confidences(join(cwd, 'raw.jsonl'))).toEqual(raw);
    }
  });

  it('with inputs fits first, then analyses them with it', async () => {
    const folder = fresh();
    const end = await analyze(folder, 'reviews.csv', ...fitting, '--limit', '1', '--out', 'out.jsonl', '--json');
    expect(end.code, end.stderr).toBe(0);
    const summary = JSON.parse(end.stdout);
    // --limit is about the inputs, and so is everything in the summary.
    expect(summary).toMatchObject({ items: 1, succeeded: 1 });
    expect(summary).not.toHaveProperty('accuracy');
    expect(summary.calibration.fitted_rows + summary.calibration.held_out.rows).toBe(rows);
    expect(summary.confidence.temperature).toBe(summary.calibration.temperature);
    expect(confidences(join(folder, 'out.jsonl'))[0]).toBeGreaterThan(0.85);
  });

  it('compares the inputs with their labels, where they have the column too', async () => {
    const folder = fresh();
    const end = await analyze(folder, 'labelled.csv', ...fitting, '--limit', '40', '--out', 'jsonl:-');
    expect(end.code, end.stderr).toBe(0);
    expect(end.stdout.trim().split('\n')).toHaveLength(40);
    expect(end.stderr).toMatch(/│ calibration +│ +before/);
    expect(end.stderr).toMatch(
      /expected calibration error \(95 %, \d+ held-out rows\) +│ +0\.\d{4} \(0\.\d\d–0\.\d\d\)/,
    );
    expect(end.stderr).toMatch(/of a perfectly calibrated model +│ +0\.\d{4} \(95 % at most 0\.\d\d\)/);
    expect(end.stderr).toMatch(/selective accuracy at 80 % coverage +│ +0\.\d{4}/);
  });

  it('asks nothing again where an analysis recorded the answers: none of 500', async () => {
    const folder = fresh();
    const texts = underConfidentRows(500).map(({ text, expected }) => `${text},${expected}`);
    writeFileSync(join(folder, 'labelled.csv'), `text,label\n${texts.join('\n')}\n`);
    await analyze(folder, 'labelled.csv', '--label', 'label', ...stored);
    const before = server.asked;
    const end = await analyze(folder, ...fitting, ...stored, '--json');
    expect(end.code, end.stderr).toBe(0);
    expect(server.asked - before).toBe(0);
    expect(end.stderr).toContain('500 of the 500 answers for the calibration are reused');
    const { fitted_rows, held_out, cached } = JSON.parse(end.stdout);
    expect([fitted_rows + held_out.rows, cached]).toEqual([500, 500]);
  });

  it('records what it asked: the same calibration, and an analysis of the rows, ask nothing', async () => {
    const folder = fresh();
    const asked = server.asked;
    const first = await analyze(folder, ...fitting, ...stored, '--json');
    expect(server.asked - asked).toBe(240);
    const again = await analyze(folder, ...fitting, ...stored, '--json');
    await analyze(folder, 'labelled.csv', '--label', 'label', ...stored);
    expect(server.asked - asked).toBe(240);
    expect(again.stderr).toMatch(/resumes run .*240 of 240 reviews are answered, and no request is sent/);
    const metricsIn = (text: string) => ({ ...JSON.parse(text), created_at: '', cached: 0 });
    expect(metricsIn(again.stdout)).toEqual(metricsIn(first.stdout));
    const runs = await runCli(['runs', 'list', '--json', ...stored], { cwd: folder });
    expect(JSON.parse(runs.stdout).map(({ command, status }: Record<string, string>) => [command, status])).toEqual([
      ['analyze', 'done'],
      ['calibrate', 'done'],
    ]);
    await analyze(folder, ...fitting, ...stored, '--fresh');
    expect(server.asked - asked).toBe(480);
  });

  it('keeps the answers where they calibrate nothing', async () => {
    const folder = fresh();
    await analyze(folder, ...fitting, ...stored, '--limit', '49');
    const before = server.asked;
    expect((await analyze(folder, ...fitting, ...stored, '--limit', '49')).code).toBe(2);
    expect(server.asked - before).toBe(0);
  });

  it('asks again where the server gave no probabilities: a newer version of it may', async () => {
    const folder = fresh();
    server.givesProbabilities = false;
    const without = await analyze(folder, ...fitting, ...stored);
    server.givesProbabilities = true;
    expect(without.code).toBe(2);
    expect((await analyze(folder, ...fitting, ...stored)).code).toBe(0);
  });

  it('without inputs --limit and --sample choose among the labelled rows', async () => {
    const folder = fresh();
    const end = await analyze(folder, ...fitting, '--sample', '120', '--json');
    const { fitted_rows, held_out } = JSON.parse(end.stdout);
    expect(fitted_rows + held_out.rows).toBe(120);
  });

  it('translates labels with --map, and says what is missing without', async () => {
    const folder = fresh();
    const text = readFileSync(join(folder, 'labelled.csv'), 'utf8').replace(/positive$/gm, 'pos');
    writeFileSync(join(folder, 'labelled.csv'), text);
    expect((await analyze(folder, ...fitting, '--map', 'pos=positive', '--json')).code).toBe(0);
    const end = await analyze(folder, ...fitting);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(
      /the gold label is 'negative' in all rows .*'pos' \(\d+\); map these values .*\[CHORALE_CALIBRATION\]/,
    );
  });

  it('keeps the older calibration where no new one can be fitted', async () => {
    const folder = calibrated();
    const before = calibrationsIn(folder).map((path) => readFileSync(path, 'utf8'));
    const end = await analyze(folder, ...fitting, '--limit', '49');
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/error: .*49 rows .*too few.*\[CHORALE_CALIBRATION\]/);
    expect(calibrationsIn(folder).map((path) => readFileSync(path, 'utf8'))).toEqual(before);
  });

  /** A folder whose calibration is broken. */
  function broken(): string {
    const folder = calibrated();
    const [path = ''] = calibrationsIn(folder);
    writeFileSync(path, '{"version": 1}');
    return folder;
  }

  it('refuses a broken calibration, and says what mends it', async () => {
    const folder = broken();
    const end = await analyze(folder, 'reviews.csv');
    expect(end.code).toBe(3);
    expect(end.stdout).toBe('');
    expect(end.stderr).toMatch(
      /calibration.*\.json: is not a calibration .*remove the file.*\[CHORALE_CALIBRATION_FILE\]/,
    );
    expect((await analyze(folder, 'reviews.csv', '--no-calibration')).code).toBe(0);
  });

  it('mends a broken one by calibrating again', async () => {
    const folder = broken();
    expect((await analyze(folder, 'reviews.csv', '--dry-run')).code).toBe(0);
    expect((await analyze(folder, 'reviews.csv', ...fitting)).code).toBe(0);
    expect((await analyze(folder, 'reviews.csv')).code).toBe(0);
  });

  it('soon sees that a server gives no probabilities', async () => {
    server.givesProbabilities = false;
    const before = server.asked;
    const end = await analyze(fresh(), ...fitting);
    server.givesProbabilities = true;
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/ollama small gives no confidence .*0\.12\.11/);
    expect(server.asked - before).toBeLessThan(100);
  });
});
