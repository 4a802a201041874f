import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CliEnd, deadHost } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-bad-input-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lexicon = ['--provider', 'lexicon'];
const out = join(folder, 'out.jsonl');

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function utf16(text: string): Uint8Array {
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
}

const good = file('good.csv', 'id,text,label\n1,I love it,positive\n2,I hate it,negative\n');
const fine = file('fine.csv', 'text\nfine\n');
mkdirSync(join(folder, 'sub'));
mkdirSync(join(folder, 'folder.csv'));

function prompt(name: string, frontMatter: string, template: string): string {
  return file(name, `---\nlabels: [positive, negative]\n${frontMatter}---\n${template}\n`);
}

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  readonly code: number;
  readonly errorCode?: string;
  readonly says: readonly RegExp[];
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** Inputs that cannot be read, and usage that is wrong: one line on stderr, nothing on stdout. */
const refused: readonly Case[] = [
  {
    name: 'no such file',
    args: ['analyze', join(folder, 'missing.csv'), ...lexicon],
    code: 3,
    says: [/missing\.csv/, /no such file|not found|does not exist/i],
  },
  {
    name: 'a directory',
    args: ['analyze', join(folder, 'folder.csv'), ...lexicon],
    code: 3,
    says: [/directory|folder/],
  },
  {
    name: 'a directory whose name ends in no format',
    args: ['analyze', join(folder, 'sub'), ...lexicon],
    code: 3,
    says: [/sub: is a folder; name the files in it/],
  },
  {
    name: 'an empty file',
    args: ['analyze', file('empty.csv', ''), ...lexicon],
    code: 3,
    says: [/empty\.csv/, /empty/],
  },
  {
    name: 'no text column',
    args: ['analyze', file('no-text.csv', 'a,b\n1,2\n'), ...lexicon],
    code: 2,
    says: [/--text/, /columns are: a, b/],
  },
  {
    name: 'several text columns',
    args: ['analyze', file('two-texts.csv', 'Text,review\n1,2\n'), ...lexicon],
    code: 2,
    says: [/Text/, /review/, /--text/],
  },
  {
    name: 'a text column that is not there, with the nearest one',
    args: ['analyze', good, ...lexicon, '--text', 'txt'],
    code: 2,
    says: [/--text/, /did you mean 'text'/],
  },
  {
    name: 'a label column that is not there',
    args: ['analyze', good, ...lexicon, '--label', 'truth'],
    code: 2,
    says: [/--label/, /truth/],
  },
  {
    name: 'an unclosed quote, with its line',
    args: ['analyze', file('quote.csv', 'text\nfine\n"never closed\nand on\n'), ...lexicon],
    code: 3,
    says: [/quote\.csv:3/, /quote/],
  },
  {
    name: 'bytes that are no UTF-8, with their line and the command that mends it',
    args: ['analyze', file('latin.csv', Buffer.from('text\nfine\ncaf\xe9\n', 'latin1')), ...lexicon],
    code: 3,
    says: [/latin\.csv:3/, /UTF-8/, /iconv/],
  },
  {
    name: 'UTF-16, named as such',
    args: ['analyze', file('utf16.csv', utf16('text\nfine\n')), ...lexicon],
    code: 3,
    says: [/UTF-16/],
  },
  {
    name: 'NUL bytes',
    args: ['analyze', file('nul.csv', 'text\nfi\0ne\n'), ...lexicon],
    code: 3,
    says: [/NUL|binary/],
  },
  {
    name: 'JSON that is no array',
    args: ['analyze', file('object.json', '{"text": "fine"}'), ...lexicon],
    code: 3,
    says: [/object\.json/, /array/],
  },
  {
    name: 'truncated JSON',
    args: ['analyze', file('cut.json', '[{"text": "fine"},'), ...lexicon],
    code: 3,
    says: [/cut\.json/],
  },
  {
    name: 'an output folder that is missing',
    args: ['analyze', good, ...lexicon, '--out', join(folder, 'nowhere', 'out.csv')],
    code: 3,
    says: [/nowhere/, /folder|directory/],
  },
  {
    name: 'an output that is a directory',
    args: ['analyze', good, ...lexicon, '--out', `csv:${join(folder, 'sub')}`],
    code: 3,
    says: [/directory|folder/],
  },
  {
    name: 'an output in a format that is not known',
    args: ['analyze', good, ...lexicon, '--out', join(folder, 'out.ods')],
    code: 2,
    says: [/--out/, /\.csv/],
  },
  {
    name: 'an output that would replace the input',
    args: ['analyze', good, ...lexicon, '--out', good],
    code: 2,
    says: [/replace the input/],
  },
  {
    name: 'an events file that cannot be written',
    args: ['analyze', good, ...lexicon, '--events', join(folder, 'no', 'e')],
    code: 3,
    says: [/events/],
  },
  {
    name: 'an unknown option, with a suggestion',
    args: ['analyze', good, '--modle', 'x'],
    code: 2,
    says: [/--modle/, /Did you mean --model/],
  },
  {
    name: 'an option of a later version',
    args: ['analyze', good, '--trace', 'x.json'],
    code: 2,
    says: [/unknown option '--trace'/],
  },
  { name: 'an unknown command', args: ['analyse', good], code: 2, says: [/analyse/] },
  {
    name: 'a value that is none of those allowed',
    args: ['analyze', good, '--provider', 'lexcon'],
    code: 2,
    says: [/'lexcon'.*It must be one of ollama, openai, http, lexicon; see --help \[/],
  },
  {
    name: 'a single label',
    args: ['analyze', good, ...lexicon, '--labels', 'positive'],
    code: 2,
    says: [/two or more different labels, separated by commas \(there must be at least two labels\); see --help/],
  },
  { name: 'no command', args: [], code: 2, says: [/demo|analyze/] },
  { name: 'no input', args: ['analyze'], code: 2, says: [/input/] },
  {
    name: 'calibrating without right labels',
    args: ['analyze', '--calibrate', good, ...lexicon],
    code: 2,
    says: [/--calibrate/, /--label/],
  },
  {
    name: 'calibrating on stdin',
    args: ['analyze', '--calibrate', '-', '--label', 'label', ...lexicon],
    code: 2,
    says: [/--calibrate/, /stdin/],
  },
  {
    name: 'calibrating, and not',
    args: ['analyze', good, '--calibrate', good, '--label', 'label', '--no-calibration'],
    code: 2,
    says: [/--calibrate/, /--no-calibration/],
  },
  {
    name: 'calibrating without asking',
    args: ['analyze', good, '--calibrate', good, '--label', 'label', '--dry-run'],
    code: 2,
    says: [/--calibrate/, /--dry-run/],
  },
  ...['--out=x.csv', '--assert=accuracy>=0.5', '--id=id'].map((option) => ({
    name: `${option} with nothing to analyse`,
    args: ['analyze', '--calibrate', good, '--label', 'label', option],
    code: 2,
    says: [/--calibrate/, new RegExp(option.split('=')[0] ?? '')],
  })),
  {
    name: 'an output that would replace the labelled rows',
    args: ['analyze', fine, '--calibrate', good, '--label', 'label', '--out', good],
    code: 2,
    says: [/replace the input/],
  },
  {
    name: 'labelled rows that are not there',
    args: ['analyze', '--calibrate', join(folder, 'no-labels.csv'), '--label', 'label', ...lexicon],
    code: 3,
    says: [/no-labels\.csv/],
  },
  {
    name: 'labelled rows without the column',
    args: ['analyze', '--calibrate', good, '--label', 'rating', ...lexicon],
    code: 2,
    says: [/--label/, /rating/, /id, text, label/],
  },
  {
    name: 'calibrating a lexicon',
    args: ['analyze', '--calibrate', good, '--label', 'label', ...lexicon],
    code: 2,
    says: [/CHORALE_CALIBRATION\b/, /no confidence/],
  },
  {
    name: 'a file whose name ends in no known format',
    args: ['analyze', file('data.txt', 'x'), ...lexicon],
    code: 2,
    says: [/data\.txt/, /--format/],
  },
  { name: 'stdin without a format', args: ['analyze', '-', ...lexicon], code: 2, says: [/--format/] },
  {
    name: 'a format without stdin',
    args: ['analyze', good, ...lexicon, '--format', 'csv'],
    code: 2,
    says: [/--format/],
  },
  {
    name: 'results and summary that both want stdout',
    args: ['analyze', good, ...lexicon, '--json', '--out', 'jsonl:-'],
    code: 2,
    says: [/stdout/],
  },
  {
    name: 'an assertion on a field that is not there',
    args: ['analyze', good, ...lexicon, '--assert', 'acuracy>=0.5'],
    code: 2,
    says: [
      /acuracy/,
      /throughput_per_second/,
      /success_rate, latency_ms\.mean, .*, queue_ms\.p95, .*tokens\.completion/,
    ],
  },
  {
    name: 'an assertion on a field that is not there, with the nearest one',
    args: ['analyze', good, ...lexicon, '--label', 'label', '--assert', 'acuracy>=0.5'],
    code: 2,
    says: [/'acuracy' \(did you mean 'accuracy'\?\); there are: .*, accuracy, .*, macro_f1, .* \[/],
  },
  {
    name: 'an assertion on accuracy without labels',
    args: ['analyze', good, ...lexicon, '--assert', 'accuracy>=0.5'],
    code: 2,
    says: [/--label/],
  },
  {
    name: 'an assertion on the rightness of the confidence without labels',
    args: ['analyze', good, ...lexicon, '--assert', 'confidence.accuracy_surest_80>=0.5'],
    code: 2,
    says: [/--label/],
  },
  {
    name: 'a prompt that does not exist, with the known ones',
    args: ['analyze', good, ...lexicon, '--prompt', 'sentimental'],
    code: 2,
    says: [/sentimental/, /sentiment-json/],
  },
  {
    name: 'a prompt file without its variable',
    args: ['analyze', good, ...lexicon, '--prompt', prompt('no-review.prompt', '', 'What do you think?')],
    code: 2,
    says: [/no-review/, /\{\{review\}\}/],
  },
  {
    name: 'a prompt file with an unknown variable',
    args: ['analyze', good, '--model', 'small', '--prompt', prompt('typo.prompt', '', '{{review}} {{lables}}')],
    code: 2,
    says: [/typo/, /lables/, /did you mean \{\{label\}\}/],
  },
  {
    name: 'a prompt file with an unknown key',
    args: ['analyze', good, ...lexicon, '--prompt', prompt('key.prompt', 'temprature: 0\n', '{{review}}')],
    code: 2,
    says: [/key\.prompt/, /temprature/],
  },
  {
    name: 'labels that the lexicon cannot give',
    args: ['analyze', good, ...lexicon, '--labels', 'joy,anger'],
    code: 2,
    says: [/lexicon/, /joy/],
  },
  {
    name: 'a configuration with an unknown key, with the nearest one',
    args: ['analyze', good, ...lexicon, '--config', file('config.json', '{"clent": {}}')],
    code: 2,
    says: [/config\.json/, /clent/, /client/],
  },
  {
    name: 'a configuration that does not exist',
    args: ['analyze', good, '--config', join(folder, 'no.json')],
    code: 2,
    says: [/no\.json/],
  },
  {
    name: 'an unknown observer',
    args: ['analyze', good, ...lexicon, '--config', file('observer.json', '{"parallel": {"observer": "loki"}}')],
    code: 2,
    says: [/unknown observer: loki/, /pino/],
  },
  {
    name: 'a server that does not answer',
    args: ['analyze', good, '--host', deadHost],
    code: 4,
    says: [/127\.0\.0\.1:9/, /ollama serve/],
  },
  {
    name: 'a host that is given twice',
    args: ['analyze', good, '--host', 'localhost', '--host', 'http://localhost:11434'],
    code: 2,
    says: [/http:\/\/localhost:11434 is given more than once/],
  },
  {
    name: 'a configuration that gives a host twice',
    args: ['analyze', good, '--config', file('twice.json', '{"provider": {"base_url": ["a:1", "b:1", "a:1"]}}')],
    env: { OLLAMA_HOST: '' },
    code: 2,
    says: [/http:\/\/a:1 is given more than once/],
  },
  {
    name: 'a host of the environment that is empty',
    args: ['analyze', good],
    env: { CHORALE_HOST: 'a,' },
    code: 2,
    says: [/CHORALE_HOST/, /must not be empty/],
  },
  {
    name: 'a demo that must not fall back',
    args: ['demo', '--provider', 'ollama', '--host', deadHost],
    code: 4,
    says: [/ollama serve/],
  },
];

/** Nonsense for every option that takes a value. */
const nonsense: readonly (readonly [string, string])[] = [
  ['--provider', 'gpt'],
  ['--model', ' '],
  ['--host', 'ftp://x'],
  ['--host', ''],
  ['--host', 'a,,b'],
  ['--prompt', ''],
  ['--labels', 'only-one'],
  ['--labels', 'a,A'],
  ['--config', ''],
  ['--workers', '0'],
  ['--workers', '-1'],
  ['--workers', '1.5'],
  ['--workers', 'many'],
  ['--worker-cap', '0'],
  ['--item-timeout', '10'],
  ['--item-timeout', '0s'],
  ['--timeout', 'soon'],
  ['--retries', '-1'],
  ['--rate', '10'],
  ['--rate', '0/s'],
  ['--token-rate', 'x/min'],
  ['--long', 'middle'],
  ['--max-wait', '5'],
  ['--limit', '0'],
  ['--sample', 'x'],
  ['--seed', '1.5'],
  ['--text', ''],
  ['--id', ''],
  ['--label', ''],
  ['--map', 'a'],
  ['--map', 'a=b,a=c'],
  ['--calibrate', ''],
  ['--out', 'results'],
  ['--out', '-'],
  ['--format', 'xml'],
  ['--events', ''],
  ['--simulate-latency', '1'],
  ['--assert', 'good'],
];

describe('what is wrong is told in one line, with the right exit code', () => {
  it.each(refused)('$name: $code', async ({ args, code, says, stdin, env }) => {
    const end = await runCli(args, { stdin, env });
    expectOneLine(end, code);
    for (const pattern of says) expect(end.stderr).toMatch(pattern);
    if (args[0] !== 'demo') expect(end.stdout).toBe('');
  });

  it.each(nonsense)('nonsense for an option: %s "%s": 2', async (option, value) => {
    const end = await runCli(['analyze', good, option, value]);
    expectOneLine(end, 2);
    expect(end.stderr).toContain(option.slice(2).split('-')[0]);
  });

  it('an output folder that is not writable: 3', async (context) => {
    if (process.getuid?.() === 0) context.skip('root may write everywhere');
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    expectOneLine(await runCli(['analyze', good, ...lexicon, '--out', join(locked, 'out.csv')]), 3);
  });

  it('a stack trace only with --verbose', async () => {
    const args = ['analyze', join(folder, 'missing.csv'), ...lexicon];
    expect((await runCli(args)).stderr).not.toMatch(/\n\s+at /);
    expect((await runCli([...args, '--verbose'])).stderr).toMatch(/\n\s+at /);
  });
});

function expectOneLine(end: CliEnd, code: number): void {
  const lines = end.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  expect(
    lines.filter((line) => line.startsWith('error: ')),
    end.stderr,
  ).toHaveLength(1);
  expect(
    lines.filter((line) => !line.startsWith('warning: ')),
    end.stderr,
  ).toHaveLength(1);
  expect(lines.at(-1)).toMatch(/\[CHORALE_[A-Z_]+\]$/);
  expect(end.code).toBe(code);
}

/** Rows that are wrong among rows that are right: nothing is lost. */
describe('bad rows do not hurt the others', () => {
  async function analyze(path: string, ...more: string[]) {
    const end = await runCli(['analyze', path, ...lexicon, '--quiet', '--out', out, ...more]);
    const text = readFileSync(out, 'utf8');
    return {
      end,
      rows: text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    };
  }

  it('a header only is an empty run: 0', async () => {
    const { end, rows } = await analyze(file('header.csv', 'id,text\n'), '--json');
    expect(end.code).toBe(0);
    expect(rows).toEqual([]);
    expect(JSON.parse(end.stdout)).toMatchObject({ items: 0, succeeded: 0, success_rate: null });
  });

  it('an empty array is an empty run: 0', async () => {
    expect((await analyze(file('none.json', '[]'))).end.code).toBe(0);
  });

  it('ragged rows fail with their line, the rest goes on: 5', async () => {
    const { end, rows } = await analyze(file('ragged.csv', 'id,text\n1,I love it\n2\n3,a,b\n4,I hate it\n'));
    expect(end.code).toBe(5);
    expect(rows.map((row) => row.status)).toEqual(['ok', 'failed', 'failed', 'ok']);
    expect(rows[1].error).toMatch(/ragged\.csv:3/);
    expect(rows[2].error_code).toBe('CHORALE_ROW');
  });

  it('a bad JSON line in the middle fails with its line, and the line is kept: 5', async () => {
    const { end, rows } = await analyze(file('bad.jsonl', '{"text":"I love it"}\n{oops\n{"text":"I hate it"}\n'));
    expect(end.code).toBe(5);
    expect(rows.map((row) => row.status)).toEqual(['ok', 'failed', 'ok']);
    expect(rows[1]).toMatchObject({ input: '{oops', sentiment: null });
    expect(rows[1].error).toMatch(/bad\.jsonl:2/);
  });

  it('blank texts are skipped, and not counted as failures: 0', async () => {
    const { end, rows } = await analyze(file('blank.csv', 'id,text\n1,\n2,"  "\n3,I love it\n'), '--json');
    expect(end.code).toBe(0);
    expect(rows.map((row) => row.status)).toEqual(['skipped', 'skipped', 'ok']);
    expect(JSON.parse(end.stdout)).toMatchObject({ skipped: 2, succeeded: 1, success_rate: 1 });
  });

  it('long texts, emoji, right-to-left text and control characters come through unchanged: 0', async () => {
    const texts = [
      'great '.repeat(1_667),
      '👍🏽 love it',
      'أحب هذا المنتج',
      'bad \u001b[31mred\u0007',
      'nice\r\n"quoted"',
    ];
    const lines = texts.map((text) => JSON.stringify({ text })).join('\n');
    const { end, rows } = await analyze(file('texts.jsonl', lines));
    expect(end.code).toBe(0);
    expect(rows.map((row) => row.input.text)).toEqual(texts);
    expect(rows.every((row) => row.status === 'ok')).toBe(true);
  });

  it('a review that names an attack on the terminal reaches no terminal', async () => {
    const path = file('escape.csv', 'text\nfine\n"\u001b]0;owned\u0007never closed\n');
    expect((await runCli(['analyze', path, ...lexicon])).stderr).not.toContain('\u001b');
  });
});
