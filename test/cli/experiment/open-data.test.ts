import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../harness/cli-process.js';
import { runCli } from '../../harness/run-cli.js';
import { startFakeServer } from '../fake-server.js';

const folder = temporaryFolder();

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const body = Array.from({ length: 30 }, (_, index) =>
  index % 2 === 0
    ? `r${index},"I love it, number ${index}",positive`
    : `r${index},"I hate it, number ${index}",negative`,
).join('\n');
const data = file('data.csv', `id,text,label\n${body}\n`);
const lexicon = ['--provider', 'lexicon'];
const labelled = ['--data', data, '--label', 'label', '--labels', 'positive,negative', ...lexicon];

const hardCoded = file(
  'fixed.prompt',
  '---\nlabels: [positive, neutral, negative]\n---\nIs it positive, neutral or negative? {{review}}\n',
);
const stars = file('stars.prompt', '---\nlabels: [one, two]\n---\n{{labelList}}: {{review}}\n');
const strange = file('strange.csv', 'text,label\nI love it,pos\nI hate it,neg\nIt is so,meh\nI like it,pos\n');
const unlabelled = file('unlabelled.csv', 'text,label\nI love it,\nI hate it,\n');
const one = file('one.csv', 'text,label\nI love it,positive\nI like it,positive\n');
const twice = file('twice.csv', 'id,text,label\na,I love it,positive\nb,I hate it,negative\na,I like it,positive\n');
const empty = file('empty.csv', 'text,label\n');
const typo = file('typo.yaml', 'data: data.csv\nlabel: label\npromts: [sentiment]\n');
const typoInside = file('inside.yaml', 'data: data.csv\nlabel: label\noptions: {temprature: [0]}\n');
const wrongType = file('type.yaml', 'data: data.csv\nlabel: label\nrepeats: often\n');
const noYaml = file('broken.yaml', 'data: [unclosed\nlabel: label\n');
const badAssert = file('assert.yaml', 'data: data.csv\nlabel: label\nassert: [macro_f1 is good]\n');

describe('chorale experiment given what it cannot use', () => {
  it.for<[string, readonly string[], string | RegExp]>([
    ['no data', ['--label', 'label'], 'which rows? give labelled ones with --data FILE, or an experiment file'],
    ['no label column', ['--data', data], 'the column of the gold label is missing: name it with --label'],
    [
      'data in place of an experiment file',
      [data, '--label', 'label'],
      'data.csv is data, no experiment file: give it with --data',
    ],
    ['stdin', ['--data', '-', '--label', 'label'], '--data must be a file'],
    ['a label column that is not there', ['--data', data, '--label', 'lable', ...labelled.slice(4)], /lable.*label/],
    [
      'labels outside the set',
      ['--data', strange, '--label', 'label', ...lexicon],
      "4 rows have a label that is none of positive, neutral, negative: 'pos' (2), 'neg' (1), 'meh' (1); " +
        'translate with --map pos=positive,neg=negative,meh=LABEL, or name all labels with --labels',
    ],
    [
      'no label in any row',
      ['--data', unlabelled, '--label', 'label', ...lexicon],
      'none of the 2 rows has a label; check --label',
    ],
    [
      'one label only',
      ['--data', one, '--label', 'label', ...lexicon],
      "all 2 rows have the label 'positive'; a comparison needs rows of two labels at least",
    ],
    [
      'an id of two rows',
      ['--data', twice, '--label', 'label', '--id', 'id', ...lexicon],
      'the id of more than one row: a; answers are compared row by row',
    ],
    ['no row', ['--data', empty, '--label', 'label', ...lexicon], 'there is no row; give labelled rows with --data'],
    [
      'a prompt that does not show the labels',
      [...labelled, '--prompt', hardCoded],
      'the prompt fixed does not show the labels positive, negative: its own ones are positive, neutral, negative; ' +
        'write {{labelList}} in its template where they belong',
    ],
    [
      'prompts with different labels',
      ['--data', data, '--label', 'label', ...lexicon, '--prompt', 'sentiment', '--prompt', stars],
      'the prompts have different labels: sentiment has positive, neutral, negative, stars has one, two; ' +
        'name them with --labels',
    ],
    [
      'thresholds that contradict each other',
      [...labelled, '--assert', 'accuracy>=0.9', '--assert', 'accuracy<0.8'],
      "--assert 'accuracy>=0.9' and --assert 'accuracy<0.8' contradict each other: no result meets both",
    ],
    [
      'a threshold on an unknown figure',
      [...labelled, '--assert', 'makro_f1>=0.9'],
      "--assert 'makro_f1>=0.9': there is no metric 'makro_f1' (did you mean 'macro_f1'?); there are: ",
    ],
    [
      'a threshold on stability without repeats',
      [...labelled, '--assert', 'stability.changed_share<=0.1'],
      "there is no metric 'stability.changed_share' without --repeats",
    ],
    [
      'a threshold on an unknown variant',
      [...labelled, '--assert', 'sentimant: accuracy>=0.9'],
      "there is no variant 'sentimant' (did you mean 'sentiment'?); there are: sentiment",
    ],
    ['a threshold that is none', [...labelled, '--assert', 'accuracy is fine'], /must be a condition such as/],
    [
      '--diff of one variant',
      [...labelled, '--diff', 'sentiment'],
      '--diff takes the names of two variants, but there are 1',
    ],
    ['--diff of an unknown variant', [...labelled, '--diff', 'sentiment', 'other'], "there is no variant 'other'"],
    [
      'an unknown option of the model',
      [...labelled, '--option', 'temprature=0'],
      /'temprature' is not an option; nearest known: temperature/,
    ],
    [
      'values that are no numbers',
      [...labelled, '--option', 'temperature=hot'],
      /must be of the form temperature=0,0.7/,
    ],
    [
      'a value outside its range',
      [...labelled, '--option', 'temperature=0,9'],
      /prompt sentiment: option temperature: .*2 \[CHORALE_PROMPT\]/,
    ],
    [
      'a prompt twice',
      [...labelled, '--prompt', 'sentiment', '--prompt', 'sentiment'],
      "the prompt 'sentiment' is given twice",
    ],
    [
      'models for the word list',
      [...labelled, '--model', 'm', '--model', 'n'],
      '--model is for servers; the lexicon is one model',
    ],
    ['an output over the data', [...labelled, '--out', data], /would replace the input/],
    ['an unknown key', [typo], "typo.yaml: unknown key 'promts' (nearest known: prompts)"],
    ['an unknown key of options', [typoInside], "unknown key 'options.temprature' (nearest known: temperature)"],
    ['a value of the wrong type', [wrongType], 'type.yaml: repeats: '],
    ['a file that is no YAML', [noYaml], 'broken.yaml: is not YAML: '],
    [
      'a condition in a file that is none',
      [badAssert],
      "assert.yaml: assert: It must be a condition such as 'macro_f1>=0.8'",
    ],
    ['an experiment file that is not there', [join(folder, 'none.yaml')], 'none.yaml: no such file'],
  ])('%s: one clear line, 2', async ([, args, message]) => {
    const end = await runCli(['experiment', ...args]);
    expect(end.stdout).toBe('');
    expect(end.stderr.trim().split('\n')).toHaveLength(1);
    if (typeof message === 'string') expect(end.stderr).toContain(message);
    else expect(end.stderr).toMatch(message);
    expect(end.code).toBe(2);
  });

  it('finds everything wrong before a question is asked', async () => {
    const server = await startFakeServer();
    const out = join(folder, 'untouched.jsonl');
    const args = ['experiment', '--data', strange, '--label', 'label', '--host', server.host, '--out', out];
    expect((await runCli(args)).code).toBe(2);
    expect(server.answered).toBe(0);
    expect(existsSync(out)).toBe(false);
    await server.stop();
  });

  it('leaves out rows that cannot be used, and says so', async () => {
    const holes = file(
      'holes.csv',
      'text,label\nI love it,positive\nI hate it,negative\n,positive\nIt works,\na,b,c\n',
    );
    const end = await runCli(['experiment', '--data', holes, '--label', 'label', ...lexicon]);
    expect(end.code).toBe(0);
    expect(end.stderr).toContain('warning: excluded: 1 row without a label');
    expect(end.stderr).toContain('warning: excluded: 1 row with a blank text');
    expect(end.stderr).toContain('warning: excluded: 1 row that cannot be read');
  });
});

describe('an experiment file', () => {
  const yaml = file(
    'experiment.yaml',
    [
      'description: two prompts, two temperatures',
      'data: data.csv',
      'label: label',
      'labels: [positive, negative]',
      'sample: 20',
      'seed: 3',
      'provider: lexicon',
      'prompts: [sentiment, sentiment-json]',
      'options: {temperature: [0, 0.7]}',
      'repeats: 2',
      'assert: [accuracy>=0.5, "sentiment · temperature 0: macro_f1>=0.5"]',
      'out: file-answers.jsonl',
    ].join('\n'),
  );
  const flags = [
    ...labelled,
    ...['--sample', '20', '--seed', '3', '--prompt', 'sentiment', '--prompt', 'sentiment-json'],
    ...['--option', 'temperature=0,0.7', '--repeats', '2', '--assert', 'accuracy>=0.5'],
  ];

  it('says the same as options do', async () => {
    const fromFile = await runCli(['experiment', yaml, '--json']);
    const fromFlags = await runCli(['experiment', ...flags, '--json', '--out', join(folder, 'flag-answers.jsonl')]);
    expect([fromFile.code, fromFlags.code]).toEqual([0, 0]);
    expect(timeless(fromFile.stdout)).toEqual(timeless(fromFlags.stdout));
    const answers = (name: string) =>
      readFileSync(join(folder, name), 'utf8')
        .trim()
        .split('\n')
        .map((line) => ({ ...JSON.parse(line), duration_ms: 0 }));
    expect(answers('file-answers.jsonl')).toEqual(answers('flag-answers.jsonl'));
    expect(answers('file-answers.jsonl')).toHaveLength(160);
  });

  it('gives way to options', async () => {
    const end = await runCli(['experiment', yaml, '--prompt', 'sentiment', '--sample', '10', '--dry-run', '--json']);
    expect(end.stderr).toContain('--dry-run asks no model, so --assert has nothing to check');
    const plain = file('plain.yaml', 'data: data.csv\nlabel: label\nprovider: lexicon\nsample: 20\nrepeats: 2\n');
    const shown = await runCli(['experiment', plain, '--sample', '10', '--dry-run', '--json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ rows: 10, repeats: 2, questions: 20 });
  });

  it('comes with chorale as an example that works', async () => {
    const example = fileURLToPath(new URL('../../../examples/experiment.yaml', import.meta.url));
    const end = await runCli(['experiment', example, '--provider', 'lexicon', '--json']);
    expect(end.code).toBe(0);
    expect(JSON.parse(end.stdout).variants.length).toBeGreaterThan(1);
  });
});

/** The figures without what no two runs have in common. */
function timeless(stdout: string) {
  const { variants, duration_ms: _, pareto: __, warnings, ...result } = JSON.parse(stdout);
  return {
    ...result,
    warnings: warnings.filter((warning: string) => !warning.includes(' stalled: ')),
    variants: variants.map((variant: object) => ({
      ...variant,
      runs: [],
      latency_ms: {},
      reviews_per_second: 0,
      speed: {},
    })),
  };
}
