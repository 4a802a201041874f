import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';
import { type FakeServer, startFakeServer } from './fake-server.js';

const prompt = '---\noutput: { fields: { angry: { type: boolean }, note: { type: string } } }\n---\n{{review}}\n';

let server: FakeServer;
let requests = 0;
beforeAll(async () => {
  server = await startFakeServer({
    answer: (asked) => {
      requests += 1;
      // Its first answer to `wrong` is not valid; a request that shows the violation is answered.
      if (/bad/.test(asked)) return '{"angry":"no"}';
      if (/wrong/.test(asked) && !/angry: must be true or false/.test(asked)) return '{"angry":"no","note":""}';
      return '{"angry":true,"note":"a"}';
    },
  });
});
afterAll(() => server.stop());

function folderWith(...texts: readonly string[]): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'mine.prompt'), prompt);
  writeFileSync(join(folder, 'rows.csv'), ['text,topic', ...texts.map((text) => `${text},delivery`), ''].join('\n'));
  return folder;
}

function analyze(cwd: string, ...args: readonly string[]) {
  const task = ['--prompt', 'mine.prompt', '--model', 'small', '--host', server.host, '--store', 'runs.db', '--json'];
  return runCli(['analyze', 'rows.csv', ...task, ...args], { cwd });
}

function rowsOf(folder: string) {
  return readFileSync(join(folder, 'out.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row));
}

describe('chorale analyze with fields, of which none is the label', () => {
  it('answers, repairs once, and fails what stays invalid with its violations; resumed, its file is the same', async () => {
    const cwd = folderWith('fine', 'wrong', 'bad');
    const end = await analyze(cwd, '--out', 'out.jsonl');
    expect(end.code, end.stderr).toBe(5);
    expect(JSON.parse(end.stdout)).toMatchObject({ succeeded: 2, failed: 1, sentiment: {}, retries: 2 });
    const rows = rowsOf(cwd);
    expect(
      rows.map(({ status, sentiment, angry, note, attempts }) => [status, sentiment, angry, note, attempts]),
    ).toEqual([
      ['ok', null, true, 'a', 1],
      ['ok', null, true, 'a', 2],
      ['failed', null, null, null, 2],
    ]);
    expect(rows[2].error).toBe(
      `the answer does not fit the fields: angry: must be true or false; note: is missing: '{"angry":"no"}'`,
    );
    const before = requests;
    await analyze(cwd, '--out', 'out.jsonl');
    expect(requests - before).toBe(2);
    const fieldsOf = ({ angry, note, status }: (typeof rows)[number]) => ({ angry, note, status });
    expect(rowsOf(cwd).map(fieldsOf)).toEqual(rows.map(fieldsOf));
  });

  it('--no-repair requests nothing a second time', async () => {
    const cwd = folderWith('wrong');
    const before = requests;
    const end = await analyze(cwd, '--no-repair', '--out', 'out.jsonl');
    expect(end.code, end.stderr).toBe(5);
    expect(requests - before).toBe(1);
    expect(rowsOf(cwd)).toMatchObject([{ status: 'failed', attempts: 1, error_code: 'CHORALE_ANSWER_INVALID' }]);
  });

  it.each([
    [['--labels', 'a,b'], 'option labels must be absent: no field of the prompt is the label'],
    [['--label', 'topic'], "--label 'topic': no field of the prompt is the label"],
    [
      ['--out-probabilities', 'p.csv'],
      /--out-probabilities is about labels, and no field of the prompt mine@\w+ is the label/,
    ],
    [
      ['--calibrate', 'rows.csv', '--label', 'topic'],
      /--calibrate is about labels, and no field of the prompt mine@\w+ is the label/,
    ],
    [['--provider', 'lexicon'], "the provider lexicon answers with a label, and cannot give the field 'angry'"],
    [['--long', 'split'], "the values of the field 'note' (string) in chunks of a text do not make one for the text"],
  ])('%j is rejected in one line before any request', async (args, problem) => {
    const before = requests;
    const end = await analyze(folderWith('fine'), ...args);
    expect(end.code).toBe(2);
    if (typeof problem === 'string') expect(end.stderr).toContain(problem);
    else expect(end.stderr).toMatch(problem);
    expect(end.stderr.trim()).not.toContain('\n');
    expect(requests).toBe(before);
  });
});
