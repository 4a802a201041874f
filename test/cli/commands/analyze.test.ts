import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-analyze-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lexicon = ['--provider', 'lexicon'];
const clothing = fileURLToPath(new URL('../../../../shared/data/clothing-reviews.csv', import.meta.url));
let files = 0;

function fresh(ending: string): string {
  files += 1;
  return join(folder, `f${files}${ending}`);
}

function input(content: string, ending = '.csv'): string {
  const path = fresh(ending);
  writeFileSync(path, content);
  return path;
}

function jsonLines(path: string) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const labelled = input('id,text,label\na,I love it,pos\nb,I hate it,neg\nc,It is awful,pos\nd,A box,neutral\n');

describe('chorale analyze', () => {
  it.for(['1', '16'])(
    'keeps 500 real reviews in order, with all their columns, with %s workers',
    async (workers, context) => {
      context.skip(!existsSync(clothing), 'the data set ../shared/data/clothing-reviews.csv is not there');
      const out = fresh('.csv');
      const end = await runCli(['analyze', clothing, ...lexicon, '--workers', workers, '--out', out, '--json']);
      expect(end.code).toBe(0);
      expect(JSON.parse(end.stdout)).toMatchObject({ items: 500, succeeded: 481, skipped: 19, failed: 0 });
      const before: string[][] = parse(readFileSync(clothing));
      const after: string[][] = parse(readFileSync(out));
      const width = before[0]?.length ?? 0;
      expect(after.map((row) => row.slice(0, width))).toEqual(before);
      expect(after[0]?.slice(width, width + 4)).toEqual([
        'chorale_index',
        'chorale_id',
        'chorale_status',
        'chorale_sentiment',
      ]);
      expect(after.slice(1).map((row) => Number(row[width]))).toEqual(Array.from({ length: 500 }, (_, index) => index));
    },
  );

  it('writes the same results to every format', async () => {
    const outs = ['.csv', '.tsv', '.jsonl', '.json'].map(fresh);
    await runCli(['analyze', labelled, ...lexicon, '--id', 'id', ...outs.flatMap((out) => ['--out', out])]);
    const [csv, tsv, jsonl, json] = outs as [string, string, string, string];
    const expected = [
      ['a', 'ok', 'positive'],
      ['b', 'ok', 'negative'],
      ['c', 'ok', 'negative'],
      ['d', 'ok', 'neutral'],
    ];
    const ofTable = (path: string, delimiter: string) =>
      (parse(readFileSync(path), { columns: true, delimiter }) as Record<string, string>[]).map((row) => [
        row.chorale_id,
        row.chorale_status,
        row.chorale_sentiment,
      ]);
    const ofObjects = (rows: { id: string; status: string; sentiment: string }[]) =>
      rows.map(({ id, status, sentiment }) => [id, status, sentiment]);
    expect(ofTable(csv, ',')).toEqual(expected);
    expect(ofTable(tsv, '\t')).toEqual(expected);
    expect(ofObjects(jsonLines(jsonl))).toEqual(expected);
    expect(ofObjects(JSON.parse(readFileSync(json, 'utf8')))).toEqual(expected);
    expect(jsonLines(jsonl)[0]?.input).toEqual({ id: 'a', text: 'I love it', label: 'pos' });
  });

  it('reads stdin, and writes results to stdout and nothing else there', async () => {
    const end = await runCli(['analyze', '-', '--format', 'jsonl', ...lexicon, '--out', 'jsonl:-'], {
      stdin: '{"review":"I love it"}\n{"review":"I hate it"}\n',
    });
    expect(end.code).toBe(0);
    expect(
      end.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).sentiment),
    ).toEqual(['positive', 'negative']);
  });

  it('reads several files with the same columns, and counts rows over all of them', async () => {
    const out = fresh('.jsonl');
    await runCli(['analyze', labelled, labelled, ...lexicon, '--out', out]);
    expect(jsonLines(out).map((row) => row.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('prints the summary as one JSON object, and nothing else on stdout', async () => {
    const args = ['analyze', labelled, ...lexicon, '--label', 'label', '--map', 'pos=positive,neg=negative', '--json'];
    const end = await runCli(args);
    const summary = JSON.parse(end.stdout);
    expect(summary).toMatchObject({
      provider: 'lexicon',
      model: 'wink-sentiment',
      items: 4,
      succeeded: 4,
      failed: 0,
      skipped: 0,
      cancelled: 0,
      not_started: 0,
      cached: 0,
      success_rate: 1,
      accuracy: 0.75,
      retries: 0,
      errors: [],
      queue_ms: null,
      tokens: { prompt: null, completion: null },
    });
    expect(summary.sentiment).toEqual({
      positive: { count: 1, share: 0.25 },
      neutral: { count: 1, share: 0.25 },
      negative: { count: 2, share: 0.5 },
    });
    // By hand: F1 of positive 2/3, of negative 2/3, of neutral 1.
    expect(summary.macro_f1).toBeCloseTo((2 / 3 + 2 / 3 + 1) / 3, 12);
    expect(summary.warnings.join()).toMatch(/no language model/);
    expect(summary.prompt).toMatch(/^sentiment@[0-9a-f]{12}$/);
  });

  it('names the labels that are none of the labels', async () => {
    const end = await runCli(['analyze', labelled, ...lexicon, '--label', 'label', '--json']);
    expect(JSON.parse(end.stdout).warnings.join()).toMatch(
      /'pos' \(2\), 'neg' \(1\).*map these values to labels \(--map\)/,
    );
  });

  it('takes the first rows, or rows at random that a seed fixes', async () => {
    const many = input(`text\n${Array.from({ length: 50 }, (_, index) => `row ${index}`).join('\n')}\n`);
    const indices = async (...more: string[]) => {
      const out = fresh('.jsonl');
      await runCli(['analyze', many, ...lexicon, '--out', out, ...more]);
      return jsonLines(out).map((row) => row.index);
    };
    expect(await indices('--limit', '3')).toEqual([0, 1, 2]);
    const sample = await indices('--sample', '5', '--seed', '7');
    expect(sample).toHaveLength(5);
    expect([...sample].sort((a, b) => a - b)).toEqual(sample);
    expect(await indices('--sample', '5', '--seed', '7')).toEqual(sample);
    expect(await indices('--sample', '5', '--seed', '8')).not.toEqual(sample);
    expect((await indices('--limit', '10', '--sample', '5')).every((index) => index < 10)).toBe(true);
  });

  it('ends with 6 when a threshold is missed, with 0 when it is met, and with 5 before 6', async () => {
    const assert = (condition: string, path = labelled) => runCli(['analyze', path, ...lexicon, '--assert', condition]);
    expect((await assert('success_rate>=1')).code).toBe(0);
    const missed = await assert('sentiment.positive.share>=0.9');
    expect(missed.code).toBe(6);
    expect(missed.stderr).toMatch(/sentiment\.positive\.share>=0\.9 \(it is 0\.25\).*\[CHORALE_THRESHOLD_MISSED\]/);
    expect((await assert('success_rate>=1', input('id,text\n1,fine\n2\n'))).code).toBe(5);
  });

  it('shows with --dry-run what it would do, and asks no model', async () => {
    const end = await runCli(['analyze', labelled, '--dry-run']);
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/columns: id, text, label/);
    expect(end.stdout).toMatch(/text: text/);
    expect(end.stdout).toMatch(/rows: 4/);
    expect(end.stdout).toMatch(/estimated prompt tokens: \d+/);
    expect(end.stdout).toMatch(/Review: I love it/);
  });

  it('fails a review that the lexicon cannot label rather than inventing a label', async () => {
    const out = fresh('.jsonl');
    const end = await runCli(['analyze', labelled, ...lexicon, '--labels', 'positive,negative', '--out', out]);
    expect(end.code).toBe(5);
    expect(jsonLines(out)[3]).toMatchObject({
      status: 'failed',
      sentiment: null,
      error_code: 'CHORALE_ANSWER_INVALID',
    });
  });

  it('stops at the first failure with --fail-fast, and writes what is before it', async () => {
    const path = input('id,text\n1,I love it\n2\n3,I love it\n4,I love it\n');
    const out = fresh('.jsonl');
    const end = await runCli(['analyze', path, ...lexicon, '--fail-fast', '--workers', '1', '--out', out]);
    expect(end.code).toBe(5);
    expect(jsonLines(out).map((row) => row.status)).toEqual(['ok', 'failed']);
    expect(end.stderr).toMatch(/item 1: .*\[CHORALE_TASK_FAILED\]/);
  });

  it('lets a flag win over the environment, the environment over the file, and the file over the default', async () => {
    const config = input('{"parallel": {"max_workers": 2}, "provider": {"name": "lexicon"}}', '.json');
    const workers = async (args: string[], env = {}) =>
      JSON.parse((await runCli(['analyze', labelled, '--json', '--config', config, ...args], { env })).stdout).workers;
    expect(await workers([])).toBe(2);
    expect(await workers([], { CHORALE_WORKERS: '3' })).toBe(3);
    expect(await workers(['--workers', '1'], { CHORALE_WORKERS: '3' })).toBe(1);
  });

  it('names the environment variable whose value is nonsense', async () => {
    const end = await runCli(['analyze', labelled, ...lexicon], { env: { CHORALE_WORKERS: 'many' } });
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/CHORALE_WORKERS/);
  });

  it('puts nothing but the summary on stderr-free stdout with --quiet', async () => {
    const end = await runCli(['analyze', labelled, ...lexicon, '--quiet']);
    expect(end.stderr).toBe('');
    expect(end.stdout).toMatch(/│ positive/);
    expect(end.stdout).not.toContain('\u001b');
  });

  it('guards spreadsheets against its own cells, and leaves the cells of the user as they came', async () => {
    const out = fresh('.csv');
    await runCli(['analyze', input('id,text\n=1+1,I love it\n'), ...lexicon, '--id', 'id', '--out', out]);
    const [row] = parse(readFileSync(out), { columns: true }) as Record<string, string>[];
    expect(row).toMatchObject({ id: '=1+1', chorale_id: "'=1+1" });
  });
});

describe('the events of a run', () => {
  it('are JSON lines with exactly four keys, for the recipes of the documentation', async () => {
    const events = fresh('.jsonl');
    await runCli(['analyze', labelled, ...lexicon, '--workers', '3', '--simulate-latency', '30ms', '--events', events]);
    const text = readFileSync(events, 'utf8');
    const lines = jsonLines(events);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(['type', 'timestamp', 'source', 'data']);
      expect(line.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
    const count = (type: string) => lines.filter((line) => line.type === type).length;
    expect(count('run.start')).toBe(1);
    expect(count('run.complete')).toBe(1);
    expect(count('parallel.start')).toBe(1);
    expect(count('parallel.complete')).toBe(1);
    expect(count('worker.start')).toBe(4);
    expect(count('worker.complete')).toBe(4);
    expect(count('model.request')).toBe(4);
    expect(count('model.response')).toBe(4);
    expect(text).toMatch(/"type":"parallel\./);
    expect(text).toMatch(/"worker_id":2/);
    expect(text).not.toContain('I love it');
  });

  it('go to stderr alone with -, so that jq can read it', async () => {
    const end = await runCli(['analyze', labelled, ...lexicon, '--events', '-']);
    for (const line of end.stderr.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('hold texts and answers only with --verbose', async () => {
    const events = fresh('.jsonl');
    await runCli(['analyze', labelled, ...lexicon, '--events', events, '--verbose']);
    expect(readFileSync(events, 'utf8')).toContain('I love it');
  });
});
