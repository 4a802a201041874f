import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../harness/cli-process.js';
import { runCli } from '../../harness/run-cli.js';
import { type FakeServer, startFakeServer } from '../fake-server.js';

const promptWith = (words: string, urgencies = 'low, high') => `---
output:
  fields:
    urgency: { type: enum, values: [${urgencies}] }
    refund: { type: boolean }
    stars: { type: integer }
---
${words}: {{text}}
`;

const folder = temporaryFolder();
const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
file('good.prompt', promptWith('Good'));
file('bad.prompt', promptWith('Bad'));
file('other.prompt', promptWith('Other', 'high, low'));
file(
  'rows.csv',
  `text,money,level\n${Array.from({ length: 40 }, (_, row) => `review ${row},${row % 2 === 0 ? 'Yes' : 'no'},low`).join('\n')}\n`,
);

/** The good prompt finds every refund, the bad one every second one. */
function answerOf(asked: string): string {
  const row = Number(/review (\d+)/.exec(asked)?.[1]);
  const isRefund = row % 2 === 0 && (asked.includes('Good') || row % 4 === 0);
  return JSON.stringify({ urgency: 'low', refund: isRefund, stars: 3 });
}

let server: FakeServer;
beforeAll(async () => {
  server = await startFakeServer({ answer: answerOf });
});
afterAll(() => server.stop());

function experiment(...args: readonly string[]) {
  const task = [
    '--data',
    'rows.csv',
    '--model',
    'small',
    '--host',
    server.host,
    '--no-repeat-sample',
    '--store',
    'runs.db',
  ];
  return runCli(['experiment', ...task, ...args], { cwd: folder });
}

const prompts = ['--prompt', 'good.prompt', '--prompt', 'bad.prompt'];

describe('an experiment with --field', () => {
  it('compares the variants on that field, with all that is said of labels', async () => {
    const { code, stdout, stderr } = await experiment(...prompts, '--label', 'money', '--field', 'refund', '--json');
    expect(code, stderr).toBe(0);
    const { data, variants, pairs, best } = JSON.parse(stdout);
    expect(data).toMatchObject({ field: 'refund', labels: ['true', 'false'], label_counts: { true: 20, false: 20 } });
    expect(variants[0]).toMatchObject({
      accuracy: { value: 1 },
      confusion: {
        counts: [
          [20, 0],
          [0, 20],
        ],
      },
    });
    expect(variants[1]).toMatchObject({
      accuracy: { value: 0.75 },
      confusion: {
        counts: [
          [10, 10],
          [0, 20],
        ],
      },
    });
    expect(pairs).toHaveLength(1);
    expect(best).toEqual(['good']);
  });

  it('shows the field, and writes the fields of every answer', async () => {
    const { stdout } = await experiment(...prompts, '--label', 'money', '--field', 'refund', '--out', 'answers.csv');
    expect(stdout).toContain('40 rows (field refund: true 20, false 20)');
    const [head = '', first = ''] = readFileSync(join(folder, 'answers.csv'), 'utf8').split('\n');
    expect(head).toContain('chorale_rationale,chorale_urgency,chorale_refund,chorale_stars,chorale_error_code');
    expect(first).toContain(',low,true,3,');
  });

  it.for<[string, readonly string[], string]>([
    [
      'a field that is not there',
      [...prompts, '--field', 'refnd'],
      "has no field 'refnd', did you mean 'refund'? (urgency, refund, stars)",
    ],
    [
      'a prompt without fields',
      ['--prompt', 'sentiment', '--field', 'refund'],
      "the prompt sentiment has no field 'refund': it has no fields",
    ],
    [
      'a number',
      [...prompts, '--field', 'stars'],
      "the field 'stars' of the prompt good.prompt is of the type integer",
    ],
    ['no field where none is the label', prompts, 'no field of the prompt good.prompt is the label'],
    [
      'other values',
      ['--prompt', 'good.prompt', '--prompt', 'other.prompt', '--field', 'urgency'],
      "the field 'urgency' has different values in the prompts good.prompt and other.prompt",
    ],
    [
      'a baseline',
      [...prompts, '--field', 'refund', '--baseline', 'r'],
      "--baseline is about the label, and --field compares 'refund'",
    ],
  ])('says in one line what it cannot compare: %s', async ([_, args, message]) => {
    const { code, stderr } = await experiment('--label', 'money', ...args);
    expect(code, stderr).toBe(2);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(message);
  });
});
