import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { newStore } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-reading-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return name;
};

const written = (name: string) => readFileSync(join(folder, name), 'utf8');

const analyze = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(['analyze', ...args, '--provider', 'lexicon', '--json'], { cwd: folder, ...options });

const latin = Buffer.from('texte:n\ntr\xe8s bon:1\nN/A:2\nmauvais:3\n', 'latin1');
const reading = { input: { encoding: 'windows-1252', delimiter: ':', blank: ['N/A', 'null'] } };

describe('how inputs are read', () => {
  it('may stand in the configuration file, and an option comes first', async () => {
    put('latin.csv', latin);
    const config = put('reading.json', JSON.stringify(reading));
    const args = ['latin.csv', '--text', 'texte', '--config', config, '--out', 'out.jsonl'];
    const end = await analyze(args);
    expect([end.code, JSON.parse(end.stdout)]).toEqual([0, expect.objectContaining({ succeeded: 2, skipped: 1 })]);
    expect(written('out.jsonl')).toContain('"input":{"texte":"très bon","n":"1"}');
    expect(JSON.parse((await analyze([...args, '--blank', 'mauvais,"très bon"'])).stdout)).toMatchObject({
      succeeded: 1,
      skipped: 2,
    });
  });

  it('does not concern inputs without separators or encoding, where the configuration file says it', async () => {
    put('x.jsonl', '{"text":"N/A"}\n{"text":"good"}\n');
    const config = put('separator.json', JSON.stringify({ input: { delimiter: ':', blank: 'N/A' } }));
    const end = await analyze(['x.jsonl', '--config', config]);
    expect([end.code, JSON.parse(end.stdout)]).toEqual([0, expect.objectContaining({ succeeded: 1, skipped: 1 })]);
  });

  it.each([
    [
      'an unknown encoding',
      { input: { encoding: 'windows1252' } },
      'input.encoding: must be an encoding such as utf-16le, windows-1252, iso-8859-2 or shift_jis (the nearest name is windows-1252)',
    ],
    ['two signs', { input: { delimiter: '::' } }, 'input.delimiter: must be one sign such as ; or |, or tab'],
    ['an unknown key', { input: { delimeter: ';' } }, "unknown key 'input.delimeter' (nearest known: delimiter)"],
  ])('is rejected in one line where the configuration file has %s', async (_, content, message) => {
    const config = put('wrong.json', JSON.stringify(content));
    const { code, stderr } = await analyze(['latin.csv', '--config', config]);
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(stderr).toContain(message);
  });

  it('is the same for packed files and stdin, also where the rows are limited', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('text\tn\ncafé\t1\nbad\t2\n', 'utf16le')]);
    put('wide.csv.gz', gzipSync(utf16));
    const options = ['--encoding', 'utf-16le', '--limit', '1', '--out', 'out.csv'];
    expect((await analyze(['wide.csv.gz', ...options])).code).toBe(0);
    const fromFile = written('out.csv');
    expect(fromFile.split('\n')).toHaveLength(3);
    expect(fromFile).toContain('\ncafé,1,0,');
    expect((await analyze(['-', '--format', 'csv', ...options], { stdin: utf16 })).code).toBe(0);
    expect(written('out.csv').split('\n')[1]).toMatch(/^café,1,0,1,ok,/);
  });

  it('makes another run where it differs, and the same run where it does not', async () => {
    put('latin.csv', latin);
    const env = newStore();
    const run = async (...options: readonly string[]) =>
      (await analyze(['latin.csv', '--text', 'texte', '--delimiter', ':', ...options], { env })).stderr;
    await run('--encoding', 'windows-1252');
    expect(await run('--encoding', 'latin1')).toMatch(/^resumes run /);
    expect(await run('--encoding', 'iso-8859-2')).toMatch(/^a new run, since run .* read another input;/);
    expect(await run('--encoding', 'windows-1252', '--blank', 'N/A')).toMatch(/^a new run, since run /);
  });

  it('tells columns of one name apart, and keeps both', async () => {
    put('twice.csv', 'title,title,title_2,title\ngood,bad,1,2\n');
    const end = await analyze(['twice.csv', '--text', 'title_3', '--out', 'out.jsonl', '--out', 'out.csv']);
    expect(end.code).toBe(0);
    expect(written('out.jsonl')).toContain('"input":{"title":"good","title_3":"bad","title_2":"1","title_4":"2"}');
    expect(written('out.csv')).toMatch(/^title,title,title_2,title,chorale_index/);
  });

  it('is refused where the rows have another separator than the header', async () => {
    put('mixed.csv', 'text;n\ngood;1\n"a; b",2\nfine;3\nbad,4\n');
    const { code, stdout, stderr } = await analyze(['mixed.csv']);
    expect({ code, stdout, stderr }).toEqual({
      code: 3,
      stdout: '',
      stderr:
        "error: mixed.csv:5: the cells are separated by ';' in the header and by ',' here; write the same sign everywhere, or name one, as with --delimiter ';' [CHORALE_INPUT]\n",
    });
    // As it was said, and where only one row may be meant so.
    expect((await analyze(['mixed.csv', '--delimiter', ';'])).code).toBe(5);
    put('one.csv', 'text;n\ngood;1\nbad, really\nfine;3\n');
    expect((await analyze(['one.csv'])).code).toBe(5);
  });
});

describe('the byte-order mark of outputs', () => {
  const mark = '\ufeff';

  it('is that of the input, or there with --bom, or as the configuration file says', async () => {
    put('plain.csv', 'text\ncafé good\n');
    put('marked.csv', `${mark}text\ncafé good\n`);
    const marks = async (...args: readonly string[]) => {
      expect((await analyze([...args, '--out', 'm.csv', '--out', 'm.tsv', '--out', 'm.jsonl'])).code).toBe(0);
      return ['m.csv', 'm.tsv', 'm.jsonl'].map((name) => written(name).startsWith(mark));
    };
    expect(await marks('plain.csv')).toEqual([false, false, false]);
    expect(await marks('marked.csv')).toEqual([true, true, false]);
    expect(await marks('plain.csv', '--bom')).toEqual([true, true, false]);
    const config = put('bom.json', JSON.stringify({ output: { bom: true } }));
    expect(await marks('plain.csv', '--config', config)).toEqual([true, true, false]);
    expect(written('m.csv')).toMatch(/^\ufefftext,chorale_index.*\ncafé good,0,/);
  });

  it('needs an output that can have one', async () => {
    put('plain.csv', 'text\ncafé good\n');
    const { code, stderr } = await analyze(['plain.csv', '--bom', '--out', 'm.jsonl']);
    expect([code, stderr]).toEqual([
      2,
      'error: --bom is for CSV and TSV outputs, and there is none: add --out results.csv [CHORALE_USAGE]\n',
    ]);
  });
});
