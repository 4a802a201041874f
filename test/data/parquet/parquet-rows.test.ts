import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { DataSource } from '../../../src/data/data-format.js';
import { readRows } from '../../../src/data/read-rows.js';
import { scanRows } from '../../../src/data/scan-rows.js';
import { rowsOf } from '../read-text.js';
import { tempFolder } from '../temp-folder.js';

const folder = tempFolder();
const fixtures = new URL('../../fixtures/parquet/', import.meta.url).pathname;

function parquet(path: string): DataSource {
  return { path, format: 'parquet' };
}

async function objectsOf(source: DataSource): Promise<unknown[]> {
  const rows = await rowsOf([source]);
  return rows.map(({ columns, cells }) => Object.fromEntries(columns.map((name, position) => [name, cells[position]])));
}

async function problemOf(path: string): Promise<string> {
  try {
    await rowsOf([parquet(path)]);
  } catch (error) {
    if (error instanceof Error && error.name === 'InputError') return error.message.replace(`${path}: `, '');
    throw error;
  }
  throw new Error('the file was read without an error');
}

/** What test/fixtures/parquet/make.py puts into its files. */
const expected = [
  {
    ...{ text: 'good é😀', i8: 1, u32: 4294967295, i64: '9223372036854775807', u64: '18446744073709551615' },
    ...{ f: 0.5, d: 0.1, h: 1.5, b: true, dec: '123456789012345678901234567.89', date: '2024-01-31' },
    ...{ ts: '2024-01-31T12:00:00.123456', tsz: '1970-01-01T00:00:00.001Z', time: '23:59:59.999999' },
    ...{ bin: 'abc', fix: 'abcd', list: [1, null, 3], lists: [['a'], [], null], struct: { x: 1, y: 'a' } },
    map: [
      { key: 'a', value: 1 },
      { key: 'b', value: null },
    ],
    structs: [
      { x: 1, l: [1, 2] },
      { x: null, l: null },
    ],
    dict: 'x',
  },
  {
    ...{ text: null, i8: null, u32: 0, i64: '-9223372036854775808', u64: 0, f: 'NaN', d: 'NaN', h: null, b: false },
    ...{ dec: null, date: null, ts: null, tsz: null, time: null, bin: 'base64://4=', fix: 'base64://4AAA==' },
    ...{ list: null, lists: null, struct: null, map: null, structs: null, dict: 'y' },
  },
  {
    ...{ text: '', i8: -3, u32: null, i64: null, u64: null, f: null, d: null, h: -2, b: null, dec: '-0.05' },
    ...{ date: '0001-01-01', ts: '1969-12-31T23:59:59.999999', tsz: '1969-12-31T23:59:59.999Z' },
    ...{ time: '00:00:00.000000', bin: null, fix: null, list: [], lists: [], struct: { x: null, y: null } },
    ...{ map: [], structs: [], dict: null },
  },
  {
    ...{ text: 'a\0b', i8: 127, u32: 1, i64: 5, u64: 5, f: '-Infinity', d: 'Infinity', h: 0.25, b: true, dec: '0.00' },
    ...{ date: '9999-12-31', ts: '1970-01-01T00:00:00.000000', tsz: '2023-11-14T22:13:20.123Z' },
    ...{ time: '01:02:03.000004', bin: 'base64:YmFzZTY0Ong=', fix: '    ', list: ['1152921504606846976'] },
    ...{ lists: [['b', 'c'], ['d']], struct: { x: 2, y: '' }, map: [{ key: '__proto__', value: 3 }] },
    ...{ structs: [{ x: 2, l: [] }], dict: 'x' },
  },
];

describe('a Parquet file of another program', () => {
  it.each(['snappy-v1', 'zstd-v2', 'brotli', 'lz4'])('is rows of plain JSON values without loss (%s)', async (name) => {
    expect(await objectsOf(parquet(`${fixtures}${name}.parquet`))).toEqual(expected);
  });

  it('may have times as old writers have them, in nanoseconds and without a zone', async () => {
    const rows = await objectsOf(parquet(`${fixtures}gzip-int96.parquet`));
    expect(rows).toEqual(
      expected.map((row) => ({
        ...row,
        ts: row.ts && `${row.ts}000`,
        tsz: row.tsz?.replace('Z', '000000') ?? null,
      })),
    );
  });

  it('may come packed, or on stdin, and leaves no temporary file', async () => {
    const temporary = folder.path('temporary');
    await mkdir(temporary);
    vi.stubEnv('TMPDIR', temporary);
    const path = `${fixtures}zstd-v2.parquet`;
    const packed = await folder.put('packed.parquet.gz', gzipSync(await readFile(path)));
    expect(await objectsOf(parquet(packed))).toEqual(expected);
    expect(await objectsOf({ path: '-', format: 'parquet', stream: createReadStream(path) })).toEqual(expected);
    expect(await objectsOf({ path: '-', format: 'parquet', stream: createReadStream(packed) })).toEqual(expected);
    vi.unstubAllEnvs();
    expect(await readdir(temporary)).toEqual([]);
  });

  it('may have page headers with long statistics', async () => {
    const path = new URL('../../fixtures/arrow/long-statistics.parquet', import.meta.url).pathname;
    expect(await objectsOf(parquet(path))).toEqual(
      ['a'.repeat(1000), 'b'.repeat(1000), 'good'].map((text) => ({ text })),
    );
  });

  it('may have lists that go over several pages', async () => {
    const path = new URL('../../fixtures/arrow/long-lists.parquet', import.meta.url).pathname;
    const numbers = (length: number) => Array.from({ length }, (_, index) => index);
    const lists = [numbers(5000), [], numbers(3000)];
    expect(await objectsOf(parquet(path))).toEqual(lists.map((list, index) => ({ n: index + 1, list })));
  });

  it('is counted from its footer, with its columns and their types', async () => {
    const { rows, columns, types } = await scanRows([parquet(`${fixtures}snappy-v1.parquet`)]);
    expect([rows, columns]).toEqual([4, Object.keys(expected[0] ?? {})]);
    expect(types.get('dec')).toMatchObject({ kind: 'parquet', elements: [{ converted_type: 'DECIMAL', scale: 2 }] });
  });

  it('goes with a CSV file of the same columns, and says where they differ', async () => {
    const path = `${fixtures}brotli.parquet`;
    const header = Object.keys(expected[0] ?? {}).join(',');
    const csv: DataSource = { path: await folder.put('same.csv', `${header}\n${',x'.repeat(21)}\n`), format: 'csv' };
    const rows = await rowsOf([csv, parquet(path), csv]);
    expect(rows.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(rows.map(({ cells }) => cells[0])).toEqual(['', 'good é😀', null, '', 'a\0b', '']);
    const scan = await scanRows([csv, parquet(path)]);
    expect([scan.rows, scan.types.get('list')]).toEqual([5, { kind: 'text' }]);
    const other: DataSource = { path: await folder.put('other.csv', 'text\nx\n'), format: 'csv' };
    await expect(rowsOf([other, parquet(path)])).rejects.toThrow(
      /brotli\.parquet: the columns differ from those of .*other\.csv/,
    );
    await expect(scanRows([parquet(path), other])).rejects.toThrow(/other\.csv:1: the columns differ/);
  });

  it('stops where the signal says so', async () => {
    const stop = new AbortController();
    const rows = readRows([parquet(`${fixtures}lz4.parquet`)], { signal: stop.signal });
    await rows.next();
    stop.abort(new Error('enough'));
    await expect(rows.next()).rejects.toThrow('enough');
  });
});

describe('a file that is no whole Parquet file', () => {
  const good = () => readFile(`${fixtures}snappy-v1.parquet`);

  it.each([
    ['nothing', '', 'is empty'],
    ['a short text', 'PAR1', /truncated/],
    ['CSV', 'text\nfine\n'.repeat(9), 'is not a Parquet file'],
    ['a footer that is too long', 'PAR1....\xff\xff\xff\x7fPAR1', /is damaged: its footer is longer/],
    ['an encrypted footer', 'PARE............PARE', /encrypted/],
    ['a footer of nothing', 'PAR1\0\0\0\0\0\0\0\0\x04\0\0\0PAR1', /is damaged|has no columns/],
  ])('is %s', async (_, content, problem) => {
    expect(await problemOf(await folder.put('broken.parquet', Buffer.from(content, 'latin1')))).toMatch(problem);
  });

  it('is truncated anywhere', async () => {
    const bytes = await good();
    for (let length = 4; length < bytes.length; length += 97) {
      expect(await problemOf(await folder.put('cut.parquet', bytes.subarray(0, length)))).toMatch(/truncated/);
    }
  });

  it('is packed data that ends too early', async () => {
    const packed = gzipSync(await good());
    const path = await folder.put('cut.parquet.gz', packed.subarray(0, packed.length / 2));
    expect(await problemOf(path)).toMatch(/the gzip data ends too early/);
  });

  it('has a damaged page: the rows before it come first', async () => {
    const bytes = await good();
    // The text of the fourth row, in the second of the two row groups.
    const position = bytes.indexOf('a\0b');
    bytes[position] = 0x7a;
    const path = await folder.put('page.parquet', bytes);
    const texts: unknown[] = [];
    const reading = async () => {
      for await (const { cells } of readRows([parquet(path)])) texts.push(cells[0]);
    };
    await expect(reading()).rejects.toThrow(
      /page\.parquet: is damaged: the column 'text' cannot be read from row 3 on \(.*checksum/,
    );
    expect(texts).toEqual(['good é😀', null]);
  });

  it('is not there, or a folder', async () => {
    expect(await problemOf(folder.path('none.parquet'))).toBe('there is no such file');
    expect(await problemOf(folder.path(''))).toMatch(/folder/);
  });
});
