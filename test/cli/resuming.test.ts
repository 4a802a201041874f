import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { type FakeServer, startFakeServer } from './fake-server.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-resuming-'));
let server: FakeServer;
let other: FakeServer;
let digest = 'sha256:one';

beforeAll(async () => {
  server = await startFakeServer({ digest: () => digest });
  other = await startFakeServer({ digest: () => digest });
  const { stdout } = await analyze({ store: begunStore, args: ['--json'] });
  begunId = JSON.parse(stdout).run_id;
});
afterAll(async () => {
  await Promise.all([server.stop(), other.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const data = join(folder, 'in.csv');
writeFileSync(data, 'id,text,other,label\n1,fine,so,positive\n2,bad,so,negative\n3,good,so,positive\n');
const prompt = join(folder, 'own.prompt');
const promptText = (sentence: string, config = '') =>
  `---\nlabels: [positive, negative]\nmode: chat\n${config}---\n{{role "user"}}\n${sentence}: {{review}}\n`;
const strange = join(folder, 'strange.db');
writeFileSync(strange, 'no database at all');
writeFileSync(prompt, promptText('Judge'));

interface Session extends CliOptions {
  readonly store: string;
  readonly args?: readonly string[];
  readonly host?: string;
}

/** One run of `analyze`, with the number of questions that came of it. */
async function analyze({ store, args = [], host = server.host, ...options }: Session) {
  const before = server.answered + other.answered;
  const common = ['--model', 'small', '--host', host, '--prompt', prompt, '--store', store];
  const end = await runCli(['analyze', data, ...common, '--text', 'text', ...args], options);
  return { ...end, asked: server.answered + other.answered - before };
}

const newStore = () => join(temporaryFolder(), 'runs.db');

/** A store in which the command was run once, as which run. */
const begunStore = newStore();
let begunId: string;

/** A copy of that store, to go on with. */
function begunCopy(): string {
  const store = newStore();
  copyFileSync(begunStore, store);
  return store;
}

describe('the same command again', () => {
  it('asks nothing, says so in one line, and writes the same results', async () => {
    const store = newStore();
    const [first, second] = [join(folder, 'first.csv'), join(folder, 'second.csv')];
    const begun = await analyze({ store, args: ['--out', first] });
    expect([begun.code, begun.asked]).toEqual([0, 3]);
    expect(begun.stderr).toMatch(/^results: \S+; run \w{8} in \S+\n$/);
    const again = await analyze({ store, args: ['--out', second] });
    expect([again.code, again.asked]).toEqual([0, 0]);
    expect(again.stderr).toMatch(
      /^resumes run [0-9a-f]{8} of .* UTC: 3 of 3 reviews are answered, and no request is sent \(--fresh starts over\)\nresults: .*\n$/,
    );
    const unmeasured = (path: string) =>
      readFileSync(path, 'utf8').replaceAll(/,\d+,[\d.]+,(true|false),ollama/g, ',ollama');
    expect(unmeasured(second)).toBe(unmeasured(first));
    expect(readFileSync(second, 'utf8')).toContain(',true,ollama');
  });

  it.each<readonly [string, Partial<Session> | (() => Partial<Session>)]>([
    ['another number of workers', { args: ['--workers', '1'] }],
    ['another host', () => ({ host: other.host })],
    ['other limits of time and retries', { args: ['--item-timeout', '10s', '--retries', '0', '--timeout', '1m'] }],
    ['a limited rate', { args: ['--rate', '1000/s'] }],
    ['the number in flight found while running', { args: ['--adaptive'] }],
    ['other outputs', { args: ['--json', '--out', join(folder, 'other.jsonl'), '--quiet'] }],
    ['a threshold', { args: ['--assert', 'success_rate>=1'] }],
    ['the same labels, named', { args: ['--labels', 'positive,negative'] }],
  ])('with %s is the same run', async (_, change) => {
    const store = begunCopy();
    const changed = typeof change === 'function' ? change() : change;
    const again = await analyze({ store, ...changed });
    expect([again.code, again.asked]).toEqual([0, 0]);
    const listed = await runCli(['runs', 'list', '--json', '--store', store]);
    expect(JSON.parse(listed.stdout).map((run: { run_id: string }) => run.run_id)).toEqual([begunId]);
  });

  it('on the same content under another name uses its answers', async () => {
    const store = begunCopy();
    const copy = join(folder, 'copy.csv');
    writeFileSync(copy, readFileSync(data));
    const end = await runCli([
      'analyze',
      copy,
      '--model',
      'small',
      '--host',
      server.host,
      '--prompt',
      prompt,
      '--store',
      store,
      '--json',
    ]);
    expect(JSON.parse(end.stdout)).toMatchObject({ succeeded: 3, cached: 3 });
  });
});

describe('a changed setting', () => {
  it.each<readonly [string, readonly string[], RegExp]>([
    ['the model', ['--model', 'small:latest'], /model small → small:latest/],
    ['the labels', ['--labels', 'negative,positive'], /labels positive, negative → negative, positive/],
    ['the prompt', ['--prompt', 'sentiment'], /prompt own@\w+ → sentiment@\w+/],
    ['the way with long reviews', ['--long', 'head'], /reviews that are too long fail → head/],
  ])('of %s starts a new run, asks everything anew, and is named', async (_, args, change) => {
    const store = begunCopy();
    const changed = await analyze({ store, args });
    expect([changed.code, changed.asked]).toEqual([0, 3]);
    expect(changed.stderr).toMatch(
      /^a new run, since run \w{8} of .* had other settings: .*; its answers are not reused\nrecorded as .*\n$/,
    );
    expect(changed.stderr).toMatch(change);
    const back = await analyze({ store });
    expect([back.asked, back.stderr.split(' ')[0]]).toEqual([0, 'resumes']);
  });

  it('of the configuration file starts a new run: instructions, and the limit of the answer', async () => {
    const store = begunCopy();
    const config = join(folder, 'own.json');
    writeFileSync(config, JSON.stringify({ system_prompt: 'Be strict.' }));
    const instructed = await analyze({ store, args: ['--config', config] });
    expect([instructed.asked, instructed.stderr]).toEqual([3, expect.stringContaining('prompt as sent')]);
    writeFileSync(config, JSON.stringify({ model: { name: 'small', capabilities: { chat: { max_tokens: 2 } } } }));
    const limited = await analyze({ store, args: ['--config', config] });
    expect(limited.asked).toBe(3);
    expect(limited.stderr).toContain('answer tokens');
  });

  it('of the text or the options of a prompt file starts a new run', async () => {
    const store = begunCopy();
    writeFileSync(prompt, promptText('Judge', 'config:\n  temperature: 0.7\n'));
    const warmer = await analyze({ store });
    writeFileSync(prompt, promptText('Say'));
    const reworded = await analyze({ store });
    writeFileSync(prompt, promptText('Judge'));
    expect([warmer.asked, warmer.stderr]).toEqual([3, expect.stringContaining('temperature 0 → 0.7')]);
    expect([reworded.asked, reworded.stderr]).toEqual([3, expect.stringContaining('prompt as sent')]);
    expect((await analyze({ store })).asked).toBe(0);
  });

  it('of the weights behind the name starts a new run', async () => {
    const store = begunCopy();
    digest = 'sha256:two';
    const { asked, stderr } = await analyze({ store });
    digest = 'sha256:one';
    expect([asked, stderr]).toEqual([3, expect.stringContaining('model digest sha256:one → sha256:two')]);
  });

  it.each<readonly [string, readonly string[], number]>([
    ['another text column', ['--text', 'other'], 1],
    ['an id column', ['--id', 'id'], 0],
    ['right labels', ['--label', 'label'], 0],
    ['fewer rows', ['--limit', '2'], 0],
    ['a sample', ['--sample', '2', '--seed', '7'], 0],
  ])('%s starts a new run, which asks no text again', async (_, args, questions) => {
    const store = begunCopy();
    const { code, asked, stderr } = await analyze({ store, args });
    expect([code, asked]).toEqual([0, questions]);
    expect(stderr).toContain('used other rows or columns; its answers to the same texts are reused');
  });

  it('of the rows asks only those that are new, whatever their order', async () => {
    const store = newStore();
    const path = join(folder, 'growing.csv');
    const run = async (rows: string) => {
      writeFileSync(path, `text\n${rows}`);
      const before = server.answered;
      const common = ['--model', 'small', '--host', server.host, '--prompt', prompt, '--store', store];
      const { stderr } = await runCli(['analyze', path, ...common]);
      return { asked: server.answered - before, stderr };
    };
    expect((await run('one\ntwo\nthree\n')).asked).toBe(3);
    const grown = await run('three\nnew\none\n');
    expect([grown.asked, grown.stderr]).toEqual([1, expect.stringContaining('read another input')]);
  });
});

describe('--fresh', () => {
  it('asks everything anew, in a run of its own, which later ones go on with', async () => {
    const store = begunCopy();
    const fresh = await analyze({ store, args: ['--fresh'] });
    expect([fresh.asked, fresh.stderr]).toEqual([3, expect.stringMatching(/^recorded as run \w{8} in .*\n$/)]);
    expect((await analyze({ store })).asked).toBe(0);
    const listed = await runCli(['runs', 'list', '--json', '--store', store]);
    expect(JSON.parse(listed.stdout)).toHaveLength(2);
  });
});

describe('the store', () => {
  it('is made beside the data of the current folder, and kept out of version control', async () => {
    const cwd = temporaryFolder();
    const args = ['analyze', data, '--provider', 'lexicon', '--text', 'text', '--quiet'];
    const env = { CHORALE_STORE: undefined };
    expect((await runCli(args, { cwd, env })).code).toBe(0);
    expect(readFileSync(join(cwd, '.chorale', '.gitignore'), 'utf8')).toBe('*\n');
    expect((await runCli(['runs', 'list', '--json'], { cwd, env })).stdout).toContain('"command":"analyze"');
  });

  it.each([
    ['a folder', () => folder, 'this is not a file'],
    ['in a folder that is not there', () => join(folder, 'nowhere', 'runs.db'), 'does not exist'],
    ['not a database', () => strange, 'not a database'],
  ])('that is %s ends the command before the first question', async (_, path, problem) => {
    const { code, asked, stdout, stderr } = await analyze({ store: path() });
    expect([code, asked, stdout]).toEqual([3, 0, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(problem);
    expect(stderr).toContain('[CHORALE_STORE]');
  });
});
