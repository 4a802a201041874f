import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { newStore, startCliProcess, temporaryFolder } from '../../harness/cli-process.js';
import { runCli, startCli } from '../../harness/run-cli.js';
import { startFakeServer } from '../fake-server.js';

const folder = temporaryFolder();

/** Reviews in turn good and bad, whose text says which; the label of every tenth is the other one. */
const rows = Array.from({ length: 60 }, (_, index) => ({
  id: `r${index}`,
  text: index % 2 === 0 ? `I love it, number ${index}` : `I hate it, number ${index}`,
  label: (index % 2 === 0) === (index % 10 !== 0) ? 'positive' : 'negative',
}));
const data = file(
  'data.csv',
  `id,text,label\n${rows.map(({ id, text, label }) => `${id},"${text}",${label}`).join('\n')}\n`,
);

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const labelled = ['--data', data, '--label', 'label', '--id', 'id', '--labels', 'positive,negative'];
const lexicon = ['--provider', 'lexicon'];
const two = ['--prompt', 'sentiment', '--prompt', 'sentiment-json'];

/** Right, but for a model that finds everything positive. */
function answer(question: string): string {
  const label = question.includes('"naive"') || /love it, number \d+(?:\\n|")/.test(question) ? 'positive' : 'negative';
  return question.includes('"format":{"type":"object"') ? JSON.stringify({ rationale: 'so', sentiment: label }) : label;
}

describe('chorale experiment', () => {
  it('compares prompts with the word list, as a table', async () => {
    const end = await runCli(['experiment', ...labelled, ...lexicon, ...two]);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('2 variants, 60 rows (positive 24, negative 36)');
    expect(end.stdout).toMatch(/│ \* │ sentiment +│ +90\.0 % \(79\.9–95\.3 %\)/);
    expect(end.stdout).toMatch(/│ = │ sentiment-json +│/);
    expect(end.stdout).toContain('- sentiment and sentiment-json: no difference can be claimed');
    expect(end.stderr).toContain('warning: 60 rows are few');
  });

  it('compares prompts and models of a server, model by model, and tells the better one', async () => {
    const questions: string[] = [];
    const server = await startFakeServer({
      answer(question) {
        questions.push(question.includes('"naive"') ? 'naive' : 'clever');
        return answer(question);
      },
    });
    const models = ['--model', 'naive', '--model', 'clever', '--no-repeat-sample'];
    const end = await runCli(['experiment', ...labelled, ...models, '--host', server.host, '--json']);
    await server.stop();
    expect(end.code).toBe(0);
    expect(questions).toEqual([...Array(60).fill('naive'), ...Array(60).fill('clever')]);
    const { variants, pairs, best, data: used, versions } = JSON.parse(end.stdout);
    expect(variants.map(({ name }: { name: string }) => name)).toEqual(['naive', 'clever']);
    expect(variants[1]).toMatchObject({ model: 'clever', answered: 60, accuracy: { value: 0.9 } });
    expect(variants[1].latency_ms.p50).toBeGreaterThan(0);
    expect(variants[1].tokens.per_review).toBe(21);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({ a: 'naive', b: 'clever', significant: true });
    expect(pairs[0].sentence).toMatch(/^clever beats naive by 50\.0 points/);
    expect(best).toEqual(['clever']);
    expect(used).toMatchObject({ rows: 60, label_counts: { positive: 24, negative: 36 } });
    expect(versions.chorale).toMatch(/^\d/);
  });

  it('compares by the criterion that is given, and says so; a search has none', async () => {
    const args = ['experiment', ...labelled, ...lexicon, ...two];
    const end = await runCli([...args, '--criterion', 'macro-f1']);
    expect([end.code, end.stdout]).toEqual([0, expect.stringContaining(', compared by macro-F1 (as given)')]);
    expect(end.stdout).toMatch(/│ always 'negative' +│ +60\.0 % │ +0\.375 │ +0\.000 │/);
    const { criterion, criterion_reason } = JSON.parse((await runCli([...args, '--json'])).stdout);
    expect({ criterion, criterion_reason }).toEqual({
      criterion: 'accuracy',
      criterion_reason: 'the classes are balanced',
    });
    const search = [
      '--search',
      'few-shot',
      '--out-prompt',
      join(folder, 'criterion.prompt'),
      '--criterion',
      'accuracy',
    ];
    const rejected = await runCli(['experiment', ...labelled, '--prompt', 'sentiment', ...search]);
    expect([rejected.code, rejected.stderr]).toEqual([2, expect.stringContaining('--criterion is not for --search')]);
  });

  it('sends a sample of the rows again to see whether answers differ, and says so beforehand', async () => {
    const server = await startFakeServer({ answer });
    const args = ['experiment', ...labelled, '--model', 'clever', '--host', server.host, '--json'];
    const plan = await runCli([...args, '--dry-run']);
    expect(JSON.parse(plan.stdout)).toMatchObject({ blocks: 1, repeated_sample: 20, questions: 80 });
    const end = await runCli(args);
    expect(server.answered).toBe(80);
    expect(JSON.parse(end.stdout).variants[0].repeated_sample).toMatchObject({ rows: 20, changed: 0, lower: 0 });
    const off = await runCli([...args, '--no-repeat-sample', '--dry-run']);
    expect(JSON.parse(off.stdout)).toMatchObject({ repeated_sample: 0, questions: 60 });
    await server.stop();
  });

  it('tries options, and asks every repeat anew with a seed of its own', async () => {
    const seeds: string[] = [];
    const server = await startFakeServer({
      answer(question) {
        const { options } = JSON.parse(question);
        seeds.push(`${options.temperature}/${options.seed}`);
        return answer(question);
      },
    });
    const grid = ['--option', 'temperature=0,0.7', '--repeats', '2', '--model', 'clever', '--host', server.host];
    const end = await runCli(['experiment', ...labelled, ...grid, '--json']);
    await server.stop();
    expect(end.code).toBe(0);
    const asked = new Map<string, number>();
    for (const seed of seeds) asked.set(seed, (asked.get(seed) ?? 0) + 1);
    expect(Object.fromEntries(asked)).toEqual({
      '0/1': 60,
      '0/2': 60,
      '0.7/1': 60,
      '0.7/2': 60,
    });
    const { variants } = JSON.parse(end.stdout);
    expect(variants.map(({ name, stability }: never) => [name, (stability as { changed: number }).changed])).toEqual([
      ['temperature 0', 0],
      ['temperature 0.7', 0],
    ]);
  });

  it('goes on where it was killed, and asks only the rest', async () => {
    const env = newStore();
    const server = await startFakeServer({ answer, latencyMs: 5 });
    const models = ['--model', 'naive', '--model', 'clever', '--no-repeat-sample'];
    const args = ['experiment', ...labelled, ...models, '--host', server.host];
    const { child, ended } = startCliProcess([...args, '--workers', '4'], { env });
    server.onAnswer = (answered) => {
      if (answered === 90) child.kill('SIGKILL');
    };
    await ended;
    const before = server.answered;
    server.onAnswer = () => {};
    const end = await runCli([...args, '--json'], { env });
    const asked = server.answered - before;
    expect(end.code).toBe(0);
    expect(asked).toBeGreaterThanOrEqual(26);
    expect(asked).toBeLessThan(100);
    expect(JSON.parse(end.stdout).variants.map(({ answered }: { answered: number }) => answered)).toEqual([60, 60]);

    const again = await runCli([...args, '--json'], { env });
    expect(server.answered - before).toBe(asked);
    const { variants } = JSON.parse(again.stdout);
    expect(variants[1]).toMatchObject({ cached: 60, accuracy: { value: 0.9 }, tokens: { per_review: 21 } });
    expect(variants[1].latency_ms.p50).toBeGreaterThan(4);
    await server.stop();
  });

  it('is stopped by Ctrl-C with what was answered recorded', async () => {
    const env = newStore();
    const server = await startFakeServer({ answer, latencyMs: 5 });
    const fixed = ['--workers', '2', '--no-repeat-sample'];
    const args = ['experiment', ...labelled, '--model', 'clever', '--host', server.host, ...fixed];
    const run = startCli(args, { env });
    server.onAnswer = (answered) => {
      if (answered === 20) run.signal('SIGINT');
    };
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('the same command resumes');
    server.onAnswer = () => {};
    expect((await runCli(args, { env })).code).toBe(0);
    // What was in work when it stopped, one question of each worker, is asked again.
    expect(server.answered).toBeGreaterThanOrEqual(60);
    expect(server.answered).toBeLessThanOrEqual(62);
    await server.stop();
  });

  it('measures the others where one model is missing, and ends with 4', async () => {
    const server = await startFakeServer({ answer, lacks: ['absent'] });
    const models = ['--model', 'absent', '--model', 'clever'];
    const end = await runCli(['experiment', ...labelled, ...models, '--host', server.host]);
    expect(end.code).toBe(4);
    expect(end.stdout).toMatch(/absent +│ +not measured \[CHORALE_MODEL_MISSING\]/);
    expect(end.stdout).toMatch(/\* │ clever +│ +90\.0 %/);
    expect(end.stderr).toContain('warning: absent was not measured: ');
    const none = await runCli(['experiment', ...labelled, '--model', 'absent', '--host', server.host]);
    expect(none.code).toBe(4);
    expect(none.stdout).toBe('');
    expect(none.stderr).toContain('[CHORALE_MODEL_MISSING]');
    await server.stop();
  });

  it('writes every answer, one below the other', async () => {
    const [csv, jsonl] = [join(folder, 'all.csv'), join(folder, 'all.jsonl')];
    await runCli(['experiment', ...labelled, ...lexicon, ...two, '--repeats', '2', '--out', csv, '--out', jsonl]);
    const table: Record<string, string>[] = parse(readFileSync(csv), { columns: true });
    expect(table).toHaveLength(240);
    expect(table[0]).toMatchObject({
      text: 'I love it, number 0',
      chorale_variant: 'sentiment',
      chorale_repeat: '1',
      chorale_expected: 'negative',
      chorale_id: 'r0',
      chorale_sentiment: 'positive',
    });
    expect(table.at(-1)).toMatchObject({ chorale_repeat: '2', chorale_id: 'r59' });
    for (const variant of ['sentiment', 'sentiment-json']) {
      const own = table.filter((row) => row.chorale_variant === variant && row.chorale_repeat === '2');
      expect(own.map(({ chorale_id }) => chorale_id)).toEqual(rows.map(({ id }) => id));
    }
    const lines = readFileSync(jsonl, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(240);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ variant: 'sentiment', repeat: 1, id: 'r0', status: 'ok' });
  });

  it('shows the answers of two variants side by side', async () => {
    const server = await startFakeServer({ answer });
    const args = ['experiment', ...labelled, '--model', 'naive', '--model', 'clever', '--host', server.host];
    const env = newStore();
    const end = await runCli([...args, '--diff', 'naive', 'clever'], { env });
    expect(end.stdout).toContain('30 rows that naive and clever answer differently');
    expect(end.stdout).toMatch(/│ r1 +│ negative │ positive │ negative ✓ │ I hate it, number 1/);
    const json = await runCli([...args, '--diff', 'naive', 'clever', '--json'], { env });
    await server.stop();
    expect(JSON.parse(json.stdout).diff.rows).toHaveLength(30);
    expect(JSON.parse(json.stdout).diff.rows[0]).toEqual({
      index: 1,
      id: 'r1',
      expected: 'negative',
      a: 'positive',
      b: 'negative',
    });
  });

  it('checks thresholds on the best variant, on a named one, or on every one', async () => {
    const server = await startFakeServer({ answer });
    const models = ['--model', 'naive', '--model', 'clever', '--host', server.host];
    const env = newStore();
    const endOf = (...conditions: string[]) =>
      runCli(['experiment', ...labelled, ...models, ...conditions.flatMap((one) => ['--assert', one])], { env });
    expect((await endOf('accuracy>=0.9', 'accuracy.lower>=0.79', 'classes.negative.recall>0.8')).code).toBe(0);
    expect((await endOf('accuracy.lower>=0.8')).code).toBe(6);
    expect((await endOf('naive: accuracy<=0.5', 'clever:macro_f1>=0.8')).code).toBe(0);
    const end = await endOf('every: accuracy>=0.8');
    await server.stop();
    expect(end.code).toBe(6);
    expect(end.stderr).toContain(
      'error: threshold missed: every: accuracy>=0.8 (it is 0.4 for naive) [CHORALE_THRESHOLD_MISSED]',
    );
  });

  it('shows the grid without asking', async () => {
    const grid = ['--option', 'temperature=0,1', '--repeats', '3', '--dry-run'];
    const end = await runCli(['experiment', ...labelled, ...two, ...grid]);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('questions: 720');
    expect(end.stdout).toContain('sentiment-json · temperature 1: llama3.2:3b');
    const json = await runCli(['experiment', ...labelled, ...two, ...grid, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ rows: 60, questions: 720, repeats: 3 });
  });

  it('counts failed reviews, and ends with 5', async () => {
    const server = await startFakeServer({
      answer: (question) => (/number 1\\n/.test(question) ? 'who knows' : answer(question)),
    });
    const out = join(folder, 'failed.jsonl');
    const end = await runCli([
      ...['experiment', ...labelled, '--model', 'clever', '--host', server.host, '--retries', '0'],
      ...['--prompt', 'sentiment', '--out', out],
    ]);
    await server.stop();
    expect(end.code).toBe(5);
    expect(end.stdout).toMatch(/1 of 60/);
    expect(end.stdout).toMatch(/sentiment +│ +1 │ CHORALE_ANSWER_INVALID/);
    expect(end.stderr).toContain('some reviews failed: sentiment 1 of 60; --out says why, row by row');
    expect(readFileSync(out, 'utf8')).toContain('CHORALE_ANSWER_INVALID');
  });

  it('writes the rows whose label several variants are sure is wrong', async () => {
    const service = createServer(async (request, response) => {
      const asked = (await request.setEncoding('utf8').toArray()).join('');
      const label = asked.includes('love') ? 'positive' : 'negative';
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ label, confidence: /number \d"/.test(asked) ? 0.95 : 0.7 }));
    });
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const host = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const out = join(folder, 'doubtful.csv');
    const provider = ['--provider', 'http', '--host', host];
    const end = await runCli(['experiment', ...labelled, ...provider, ...two, '--out-disagreements', out, '--json']);
    service.close();
    expect(end.code).toBe(0);
    expect(JSON.parse(end.stdout).doubtful_labels).toHaveLength(1);
    expect(end.stderr).toMatch(/warning: suspected label errors in 1 row: .* \(--out-disagreements FILE lists them\)/);
    const table: Record<string, string>[] = parse(readFileSync(out), { columns: true });
    expect(table).toEqual([
      {
        text: 'I love it, number 0',
        chorale_index: '0',
        chorale_id: 'r0',
        chorale_expected: 'negative',
        chorale_answered: 'positive',
        chorale_variants: 'sentiment; sentiment-json',
        chorale_mean_confidence: expect.stringMatching(/^0\.9(5|4999)/),
      },
    ]);
  });
});
