import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, temporaryFolder } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const analyze = (args: readonly string[], options?: CliOptions) =>
  runCli(['analyze', ...args, '--provider', 'lexicon', '--quiet', '--json'], { cwd: folder, ...options });

describe('inputs as people have them', () => {
  it('keep their byte-order mark in tables, and lose it in JSON', async () => {
    const path = put('mark.csv', '\ufefftext,note\r\n"Great, café",é\r\n');
    const outs = ['m.csv', 'm.tsv', 'm.csv.gz', 'm.jsonl', 'm.json'];
    const { code } = await analyze([path, ...outs.flatMap((out) => ['--out', out])]);
    expect(code).toBe(0);
    const starts = outs.map((out) => {
      const bytes = readFileSync(join(folder, out));
      return (out.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().slice(0, 5);
    });
    expect(starts).toEqual(['\ufefftext', '\ufefftext', '\ufefftext', '{"ind', '[\n{"i']);
    const piped = await analyze(['-', '--format', 'csv', '--out', 'piped.csv'], { stdin: readFileSync(path) });
    expect(piped.code).toBe(0);
    expect(readFileSync(join(folder, 'piped.csv'), 'utf8')).toMatch(/^\ufefftext,note,chorale_index/);
  });

  it('lose no cell of a ragged row, and count blank rows as blank', async () => {
    const path = put('ragged.csv', 'text,n\nGreat,1\nGood,2,precious\nBad\n,,,\n');
    const { code, stdout } = await analyze([path, '--out', 'r.jsonl', '--out', 'r.csv']);
    expect(code).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ succeeded: 1, failed: 2, skipped: 1 });
    expect(stdout).not.toContain('precious');
    const inputs = readFileSync(join(folder, 'r.jsonl'), 'utf8').trim().split('\n');
    expect(inputs.slice(1, 3).map((line) => JSON.parse(line).input)).toEqual([
      { text: 'Good', n: '2', surplus_cells: ['precious'] },
      { text: 'Bad' },
    ]);
    expect(readFileSync(join(folder, 'r.csv'), 'utf8')).toContain('surplus cells: [""precious""]');
  });

  it('may have labels, headers and texts with characters that nobody sees, and cells that count as blank', async () => {
    const rows = ['\u200b,positive', 'Great,\u200bpositive', 'N/A,negative', 'Awful,nega\u200btive', 'Nice, n/a '];
    const path = put('unseen.csv', `text\u200b,label\n${rows.join('\n')}\n`);
    const { stdout } = await analyze([path, '--label', 'label', '--blank', 'n/a,"-, none"']);
    expect(JSON.parse(stdout)).toMatchObject({ succeeded: 3, skipped: 2, accuracy: 1 });
  });

  it('are read with the encoding that a message names', async () => {
    const path = put('latin.csv', Buffer.from('text;n\ntr\xe8s bon;1\n', 'latin1'));
    const refused = await analyze([path]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('or read it with --encoding windows-1252 [CHORALE_INPUT]');
    const { code } = await analyze([path, '--encoding', 'windows-1252', '--out', 'latin.jsonl']);
    expect(code).toBe(0);
    expect(readFileSync(join(folder, 'latin.jsonl'), 'utf8')).toContain('"input":{"text":"très bon","n":"1"}');
    const misused = await analyze([put('x.jsonl', '{"text":"x"}\n'), '--delimiter', ';']);
    expect(misused).toMatchObject({ code: 2, stderr: expect.stringContaining('--delimiter is for CSV and TSV') });
  });

  it('may be workbooks of an old kind, which are named as that', async () => {
    const { code, stderr } = await analyze([put('a.xls', 'x')]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/a\.xls: is an old Excel workbook; save it as \.xlsx .* \[CHORALE_INPUT\]\n$/);
  });

  it('have as many columns as a sheet has, without time for each pair of them', async () => {
    const path = put('wide.csv', `review${','.repeat(16_383)}\n${`good${','.repeat(16_383)}\n`.repeat(5)}`);
    const { code, stdout } = await analyze([path, '--out', 'wide-out.csv']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).succeeded).toBe(5);
  });
});

describe('usage as people try it', () => {
  it.each([[['-h']], [['help']], [['help', 'analyze']], [['analyze', '-h']], [['runs', 'help', 'list']]])(
    'shows help: %j',
    async (args) => {
      const { code, stdout, stderr } = await runCli(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Usage: chorale/);
    },
  );

  it('shows the version, and refuses help for a command that is not there', async () => {
    expect((await runCli(['-v'])).stdout).toMatch(/^\d+\.\d+\.\d+/);
    expect(await runCli(['help', 'analyse'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('takes variables that are set and empty as not set', async () => {
    const names = ['WORKERS', 'LABELS', 'TIMEOUT', 'RATE', 'SEED', 'PROVIDER', 'HOST', 'MODEL', 'PROMPT', 'STORE'];
    const env = Object.fromEntries(names.map((name) => [`CHORALE_${name}`, '']));
    const { code } = await analyze([put('one.csv', 'text\nGreat\n')], {
      env: { ...env, OLLAMA_HOST: '', OPENAI_BASE_URL: '', OPENAI_API_KEY: '' },
    });
    expect(code).toBe(0);
  });
});
