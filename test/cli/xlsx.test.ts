import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSheet } from 'read-excel-file/node';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkbook, row } from '../data/xlsx/make-workbook.js';
import { newStore } from '../harness/cli-process.js';
import { runCli } from '../harness/run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'chorale-xlsx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return name;
};

const analyze = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
  runCli(['analyze', ...args, '--provider', 'lexicon', '--json'], { cwd: folder, ...options });

const lines = (name: string): Record<string, unknown>[] =>
  readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** What a run says besides what every run says. */
const said = (stderr: string) => stderr.replace(/^(?:warning: the lexicon|recorded as run|results: ).*\n/gm, '');

const header = row(1, 'review', 'stars', 'good');
const march = header + row(2, 'great, wonderful', 5, true) + row(3, 'awful and bad', 1, false) + row(4, null, 3);
const book = makeWorkbook({ sheets: { March: march, 'April (2)': header + row(2, 'lovely', 4) } });
const refusals = { code: 3, stdout: '' };

describe('analyze with workbooks', () => {
  it('reads the first sheet, says so, and writes a workbook with the types of its cells', async () => {
    put('book.xlsx', book);
    const end = await analyze(['book.xlsx', '--out', 'out.xlsx#Labels', '--out', 'out.jsonl']);
    expect([end.code, said(end.stderr)]).toEqual([
      0,
      "book.xlsx has 2 sheets, and 'March' is read; the others are 'April (2)' (FILE.xlsx#SHEET names one)\n",
    ]);
    expect(lines('out.jsonl').map(({ input }) => input)).toEqual([
      { review: 'great, wonderful', stars: 5, good: true },
      { review: 'awful and bad', stars: 1, good: false },
      { review: null, stars: 3, good: null },
    ]);
    const [head, ...rows] = await readSheet(join(folder, 'out.xlsx'), 'Labels');
    expect(head?.slice(0, 7)).toEqual([
      ...['review', 'stars', 'good', 'chorale_index', 'chorale_id', 'chorale_status', 'chorale_sentiment'],
    ]);
    expect(rows.map((cells) => cells.slice(0, 7))).toEqual([
      ['great, wonderful', 5, true, 0, '1', 'ok', 'positive'],
      ['awful and bad', 1, false, 1, '2', 'ok', 'negative'],
      [null, 3, null, 2, '3', 'skipped', null],
    ]);
    expect(readdirSync(folder).filter((name) => name.startsWith('.') || name.includes('tmp'))).toEqual([]);
  });

  it('reads the sheet that is named, in a pattern too', async () => {
    put('book.xlsx', book);
    put('book2.xlsx', book);
    const end = await analyze(['book*.xlsx#april (2)', 'book.xlsx#March', '--out', 'out.jsonl']);
    expect([end.code, said(end.stderr)]).toEqual([0, '']);
    expect(lines('out.jsonl').map(({ input }) => Object(input).review)).toEqual([
      ...['lovely', 'lovely', 'great, wonderful', 'awful and bad', null],
    ]);
  });

  it('reads it from stdin', async () => {
    const args = ['-', '--format', 'xlsx', '--out', 'out.csv'];
    expect((await analyze(args, { stdin: book })).code).toBe(0);
    expect(readFileSync(join(folder, 'out.csv'), 'utf8').split('\n')[1]).toMatch(
      /^"great, wonderful",5,true,0,1,ok,positive,/,
    );
  });

  it('resumes a run over the same sheet, and begins another one over another sheet', async () => {
    put('book.xlsx', book);
    const env = newStore();
    await analyze(['book.xlsx#March'], { env });
    expect((await analyze(['book.xlsx#March'], { env })).stderr).toMatch(
      /^resumes run .*: 2 of 3 reviews are answered/,
    );
    const other = await analyze(['book.xlsx#April (2)'], { env });
    expect([JSON.parse(other.stdout).succeeded, said(other.stderr)]).toEqual([1, '']);
  });

  it.each([
    [
      'a sheet that is not there',
      'book.xlsx#Marsh',
      "book.xlsx#Marsh: has no sheet 'Marsh' (did you mean 'March'?); its sheets are: 'March', 'April (2)'",
    ],
    [
      'a merged header',
      'merged.xlsx',
      'merged.xlsx:1: the header has merged cells (A1:B1); give every column a header cell of its own, in one row',
    ],
    ['no rows', 'none.xlsx', 'none.xlsx: has no header: the sheet is empty'],
    [
      'a password',
      'locked.xlsx',
      'locked.xlsx: is protected with a password; open it in the spreadsheet program and save a copy without one',
    ],
    [
      'damage',
      'cut.xlsx',
      'cut.xlsx: the workbook is damaged (invalid zip data); open it in the spreadsheet program and save it again',
    ],
    ['no file', 'missing.xlsx#March', 'missing.xlsx#March: there is no such file'],
    [
      '1,048,577 rows',
      'long.xlsx',
      'long.xlsx: the workbook is damaged (it has a row 1048577, and a sheet has 1,048,576 rows at most); open it in the spreadsheet program and save it again',
    ],
  ])('refuses a workbook with %s in one line, before any request', async (_, input, message) => {
    put('book.xlsx', book);
    put(
      'merged.xlsx',
      makeWorkbook({ sheets: { A: march }, after: '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>' }),
    );
    put('none.xlsx', makeWorkbook({ sheets: { A: '' } }));
    put(
      'locked.xlsx',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]),
    );
    put('cut.xlsx', book.subarray(0, 500));
    put('long.xlsx', makeWorkbook({ sheets: { A: header + row(1_048_577, 'x') } }));
    const { code, stdout, stderr } = await analyze([input]);
    expect({ code, stdout, stderr }).toEqual({ ...refusals, stderr: `error: ${message} [CHORALE_INPUT]\n` });
  });

  it('refuses more rows than a sheet has before the run', async () => {
    put('many.csv', `review\n${'x\n'.repeat(1_048_576)}`);
    const { code, stdout, stderr } = await analyze(['many.csv', '--out', 'many.xlsx']);
    expect({ code, stdout, stderr }).toEqual({
      ...refusals,
      stderr:
        'error: many.xlsx: has no room for 1,048,576 rows: a sheet has 1,048,576, its header included, at most; write .csv or .parquet [CHORALE_OUTPUT]\n',
    });
    expect(existsSync(join(folder, 'many.xlsx'))).toBe(false);
  }, 30_000);

  it('stops at a text that is longer than a cell, with one line, and goes on in another format', async () => {
    put('long.csv', `review\n${'good '.repeat(7_000)}\n`);
    const env = newStore();
    const { code, stderr } = await analyze(['long.csv', '--out', 'long-out.xlsx'], { env });
    expect(code).toBe(3);
    expect(stderr).toContain(
      "error: long-out.xlsx: row 1 has more than 32767 characters in the column 'review', and a cell of a workbook holds no more; write .csv or .jsonl [CHORALE_OUTPUT]\n",
    );
    expect(existsSync(join(folder, 'long-out.xlsx'))).toBe(false);
    const other = await analyze(['long.csv', '--out', 'long-out.csv'], { env });
    expect([other.code, JSON.parse(other.stdout).cached]).toEqual([0, 1]);
  });

  it.each([
    ['xlsx:-', 'A workbook cannot be written to stdout; write it to a file, or jsonl:-'],
    ['out.xlsx#a/b', "The name of a sheet has at most 31 characters, none of []:*?/\\, and no ' at its ends"],
    ['book.xlsx#Labels', 'book.xlsx would replace the input book.xlsx; choose another file'],
  ])('refuses the output %s', async (target, message) => {
    put('book.xlsx', book);
    const { code, stdout, stderr } = await analyze(['book.xlsx', '--out', target]);
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
    expect(stderr).toContain(message);
  });

  it('has no delimiter and no encoding', async () => {
    put('book.xlsx', book);
    for (const [option, value] of [
      ['--delimiter', ';'],
      ['--encoding', 'utf-16le'],
    ] as const) {
      const { code, stderr } = await analyze(['book.xlsx', option, value]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(`^error: ${option} is for .*; book.xlsx is xlsx `)]);
    }
  });
});
