import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import readXlsxFile, { readSheet } from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import { JsonNumber } from '../../../src/data/json-numbers.js';
import { openWriter } from '../../../src/data/open-writer.js';
import { readRows } from '../../../src/data/read-rows.js';
import type { ResultFields, WriterTarget } from '../../../src/data/result-text.js';
import type { Row } from '../../../src/data/row.js';
import { tempFolder } from '../temp-folder.js';

const folder = tempFolder();
const path = () => folder.path('written.xlsx');

function rowOf(columns: readonly string[], cells: readonly unknown[], index = 0): Row {
  return { index, place: { path: 'x' }, columns, cells, problem: null, source: null };
}

async function write(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  fields: ResultFields = {},
  more: Partial<WriterTarget> = {},
): Promise<void> {
  const target = { path: path(), format: 'xlsx', columns, fieldNames: Object.keys(fields), ...more } as const;
  const writer = await openWriter(target);
  try {
    for (const [index, cells] of rows.entries()) await writer.write(rowOf(columns, cells, index), fields);
    await writer.end();
  } finally {
    await writer.abort();
  }
}

async function readBack(): Promise<readonly (readonly unknown[])[]> {
  const rows: Row[] = [];
  for await (const row of readRows([{ path: path(), format: 'xlsx' }])) rows.push(row);
  return rows.map(({ cells }) => cells);
}

describe('results as a workbook', () => {
  it('keep the types of cells: numbers, booleans and text, which is no formula and no number', async () => {
    const cells = ['=1+1', '007', '1.5', 7, -0.25, true, false, null, { a: [1] }, '+x', '@x', "'x"];
    const columns = cells.map((_, index) => `c${index}`);
    await write(columns, [cells], { confidence: 0.5, rationale: '=SUM(A1)', cached: false, error: null });
    const [first, ...rows] = await readSheet(path(), { trim: false });
    expect(first?.slice(-4)).toEqual(
      ['chorale_confidence', 'chorale_rationale', 'chorale_cached', 'chorale_error'].slice(0, 4),
    );
    expect(rows).toEqual([[...cells.slice(0, 8), '{"a":[1]}', ...cells.slice(9), 0.5, '=SUM(A1)', false, null]]);
  });

  it('keep the digits of numbers: what Excel would round is text', async () => {
    const numbers = ['9007199254740993', '1.10', '1e400', '-0', '0.1'].map((text) => new JsonNumber(text));
    await write(['a', 'b', 'c', 'd', 'e', 'f', 'g'], [[...numbers, 123_456_789_012_345, 1_234_567_890_123_456]]);
    expect(await readBack()).toEqual([
      ['9007199254740993', 1.1, '1e400', 0, 0.1, 123_456_789_012_345, '1234567890123456'],
    ]);
  });

  it('are read back as they were written, whatever characters they have, here and by another library', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom('_', 'x', '0', '4', '1', '&', '<', '"', '\r', '\n', '\b', '\ufffe', ' ', 'é'),
        maxLength: 20,
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), async (rows) => {
        await write(
          ['n', 'a', 'b'],
          rows.map((cells, index) => [index, ...cells]),
        );
        const expected = rows.map((cells, index) => [index, ...cells.map((cell) => (cell === '' ? null : cell))]);
        expect(await readBack()).toEqual(expected);
        const [, ...found] = await readSheet(path(), { trim: false });
        expect(found.map((cells) => [...cells, null, null].slice(0, 3))).toEqual(expected);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('have a column for each column of the input, also where two have one name, and a sheet with a name', async () => {
    await write(['a', 'a', ''], [[1, 2, 3]], { status: 'ok' }, { sheet: 'März & "Co"' });
    const [sheet] = await readXlsxFile(path());
    expect(sheet).toEqual({
      sheet: 'März & "Co"',
      data: [
        ['a', 'a', null, 'chorale_status'],
        [1, 2, 3, 'ok'],
      ],
    });
  });

  it('are a header alone where no row came, and only fields where those are wanted', async () => {
    await write(['a'], [], { status: 'ok' });
    expect(await readSheet(path())).toEqual([['a', 'chorale_status']]);
    await write(['a'], [[1]], { status: 'ok' }, { withoutInput: true });
    expect(await readSheet(path())).toEqual([['status'], ['ok']]);
  });

  it('are the same bytes for the same rows', async () => {
    const rows = Array.from({ length: 3000 }, (_, index) => [`review ${index}`, index]);
    const files: Buffer[] = [];
    for (let time = 0; time < 2; time += 1) {
      await write(['a', 'b'], rows);
      files.push(await readFile(path()));
    }
    expect(files[0]?.equals(files[1] ?? Buffer.alloc(0))).toBe(true);
    expect(await readBack()).toEqual(rows);
  });
});

describe('results that do not fit into a workbook', () => {
  const longest = 'x'.repeat(32_767);

  it('have a text that is longer than a cell: nothing is cut, and the file of before stays', async () => {
    await write(['text'], [[longest]]);
    expect(await readBack()).toEqual([[longest]]);
    const before = await readFile(path());
    await expect(write(['text'], [['a'], [`${longest}x`]])).rejects.toThrow(
      /written\.xlsx: row 2 has more than 32767 characters in the column 'text', and a cell of a workbook holds no more; write \.csv or \.jsonl$/,
    );
    expect((await readFile(path())).equals(before)).toBe(true);
  });

  it('have more columns than a sheet', async () => {
    const columns = Array.from({ length: 16_384 }, (_, index) => `c${index}`);
    await expect(write(columns, [], { status: 'ok' })).rejects.toThrow(
      /written\.xlsx: has no room for 16,385 columns: a sheet has 16,384 at most; write \.csv or \.parquet$/,
    );
  });

  it('go to a stream', async () => {
    const target = { path: '-', format: 'xlsx', columns: [], fieldNames: [], stdout: process.stdout } as const;
    await expect(openWriter(target)).rejects.toThrow('a workbook cannot be written to a stream; write it to a file');
  });
});
