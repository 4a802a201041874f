import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { loadCalibration } from 'chorale';
import { createEngine, WorkflowError } from 'chorale/orchestration';
import { libsqlStore, openRunArchive, type Store, textKey } from 'chorale/store';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { orderGraph, reportWorkflow, runNightly, type World } from './earlier-programs.js';
import { type EarlierServer, faultIn, startEarlierServer } from './earlier-server.js';

/** What version 0.1 wrote, and the commands that made it. */
const fixture = fileURLToPath(new URL('../fixtures/version-0.1/', import.meta.url));

let server: EarlierServer;
beforeAll(async () => {
  server = await startEarlierServer();
});
afterAll(() => server.close());

/** A folder with what version 0.1 left behind, but for what it wrote last: that is what new files are held against. */
function leftBehind(): string {
  const folder = temporaryFolder();
  cpSync(fixture, folder, { recursive: true });
  for (const name of ['runs.db', 'library.db']) {
    const packed = join(folder, `${name}.gz`);
    writeFileSync(join(folder, name), gunzipSync(readFileSync(packed)));
    rmSync(packed);
  }
  // The time of a lock is that of the last sign of life.
  for (const name of readdirSync(join(folder, 'killed'))) utimesSync(join(folder, 'killed', name), 0, 0);
  rmSync(join(folder, 'written'), { recursive: true });
  mkdirSync(join(folder, 'written'));
  return folder;
}

/** Runs a command in a folder, with no setting from the environment. */
async function chorale(folder: string, ...args: readonly string[]) {
  const before = server.asked.length;
  const end = await runCli(args, { cwd: folder, env: { CHORALE_STORE: undefined, OLLAMA_HOST: undefined } });
  return { ...end, asked: server.asked.slice(before) };
}

const written = (name: string) => readFileSync(join(fixture, 'written', name), 'utf8');

/** The recorded runs, the newest first. */
const list: readonly { readonly run_id: string; readonly command: string }[] = JSON.parse(written('runs.list.json'));
/** Those of `analyze`, the oldest first. */
const analyses = ['lexicon', 'completion', 'stopped', 'interrupted', 'night', 'flat', 'german'];

/** @param name of an analysis, or a command that others were recorded by */
function idOf(name: string): string {
  const place = analyses.indexOf(name);
  const found = place < 0 ? list.find(({ command }) => command === name) : list.at(-1 - place);
  return found?.run_id ?? '';
}

/** A text without what no two runs have in common: moments, durations and what follows from them, ports. */
function settled(text: string): string {
  return (
    text
      .replaceAll(
        /"(duration_ms|throughput_per_second|in_flight_mean|estimated_speedup|delay_ms)":(?!0[,}])[^,}]+/g,
        '"$1":~',
      )
      .replaceAll(/"(latency_ms|queue_ms)":(?:\{[^}]*\}|null)/g, '"$1":~')
      .replaceAll(/,"speedup_unknown":"[^"]*"/g, '')
      // Version 0.1 told neither in the events of requests.
      .replaceAll(/(?<="item":"[^"]*"),"worker_id":\d+/g, '')
      .replaceAll(/,"first_token_ms":(?:null|[\d.]+)/g, '')
      // Version 0.1 had no interval of the calibration error.
      .replaceAll(/,"calibration_error_\w+":(?:\{[^}]*\}|\d+)/g, '')
      // The events of requests of version 0.1 had no worker and no first token.
      .replaceAll(/("item":"[^"]*"),"worker_id":\d+/g, '$1')
      .replaceAll(/,"first_token_ms":[^,}]+/g, '')
      .replaceAll(/(\bitem=\S+) worker_id=\d+/g, '$1')
      .replaceAll(/ first_token_ms=\S+/g, '')
      // Depends on how quickly the server of the test answers.
      .replaceAll(/"reviews waited [^"]*"/g, '')
      .replaceAll(/"timestamp":"[^"]*"/g, '"timestamp":~')
      .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:~')
  );
}

/** JSON without the sentences for people, which may be reworded. */
function withoutSentences(json: string): string {
  return json
    .replaceAll(/"warnings":\[(?:"[^"]*",?)*\]/g, '"warnings":~')
    .replaceAll(/"(conclusion|sentence)":"[^"]*"/g, '"$1":~');
}

/** JSON whose confidences are those of version 0.1, which kept them as 32-bit numbers in an experiment. */
function inMillionths(json: string): string {
  return json.replaceAll(/\d\.\d{7,}/g, (number) => String(Number(Number(number).toFixed(6))));
}

/**
 * Fields of comparisons that changed on purpose, and why; `*` stands for each entry of a list. Fields that were added since are
 * compared with nothing.
 */
const changedOnPurpose: Readonly<Record<string, string>> = {
  version: 'the fields of pairs changed their meaning',
  'pairs.*.accuracy.lower': 'intervals are simultaneous for all pairs',
  'pairs.*.accuracy.upper': 'intervals are simultaneous for all pairs',
  'pairs.*.macro_f1.lower': 'intervals are simultaneous for all pairs',
  'pairs.*.macro_f1.upper': 'intervals are simultaneous for all pairs',
  'pairs.*.p_value': "McNemar's test is the mid-p test",
  'pairs.*.p_adjusted': 'p-values are adjusted by the max-T method',
  'pairs.*.failures_as_wrong.p_value': "McNemar's test is the mid-p test",
  'pairs.*.failures_as_wrong.p_adjusted': 'p-values are adjusted by the max-T method',
  'pairs.*.rows_needed': 'the rows needed are those at the level of one of all pairs',
  rightness: 'a failed row counts as wrong',
  ...Object.fromEntries(
    ['accuracy', 'accuracy_interval', 'macro_f1', 'macro_f1_interval', 'majority_baseline', 'per_class']
      .flatMap((metric) => [metric, ...['*', 'a', 'b', 'summary'].map((place) => `${place}.${metric}`)])
      .map((path) => [path, 'a failed row counts as wrong']),
  ),
  'pareto.macro_f1_and_speed': 'a variant is faster only where the intervals of the speed are apart',
};

/** A result without the fields that changed on purpose, and without those that the earlier one does not have. */
function comparable(value: unknown, earlier: unknown, path = ''): unknown {
  if (Array.isArray(value) && Array.isArray(earlier)) {
    return value.map((entry, index) => comparable(entry, earlier[index], path === '' ? '*' : `${path}.*`));
  }
  if (!isObject(value) || !isObject(earlier)) return value;
  const kept = Object.keys(earlier).filter((key) => !(pathOf(path, key) in changedOnPurpose) && key in value);
  return Object.fromEntries(kept.map((key) => [key, comparable(value[key], earlier[key], pathOf(path, key))]));
}

const pathOf = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Two results as texts, for all that did not change on purpose. */
function comparableTexts(now: string, then: string): readonly [now: string, then: string] {
  const [a, b]: unknown[] = [JSON.parse(now), JSON.parse(then)];
  return [JSON.stringify(comparable(a, b)), JSON.stringify(comparable(b, b))];
}

/**
 * The numbers in each line of a page for people, without the sentences about comparisons. The lines are sorted: since variants
 * take turns, their answers come in another order.
 */
function numbersIn(page: string): readonly string[] {
  const lines = page.split('\n').filter((line) => !/ be claimed|corrected for its selection|always '/.test(line));
  return lines.flatMap((line) => line.match(/\d+(?:\.\d+)?/g)?.join(' ') ?? []).sort();
}

/** A summary without the metrics of the answered rows, which version 0.1 did not have beside those of all rows. */
function asBefore(summary: string): string {
  return settled(summary).replace(/"answered_only":\{(?:[^{}]|\{[^}]*\})*\},/, '');
}

/** A text of version 0.1 with the messages that were reworded since. */
function reworded(text: string): string {
  return text.replaceAll('the server refused the request', 'the server rejected the request');
}

const textIn = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');

const texts = parse(textIn(fixture, 'reviews.csv'))
  .map(([, text = '']) => text)
  .slice(1);

/** The texts that a recorded run has no answer to, each once. */
function unanswered(folder: string, id: string): readonly string[] {
  const archive = openRunArchive(join(folder, 'runs.db'));
  const answered = new Set([...archive.outcomes(id)].map(({ status, key }) => (status === 'ok' ? key : null)));
  archive.close();
  return [...new Set(texts)].filter((text) => text.trim() !== '' && !answered.has(textKey(text)));
}

const labelled = ['--id', 'id', '--label', 'label', '--workers', '1', '--store', 'runs.db'];
const lexicon = ['analyze', 'reviews.csv', ...labelled, '--provider', 'lexicon', '--prompt', 'found.prompt', '--json'];
const completion = ['analyze', 'reviews.csv', ...labelled, '--model', 'small', '--prompt', 'found.prompt'];
const failing = [...completion, '--retries', '2', '--json', '--host'];
const reasons = ['--prompt', 'reasons.prompt'];

describe('a run that version 0.1 recorded', { timeout: 60_000 }, () => {
  it('is given again without a question where it is finished, in every format, byte for byte', async () => {
    const folder = leftBehind();
    const names = ['csv', 'tsv', 'jsonl', 'json', 'parquet', 'csv.gz'].map((ending) => `lexicon.${ending}`);
    const outs = names.flatMap((name) => ['--out', `written/${name}`]);
    const { code, stdout, stderr } = await chorale(folder, ...lexicon, ...outs);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('22 of 24 reviews are answered, and no request is sent');
    expect(asBefore(stdout)).toBe(asBefore(written('lexicon.summary.json')));
    expect(JSON.parse(stdout)).toMatchObject({ run_id: idOf('lexicon'), cached: 22 });
    for (const name of names) {
      const [now, then] = [folder, fixture].map((place) => readFileSync(join(place, 'written', name)));
      if (!now || !then) throw new Error('nothing was read');
      // How well gzip packs is the affair of the platform.
      if (name.endsWith('.gz')) expect(gunzipSync(now).equals(gunzipSync(then)), name).toBe(true);
      else expect(now.equals(then), name).toBe(true);
    }
  });

  it('is asked again only where it failed', async () => {
    const folder = leftBehind();
    const { code, stdout, stderr, asked } = await chorale(folder, ...failing, server.host, '--out', 'mended.jsonl');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('20 of 24 reviews are answered already; 2 that failed are requested again');
    expect(asked).toEqual(['The door was locked, and nobody came.', 'Good or bad? who knows.']);
    expect(asBefore(stdout)).toBe(asBefore(written('mended.summary.json')));
    expect(settled(textIn(folder, 'mended.jsonl'))).toBe(settled(written('mended.jsonl')));
  });

  it.each([
    ['a time limit stopped it', 'stopped', ['--provider', 'openai', '--model', 'small']],
    ['Ctrl-C interrupted it', 'interrupted', ['--provider', 'http', '--model', 'service']],
  ] as const)('goes on where %s, and asks only what is missing', async (_, name, who) => {
    const folder = leftBehind();
    const missing = unanswered(folder, idOf(name));
    const out = ['--host', server.host, '--out', `${name}.jsonl`];
    const end = await chorale(folder, 'analyze', 'reviews.csv', ...labelled, ...who, ...reasons, ...out);
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain(`resumes run ${idOf(name).slice(0, 8)}`);
    expect(missing.length).toBeGreaterThan(10);
    expect(end.asked).toEqual(missing);
    expect(settled(textIn(folder, `${name}.jsonl`))).toBe(settled(written(`${name}.jsonl`)));
  });

  it('goes on where its process was killed, beside its locks and unfinished files', async () => {
    const folder = leftBehind();
    const missing = unanswered(folder, idOf('night'));
    const names = ['night.csv', 'night.events.txt', 'night.json'];
    expect(readdirSync(join(folder, 'killed')).filter((name) => name.startsWith('.'))).toHaveLength(4);
    const outs = ['--out', 'killed/night.csv', '--out', 'killed/night.json', '--events', 'killed/night.events.txt'];
    const setting = ['--config', 'night.config.json', ...reasons, '--id', 'id', '--json', '--host', server.host];
    const { code, stdout, stderr, asked } = await chorale(folder, 'analyze', 'reviews.csv', ...setting, ...outs);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`resumes run ${idOf('night').slice(0, 8)}`);
    expect(asked).toEqual(missing);
    expect(readdirSync(join(folder, 'killed')).sort()).toEqual(names);
    expect(settled(stdout)).toBe(settled(written('night.summary.json')));
    const table = (text: string) => text.replaceAll(/,1,[\d.]+,false,ollama/g, ',1,~,false,ollama');
    expect(table(textIn(folder, 'killed/night.csv'))).toBe(table(written('night.csv')));
    const events = (text: string) =>
      settled(text)
        .replaceAll(/^[\d:.]+/gm, '~')
        .replaceAll(/duration_ms=[\d.]+/g, 'duration_ms=~')
        .replaceAll(/(?<= item=\S+) worker_id=\d+| first_token_ms=\S+/g, '');
    expect(events(textIn(folder, 'killed/night.events.txt'))).toBe(events(written('night.events.txt')));
    expect(await configurationOf(folder, 'night')).toBe(recordedConfiguration('night'));
  });

  it('is the same run still under many options', async () => {
    const folder = leftBehind();
    const reading = ['--delimiter', ';', '--encoding', 'windows-1252', '--blank', 'N/A', '--text', 'meinung'];
    const right = ['--label', 'urteil', '--map', 'gut=positive,schlecht=negative', '--map', 'weiß nicht='];
    const choice = ['--id', 'nr', '--labels', 'positive,negative', '--limit', '45', '--store', 'runs.db'];
    const who = ['--provider', 'openai', '--model', 'large', ...reasons, '--host', server.host, '--json'];
    const end = await chorale(folder, 'analyze', 'german.csv', ...reading, ...right, ...choice, ...who);
    expect(end.code, end.stderr).toBe(0);
    expect(end.asked).toEqual([]);
    expect(JSON.parse(end.stdout)).toMatchObject({ run_id: idOf('german'), items: 45, cached: 44 });
  });

  it('goes on in a program where a program recorded it', async () => {
    const folder = leftBehind();
    const before = server.asked.length;
    const { begun, results } = await runNightly(folder, server.host);
    expect(begun).toMatchObject({ runId: idOf('nightly'), resumed: { status: 'interrupted', answered: 3 } });
    expect(server.asked.slice(before)).toEqual(['The best cake.', 'The oven broke.', 'A plate.']);
    expect(results.map(({ sentiment, cached }) => [sentiment, cached])).toMatchObject([
      [expect.any(String), true],
      [expect.any(String), true],
      [expect.any(String), true],
      [expect.any(String), false],
      [expect.any(String), false],
      [expect.any(String), false],
    ]);
  });

  it('is made anew in the same way: results, events and summary', async () => {
    const folder = leftBehind();
    const faulty = await startEarlierServer(faultIn);
    const outs = ['--out', 'fresh.jsonl', '--events', 'fresh.events.jsonl'];
    const fresh = [...failing, faulty.host, '--limit', '10', '--fresh', '--verbose', ...outs];
    const { code, stdout, stderr } = await chorale(folder, ...fresh);
    await faulty.close();
    expect(code, stderr).toBe(5);
    const comparable = (text: string) => reworded(settled(text).replaceAll(/"run_id":"[^"]*"/g, '"run_id":~'));
    const [now, then] = comparableTexts(stdout, written('fresh.summary.json'));
    expect(withoutSentences(comparable(now))).toBe(withoutSentences(comparable(then)));
    expect(JSON.parse(stdout).answered_only).toMatchObject({ rows: 7, accuracy: 1 });
    expect(JSON.parse(written('fresh.summary.json')).accuracy).toBe(1);
    for (const name of ['fresh.jsonl', 'fresh.events.jsonl']) {
      expect(comparable(textIn(folder, name)), name).toBe(comparable(written(name)));
    }
  });
});

/** What `runs show` says that was set, but for the ports of hosts. */
async function configurationOf(folder: string, name: 'night' | 'flat'): Promise<string> {
  const { stdout } = await chorale(folder, 'runs', 'show', idOf(name), '--store', 'runs.db', '--json');
  return settled(JSON.stringify(JSON.parse(stdout).configuration));
}

function recordedConfiguration(name: 'night' | 'flat'): string {
  return settled(JSON.stringify(JSON.parse(written(`runs.show.${name}.json`)).configuration));
}

describe('chorale runs, on the store of version 0.1', { timeout: 60_000 }, () => {
  it.each([
    ['list', 'runs.list.json', []],
    ['show', 'runs.show.completion.json', [idOf('completion')]],
    ['show', 'runs.show.night.json', [idOf('night')]],
    ['show', 'runs.show.flat.json', [idOf('flat').slice(0, 8)]],
    ['show', 'runs.show.experiment.json', [idOf('experiment')]],
    ['compare', 'runs.compare.json', [idOf('lexicon'), idOf('completion')]],
  ])('%s says what it said: %s', async (command, name, runs) => {
    const end = await chorale(leftBehind(), 'runs', command, ...runs, '--store', 'runs.db', '--json');
    expect(end).toMatchObject({ code: 0, stderr: '' });
    const [now, then] = comparableTexts(end.stdout, written(name));
    expect(withoutSentences(now)).toBe(withoutSentences(then));
  });

  it('rm removes runs, and leaves the others as they were', async () => {
    const folder = leftBehind();
    const [one, other] = [idOf('german'), idOf('night')];
    const end = await chorale(folder, 'runs', 'rm', one, other, '--store', 'runs.db', '--json');
    expect(end.code, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ removed: [one, other] });
    const rest = await chorale(folder, 'runs', 'list', '--store', 'runs.db', '--json');
    const left = JSON.stringify(list.filter(({ run_id }) => run_id !== one && run_id !== other));
    const [now, then] = comparableTexts(rest.stdout, left);
    expect(now).toBe(then);
  });

  it('an archive gives every answer as it was recorded', () => {
    const archive = openRunArchive(join(leftBehind(), 'runs.db'));
    const outcomes = [...archive.outcomes(idOf('completion'))];
    archive.close();
    const others = outcomes.map(({ status }) => status).filter((status) => status !== 'ok');
    expect(others).toEqual(['skipped', 'failed', 'failed', 'skipped']);
    expect(outcomes[3]).toMatchObject({ id: 'r4', expected: 'positive', attempts: 2, cached: false });
    expect(outcomes[3]?.prediction).toEqual({
      label: 'positive',
      confidence: expect.closeTo(outcomes[3]?.prediction?.labelShares?.[0] ?? 0),
      labelShares: [expect.any(Number), expect.any(Number), expect.any(Number)],
      labelMass: expect.closeTo(0.98, 6),
      probabilities: 'requested',
      rationale: null,
      fields: null,
      promptTokens: 54,
      completionTokens: 1,
      queueMs: 3,
      isLong: false,
      furtherRequests: 0,
    });
    expect(outcomes[6]).toMatchObject({ errorCode: 'CHORALE_MODEL_REJECTED', attempts: 1, prediction: null });
    expect(outcomes[7]).toMatchObject({ id: 'r8', cached: true, attempts: 0, prediction: outcomes[0]?.prediction });
    expect(outcomes[9]).toMatchObject({ errorCode: 'CHORALE_ANSWER_INVALID', attempts: 2, prediction: null });
  });
});

describe('a file of settings for version 0.1', { timeout: 60_000 }, () => {
  it('has effect as the default configuration, with provider and model at its top level', async () => {
    const folder = leftBehind();
    renameSync(join(folder, 'flat.config.json'), join(folder, 'chorale.config.json'));
    const args = [...reasons, '--text', 'text', '--limit', '12', '--json', '--host', server.host];
    const { code, stdout, stderr, asked } = await chorale(folder, 'analyze', 'reviews.csv', ...args);
    expect(code, stderr).toBe(0);
    expect(asked).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({ run_id: idOf('flat'), model: 'large', worker_cap: 2, cached: 11 });
    expect(await configurationOf(folder, 'flat')).toBe(recordedConfiguration('flat'));
  });

  it.each([
    ['a configuration with a client', ['analyze', 'reviews.csv', '--config', 'night.config.json', ...reasons]],
    ['a flat configuration', ['analyze', 'reviews.csv', '--config', 'flat.config.json', ...reasons]],
    ['an experiment', ['experiment', 'experiment.yaml', '--store', 'runs.db']],
  ])('says where the server is: %s', async (_, args) => {
    const { code, stderr } = await chorale(leftBehind(), ...args);
    expect(code).toBe(4);
    expect(stderr).toContain('http://127.0.0.1:9');
  });

  it('makes the same experiment, whose answers and baseline are there already', async () => {
    const folder = leftBehind();
    const files = ['--junit', 'written/experiment.junit.xml', '--json', '--host', server.host];
    const args = ['experiment', 'experiment.yaml', '--store', 'runs.db', '--baseline', idOf('german')];
    const { code, stdout, stderr, asked } = await chorale(folder, ...args, ...files);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('64 answers were there already');
    expect(asked).toEqual([]);
    const alike = (text: string) =>
      settled(text)
        .replace(/"versions":\{[^}]*\}/, '"versions":~')
        .replaceAll(/"[^"]*german\.csv"/g, '"german.csv"')
        .replace(/ time="[\d.]+"/, '');
    // What the answers took is recorded, too.
    const took = (text: string) => {
      const { variants }: { variants: readonly { latency_ms: object }[] } = JSON.parse(text);
      return variants.map(({ latency_ms }) => latency_ms);
    };
    const [now, then] = comparableTexts(stdout, written('experiment.json'));
    const metricsOf = (text: string) => inMillionths(withoutSentences(alike(text)));
    expect(metricsOf(now)).toBe(metricsOf(then));
    expect(took(stdout)).toEqual(took(written('experiment.json')));
    for (const name of ['doubtful.csv', 'experiment.junit.xml']) {
      expect(alike(textIn(folder, `written/${name}`)), name).toBe(alike(written(name)));
    }
    const report = ['--host', server.host, '--quiet', '--markdown', 'written/experiment.md'];
    const page = await chorale(folder, ...args, ...report);
    expect(page.code, page.stderr).toBe(0);
    for (const name of ['experiment.txt', 'experiment.md']) {
      expect(numbersIn(alike(textIn(folder, `written/${name}`))), name).toEqual(numbersIn(alike(written(name))));
    }
  });

  it('calibrates the confidence, where it is a calibration', async () => {
    const folder = leftBehind();
    const [name = ''] = readdirSync(join(folder, 'calibration'));
    const target = { provider: 'ollama', model: 'small', prompt: 'found@725f8e95f6a9' };
    const labels = ['positive', 'neutral', 'negative'];
    const saved = await loadCalibration(join(folder, 'calibration'), { ...target, labels });
    expect(saved?.calibration).toEqual(JSON.parse(textIn(folder, `calibration/${name}`)));
    expect(basename(saved?.path ?? '')).toBe(name);

    mkdirSync(join(folder, '.chorale'));
    renameSync(join(folder, 'calibration'), join(folder, '.chorale', 'calibration'));
    const { code, stdout, stderr } = await chorale(folder, ...failing, server.host, '--out', 'calibrated.jsonl');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('confidence is calibrated: temperature 0.653');
    expect(JSON.parse(stdout).confidence.temperature).toBe(saved?.calibration.temperature);
    expect(settled(textIn(folder, 'calibrated.jsonl'))).toBe(settled(written('calibrated.jsonl')));
    expect(written('calibrated.jsonl')).not.toBe(written('mended.jsonl'));
  });
});

describe('results of version 0.1', () => {
  it.each([
    ['csv', 'text', 'csv'],
    ['tsv', 'text', 'csv'],
    ['csv.gz', 'text', 'csv'],
    ['parquet', 'text', 'parquet'],
    ['jsonl', 'input', 'json'],
    ['json', 'input', 'json'],
  ])('are an input, value for value: %s', async (ending, column, as) => {
    const folder = leftBehind();
    const path = join(fixture, 'written', `lexicon.${ending}`);
    const args = ['--text', column, '--provider', 'lexicon', '--prompt', 'found.prompt', '--limit', '6', '--quiet'];
    const end = await chorale(folder, 'analyze', path, ...args, '--out', 'again.jsonl', '--store', 'new.db');
    expect(end.code, end.stderr).toBe(0);
    expect(settled(textIn(folder, 'again.jsonl'))).toBe(settled(written(`again.${as}.jsonl`)));
  });
});

const well: World = () => 'well';
const down: World = () => 'down';

/** Uses the store that a program of version 0.1 wrote. */
async function withLibrary<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = libsqlStore({ path: join(leftBehind(), 'library.db') });
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

describe('a graph that version 0.1 ran', () => {
  const secrets = { card: '4111 1142' };
  const done = { items: ['ü “a”', 'item 1', 'item 2'], round: 2, paid: '3 with …42' };

  it('is listed, with its history and each state', () =>
    withLibrary(async (store) => {
      const graph = orderGraph(store, well);
      const runs = await store.checkpoints.list();
      expect(runs.map(({ runId, status, iteration }) => [runId, status, iteration])).toEqual([
        ['killed', 'running', 4],
        ['failed', 'failed', 4],
        ['finished', 'completed', 5],
      ]);
      const history = await graph.history('finished');
      expect(history.map(({ node }) => node)).toEqual([null, 'pick', 'check', 'pick', 'check', 'pay']);
      expect((await graph.stateAt('finished', 1)).data).toEqual({
        items: ['ü “a”', 'item 1'],
        round: 1,
        draft: 'open',
      });
      expect((await graph.stateAt('finished', 4)).data).toEqual({ items: done.items, round: 2 });
      expect((await graph.stateAt('finished', 5)).data).toEqual(done);
    }));

  it.each(['failed', 'killed'])('goes on after the last node that was done: one that %s', (runId) =>
    withLibrary(async (store) => {
      const ran: string[] = [];
      const graph = orderGraph(store, well, (node) => ran.push(node));
      await expect(graph.resume(runId, { takeOver: true })).rejects.toThrow(/card/);
      const { state, path } = await graph.resume(runId, { takeOver: true, secrets });
      expect(ran).toEqual(['pay']);
      expect(state.data).toEqual(done);
      expect(path).toEqual(['pick', 'check', 'pick', 'check', 'pay']);
    }),
  );

  it('is forked where it is finished', () =>
    withLibrary(async (store) => {
      const graph = orderGraph(store, well);
      const fork = await graph.fork('finished', { from: 2, update: (state) => state.set('items', []) });
      const { state } = await graph.resume(fork, { secrets });
      expect(state.data).toEqual({ items: ['item 2'], round: 2, paid: '1 with …42' });
    }));
});

describe('a workflow that version 0.1 ran', () => {
  const input = { text: 'to be or not' };
  const output = { count: 4, mood: '?', words: ['to', 'be', 'or', 'not'], source: { ...input, at: ['here'] } };

  it('is listed, and read step by step', () =>
    withLibrary(async (store) => {
      const engine = createEngine({ store });
      const runs = await engine.list({ workflow: 'report' });
      expect(runs.map(({ runId, status, idempotencyKey }) => [runId, status, idempotencyKey])).toEqual([
        ['failed', 'failed', null],
        ['finished', 'completed', 'hamlet'],
        ['killed', 'running', null],
      ]);
      const failed = await engine.get('failed');
      expect(failed).toMatchObject({ input, state: { source: { ...input, at: ['here'] } } });
      expect(failed?.error).toMatchObject({
        code: 'CHORALE_WORKFLOW',
        message: expect.stringContaining('bank is closed'),
      });
      expect(failed?.steps.map(({ step, status, attempt }) => [step, status, attempt])).toEqual([
        ['load', 'completed', 1],
        ['count', 'completed', 1],
        ['mood', 'failed', 1],
        ['join', 'completed', 1],
        ['warn', 'skipped', 0],
        ['send', 'failed', 1],
      ]);
    }));

  it.each(['failed', 'killed'])('goes on with the step that was not done: one that %s', (runId) =>
    withLibrary(async (store) => {
      const ran: string[] = [];
      const workflow = reportWorkflow(well, (step) => ran.push(step));
      const result = await createEngine({ store }).resume(workflow, runId, { takeOver: true });
      expect(ran).toEqual(['send']);
      expect(result).toMatchObject({ runId, output, failures: [{ step: 'mood' }] });
    }),
  );

  it('is recovered where its process ended, and pruned where it is over', () =>
    withLibrary(async (store) => {
      const ran: string[] = [];
      const workflow = reportWorkflow(well, (step) => ran.push(step));
      const engine = createEngine({ store, workflows: [workflow] });
      const { resumed, dead, skipped } = await engine.recover();
      expect(await Promise.all(resumed.map(({ result }) => result))).toMatchObject([{ runId: 'killed', output }]);
      expect([dead, skipped, ran]).toEqual([[], [], ['send']]);
      expect(await engine.prune({ status: ['failed', 'completed'] })).toBe(3);
      expect(await engine.list()).toEqual([]);
    }));

  it('goes on once more where it fails again', () =>
    withLibrary(async (store) => {
      const engine = createEngine({ store });
      await expect(engine.resume(reportWorkflow(down), 'failed')).rejects.toThrow(WorkflowError);
      expect((await engine.resume(reportWorkflow(well), 'failed')).output).toEqual(output);
    }));

  it('gives its result to its key where it is finished, and runs no step', () =>
    withLibrary(async (store) => {
      const ran: string[] = [];
      const workflow = reportWorkflow(down, (step) => ran.push(step));
      const again = await createEngine({ store }).run(workflow, input, { idempotencyKey: 'hamlet' });
      expect(again).toMatchObject({ runId: 'finished', output, failures: [{ step: 'mood' }] });
      expect(ran).toEqual([]);
    }));
});
