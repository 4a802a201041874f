import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../data/read-text.js';
import { temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { type FakeServer, startFakeServer } from './fake-server.js';

const prompt = `---
output:
  fields:
    urgency: { type: enum, values: [low, high], label: true }
    refund: { type: boolean }
    stars: { type: integer, minimum: 1, maximum: 5 }
    note: { type: string }
    topics: { type: enums, values: [delivery, price] }
    aspects:
      type: list
      fields:
        aspect: { type: string }
        polarity: { type: enum, values: [positive, negative] }
---
Review: {{text}}
`;

/** What the model says to the review of this number: nothing that fits to number 5. */
function answerOf(index: number): string {
  if (index === 5) return '{"urgency":"low"}';
  return JSON.stringify({
    urgency: index % 3 === 0 ? 'high' : 'low',
    refund: index % 2 === 0,
    stars: 1 + (index % 5),
    note: index === 1 ? '=1+1' : `note ${index}`,
    topics: index % 4 === 0 ? [] : ['delivery', 'price'].slice(0, 1 + (index % 2)),
    aspects: index === 2 ? [] : [{ aspect: index % 2 === 0 ? 'Battery' : 'screen, big', polarity: 'negative' }],
  });
}

const header = 'text,level,money,grade,about,gold';

function goldRow(index: number): string {
  const about = index % 4 === 0 ? '[]' : 'delivery';
  const gold = JSON.stringify([{ aspect: 'battery', polarity: 'negative' }]).replaceAll('"', '""');
  return `review ${index},low,${index % 2 === 0 ? 'yes' : 'no'},${1 + ((index + 1) % 5)},"${about.replaceAll('"', '""')}","${gold}"`;
}

let server: FakeServer;
beforeAll(async () => {
  server = await startFakeServer({ answer: (asked) => answerOf(Number(/review (\d+)/.exec(asked)?.[1])) });
});
afterAll(() => server.stop());

function folderWith(rows: readonly string[], head = header): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'triage.prompt'), prompt);
  writeFileSync(join(folder, 'rows.csv'), `${head}\n${rows.join('\n')}\n`);
  return folder;
}

const twelve = Array.from({ length: 12 }, (_, index) => goldRow(index));

function analyze(cwd: string, ...args: readonly string[]) {
  const task = ['--prompt', 'triage.prompt', '--model', 'small', '--host', server.host, '--retries', '0'];
  return runCli(['analyze', 'rows.csv', ...task, '--store', 'runs.db', '--json', ...args], { cwd });
}

const golds = ['money', 'grade', 'about', 'gold'].map((column, at) => [
  '--label',
  `${['refund', 'stars', 'topics', 'aspects'][at]}=${column}`,
]);

describe('the fields of an answer', () => {
  it('are one column each behind the rationale, as JSON in CSV, native in JSON lines and Parquet', async () => {
    const cwd = folderWith(twelve);
    const outputs = ['out.csv', 'out.jsonl', 'out.parquet'].flatMap((path) => ['--out', path]);
    expect((await analyze(cwd, ...outputs)).code).toBe(5);
    const [head = '', ...lines] = readFileSync(join(cwd, 'out.csv'), 'utf8').trimEnd().split('\n');
    const names = head.split(',').slice(6);
    expect(names.slice(5, 12)).toEqual([
      'chorale_rationale',
      ...['urgency', 'refund', 'stars', 'note', 'topics', 'aspects'].map((name) => `chorale_${name}`),
    ]);
    expect(lines[1]).toContain(
      `,low,false,2,'=1+1,"[""delivery"",""price""]","[{""aspect"":""screen, big"",""polarity"":""negative""}]",`,
    );
    expect(lines[5]).toContain(',failed,,,,,,,,,,CHORALE_ANSWER_INVALID,');
    const objects = readFileSync(join(cwd, 'out.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(objects[2]).toMatchObject({
      sentiment: 'low',
      urgency: 'low',
      refund: true,
      topics: ['delivery'],
      aspects: [],
    });
    expect(objects[5]).toMatchObject({ status: 'failed', urgency: null, refund: null, topics: null, aspects: null });
    const parquet = await rowsOf([{ path: join(cwd, 'out.parquet'), format: 'parquet' }]);
    const at = parquet[0]?.columns.indexOf('chorale_urgency') ?? 0;
    expect(parquet[2]?.cells.slice(at, at + 6)).toEqual(['low', true, 3, 'note 2', ['delivery'], []]);
    expect(parquet[5]?.cells.slice(at, at + 6)).toEqual([null, null, null, null, null, null]);
  });

  it('are in the summary with their distributions, and with metrics where --label names gold values', async () => {
    const cwd = folderWith(twelve);
    const { stdout } = await analyze(cwd, '--label', 'level', ...golds.flat());
    const { fields, accuracy } = JSON.parse(stdout);
    expect(Object.keys(fields)).toEqual(['urgency', 'refund', 'stars', 'note', 'topics', 'aspects']);
    expect(accuracy).toBeCloseTo(7 / 12);
    expect(fields.refund).toMatchObject({
      type: 'boolean',
      answered: 11,
      values: { true: { count: 6 }, false: { count: 5 } },
      gold_rows: 12,
      gold_rows_failed: 1,
      accuracy: 11 / 12,
      confusion: {
        labels: ['true', 'false'],
        counts: [
          [6, 0],
          [0, 5],
        ],
        unanswered: [0, 1],
      },
    });
    expect(fields.stars).toMatchObject({ gold_rows: 12, gold_rows_failed: 1, mae: (9 + 2 * 4) / 11 });
    expect(fields.topics).toMatchObject({ gold_rows: 12, exact_match: 6 / 12 });
    expect(fields.aspects).toMatchObject({ entries: 10, precision: 5 / 10, recall: 5 / 12 });
    const shown = await runCli(
      ['analyze', 'rows.csv', '--prompt', 'triage.prompt', '--model', 'small', '--host', server.host, ...golds.flat()],
      { cwd },
    );
    expect(shown.stdout).toMatch(/refund +│ accuracy +│ +0\.9167/);
    expect(shown.stdout).toMatch(/aspects +│ 10 entries/);
    expect(shown.stdout).toMatch(/battery, negative +│ +5/);
  });

  it('are reached by --assert, by their short names too', async () => {
    const cwd = folderWith(twelve);
    const metrics = ['refund.accuracy>=0.9', 'fields.topics.micro_f1>0.5', 'stars.mae<=2', 'urgency.accuracy>0.5'];
    const passed = await analyze(
      cwd,
      ...['--label', 'urgency=level', ...golds.flat(), '--assert', 'success_rate>0.9'],
      ...metrics.flatMap((text) => ['--assert', text]),
      ...['--assert', 'stars.mae_interval.upper<=4'],
    );
    expect(passed.code, passed.stderr).toBe(0);
    const missed = await analyze(cwd, ...golds.flat(), '--assert', 'success_rate>0.9', '--assert', 'stars.mae<=1');
    expect(missed.code).toBe(6);
    expect(missed.stderr).toContain('stars.mae<=1 (it is 1.545455)');
    const unknown = await analyze(cwd, '--assert', 'refund.accuracy>=0.9');
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.stderr).toContain("no numeric field 'refund.accuracy' without --label FIELD=COLUMN");
  });

  it('have one line for what --label cannot mean', async () => {
    const cwd = folderWith(twelve);
    const cases = [
      [['refnd=money'], "the prompt has no field 'refnd' (did you mean 'refund'?)"],
      [['refund=money', 'refund=grade'], "--label names two columns for 'refund'"],
      [['level', 'urgency=money'], '--label names two columns for the label'],
      [['refund=cash'], "there is no column 'cash'"],
    ] as const;
    for (const [labels, message] of cases) {
      const { code, stderr } = await analyze(cwd, ...labels.flatMap((label) => ['--label', label]));
      expect(code, stderr).toBe(2);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stderr).toContain(message);
    }
  });

  it('are compared with gold cells that can be read: else one line names row and column, before any request', async () => {
    const cwd = folderWith([...twelve.slice(0, 3), 'review 3,low,perhaps,4,,'], header);
    const before = server.answered;
    const { code, stderr } = await analyze(cwd, '--label', 'refund=money');
    expect(code).toBe(2);
    expect(stderr).toContain("rows.csv:5: row 4, column 'money': 'perhaps' is not true or false");
    expect(server.answered).toBe(before);
    const blank = await analyze(cwd, '--label', 'refund=money', '--blank', 'perhaps');
    expect(JSON.parse(blank.stdout).fields.refund).toMatchObject({ gold_rows: 3, accuracy: 1 });
  });

  it('have columns that the input must not have already', async () => {
    const cwd = folderWith(['review 1,x'], 'text,chorale_refund');
    const { code, stderr } = await analyze(cwd, '--out', 'out.csv');
    expect(code).toBe(2);
    expect(stderr).toContain('the input already has the column chorale_refund');
  });
});
