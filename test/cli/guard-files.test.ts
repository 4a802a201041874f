import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { promptPath } from '../../src/classify/prompt/prompt-file.js';
import { fileKey } from '../../src/data/file-identity.js';
import { runCli } from '../harness/run-cli.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'chorale-guard-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const files = {
  'in.csv': 'text,label\nGreat,positive\nAwful,negative\n',
  'second.csv': 'text,label\nFine,positive\n',
  'own.prompt': readFileSync(promptPath('sentiment'), 'utf8'),
  'config.json': '{"name":"x"}',
  'experiment.yaml': 'data: in.csv\nlabel: label\nprovider: lexicon\n',
  'runs.db': '',
  'runs.db-wal': 'log',
};
for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content);
mkdirSync(at('calibration'));

const common = ['--provider', 'lexicon', '--prompt', at('own.prompt'), '--config', at('config.json')];
const store = ['--store', at('runs.db')];
const analyze = ['analyze', at('in.csv'), at('second.csv'), '--label', 'label', ...common, ...store];
const experiment = ['experiment', at('experiment.yaml'), ...common, ...store];

/** What each command reads or keeps, and where it writes. */
const commands = {
  analyze: {
    args: analyze,
    kept: ['in.csv', 'second.csv', 'own.prompt', 'config.json', 'runs.db', 'runs.db-wal'],
    outputs: [
      ['--out', 'csv:'],
      ['--events', ''],
    ],
  },
  'analyze --calibrate': {
    args: [...analyze.filter((arg) => arg !== at('second.csv')), '--calibrate', at('second.csv')],
    kept: ['second.csv'],
    outputs: [['--out', 'csv:']],
  },
  experiment: {
    args: experiment,
    kept: ['in.csv', 'experiment.yaml', 'own.prompt', 'config.json', 'runs.db', 'runs.db-wal'],
    outputs: [
      ['--out', 'csv:'],
      ['--out-disagreements', 'csv:'],
      ['--events', ''],
      ['--junit', ''],
      ['--markdown', ''],
    ],
  },
} as const;

/** Other names of a file. */
const namings = {
  'its name': (path: string) => path,
  'a way round': (path: string) =>
    `${relative('.', dirname(path))}/../${dirname(path).split('/').at(-1)}/${path.split('/').at(-1)}`,
  'a symbolic link': (path: string) => {
    const link = at(`symbolic-${path.split('/').at(-1)}`);
    if (!existsSync(link)) symlinkSync(path, link);
    return link;
  },
  'a hard link': (path: string) => {
    const link = at(`hard-${path.split('/').at(-1)}`);
    if (!existsSync(link)) linkSync(path, link);
    return link;
  },
  'a link to its folder': (path: string) => {
    if (!existsSync(at('again'))) symlinkSync('.', at('again'));
    return at(`again/${path.split('/').at(-1)}`);
  },
};

const table = Object.entries(commands).flatMap(([command, { args, kept, outputs }]) =>
  kept.flatMap((name) =>
    outputs.flatMap(([option, form], position) =>
      // All names with one output, and two of them with every other one.
      Object.entries(namings)
        .filter(([naming]) => position === 0 || naming.includes('hard') || naming.includes('its name'))
        .map(([naming, other]) => ({ command, name, option, form, naming, args, other })),
    ),
  ),
);

describe.skipIf(process.platform === 'win32')('an output that would replace what the command reads or keeps', () => {
  it.each(table)('$command refuses $option $form on $name by $naming', async ({ args, name, option, form, other }) => {
    const before = readdirSync(folder);
    const path = other(at(name));
    const { code, stderr } = await runCli([...args, option, `${form}${path}`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: \S+ would replace (?:the \w+|the experiment file) \S+; choose another file \[CHORALE_USAGE\]\n$/,
    );
    for (const [file, content] of Object.entries(files)) expect(readFileSync(at(file), 'utf8')).toBe(content);
    expect(
      readdirSync(folder).filter((file) => !before.includes(file) && !/^(?:hard|symbolic|again)/.test(file)),
    ).toEqual([]);
  });

  it.each([
    ['two outputs', ['--out', at('o.csv'), '--out', `json:${at('o.csv')}`]],
    ['two outputs of which one is a link to the other', ['--out', at('o.csv'), '--events', at('dangling.csv')]],
    ['the lock of another output', ['--out', at('o.csv'), '--events', at('.o.csv.lock')]],
    ['the store, which is not there yet', ['--out', `csv:${at('new/runs.db')}`, '--store', at('new/../new/runs.db')]],
    ['the log of the store', ['--out', `csv:${at('none.db-shm')}`, '--store', at('none.db')]],
    ['a prompt that comes with chorale', ['--prompt', 'sentiment', '--events', promptPath('sentiment')]],
    ['the configuration that is found, once it is there', ['--out', 'json:chorale.config.json']],
  ])('is refused for %s', async (_, options) => {
    if (!existsSync(at('dangling.csv')) && !readdirSync(folder).includes('dangling.csv'))
      symlinkSync('o.csv', at('dangling.csv'));
    const withoutConfig = ['analyze', at('in.csv'), '--provider', 'lexicon', ...store];
    const { code, stderr } = await runCli([...withoutConfig, ...options]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/would replace|It is given twice/);
    expect(existsSync(at('o.csv'))).toBe(false);
  });

  it.each([
    ['an input', ['--store', at('in.csv')]],
    ['the prompt', ['--store', at('own.prompt')]],
  ])('is refused for a store that is %s', async (_, options) => {
    expect(await runCli([...analyze.slice(0, -2), ...options])).toMatchObject({ code: 2 });
  });
});

describe('what identifies a file', () => {
  it('is null for a device, which holds nothing', ({ skip }) => {
    if (!existsSync('/dev/null')) skip('this system has no /dev/null');
    expect(fileKey('/dev/null')).toBe(null);
  });

  it('is its place where it is not there, also below folders that are not', () => {
    expect(fileKey(at('no/such/file'))).toBe(fileKey(at('no/../no/such/file')));
    expect(fileKey(at('no/such/file'))).not.toBe(fileKey(at('no/such/other')));
  });

  it('is the same in upper and lower case exactly where the folder does not tell them apart', () => {
    const isSame = existsSync(at('IN.CSV'));
    expect(fileKey(at('MISSING.csv')) === fileKey(at('missing.csv'))).toBe(isSame);
  });
});
