import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnError, OutputError } from '../../../src/data/data-errors.js';
import { openWriter } from '../../../src/data/open-writer.js';
import type { WriterTarget } from '../../../src/data/result-text.js';
import type { Row } from '../../../src/data/row.js';
import { scanRows } from '../../../src/data/scan-rows.js';
import { rowsOf } from '../read-text.js';
import { tempFolder } from '../temp-folder.js';

const folder = tempFolder();
const run = promisify(execFile);
const fixtures = new URL('../../fixtures/parquet/', import.meta.url).pathname;
const python = process.env.CHORALE_PYTHON ?? 'python3';

function rowOf(columns: readonly string[], cells: readonly unknown[], index = 0): Row {
  return { index, place: { path: 'x' }, columns, cells, problem: null, source: null };
}

type Table = Omit<WriterTarget, 'path' | 'format'>;

async function written(path: string, table: Table, rows: readonly Row[], fields = {}): Promise<string> {
  const writer = await openWriter({ ...table, path, format: 'parquet' });
  try {
    for (const row of rows) await writer.write(row, fields);
    await writer.end();
  } finally {
    await writer.abort();
  }
  return path;
}

const cellsOf = async (path: string) => (await rowsOf([{ path, format: 'parquet' }])).map(({ cells }) => cells);

describe('results as Parquet', () => {
  it('are the columns of the input, then the fields with their types, and nothing for null', async () => {
    const table: Table = {
      columns: ['', 'a', '', 'a'],
      fieldNames: ['index', 'status', 'confidence', 'cached', 'rationale'],
      fieldTypes: { index: 'integer', confidence: 'number', cached: 'boolean' },
    };
    const rows = [rowOf(table.columns, ['1', '=1+1', '', '-2'])];
    const fields = { index: 0, status: 'ok', confidence: 1, cached: false, rationale: '=x' };
    const path = await written(folder.path('typed.parquet'), table, [...rows, ...rows], fields);
    const { columns, types } = await scanRows([{ path, format: 'parquet' }]);
    const added = ['chorale_index', 'chorale_status', 'chorale_confidence', 'chorale_cached', 'chorale_rationale'];
    expect(columns).toEqual(['', 'a', '_2', 'a_2', ...added]);
    expect(added.map((name) => types.get(name))).toMatchObject(
      ['INT64', 'BYTE_ARRAY', 'DOUBLE', 'BOOLEAN', 'BYTE_ARRAY'].map((type) => ({ elements: [{ type }] })),
    );
    const cells = ['1', '=1+1', '', '-2', 0, 'ok', 1, false, '=x'];
    expect(await cellsOf(path)).toEqual([cells, cells]);
    const empty = await written(folder.path('nulls.parquet'), { ...table, columns: ['a'] }, [rowOf(['b'], ['x'])]);
    expect(await cellsOf(empty)).toEqual([[null, null, null, null, null, null]]);
  });

  it('has lists, and lists of objects, as such: an empty list is not null', async () => {
    const table: Table = {
      columns: ['a'],
      fieldNames: ['topics', 'aspects'],
      fieldTypes: {
        topics: { listOf: 'text' },
        aspects: { listOf: { aspect: 'text', score: 'integer', sure: 'boolean', weight: 'number' } },
      },
    };
    const aspects = [
      { aspect: 'base64:=x', score: -3, sure: true, weight: 0.5 },
      { aspect: '', score: 0, sure: false, weight: -1e300 },
    ];
    const given = [{ topics: ['é', ''], aspects }, { topics: [], aspects: [] }, { topics: ['b'] }];
    const path = folder.path('lists.parquet');
    const writer = await openWriter({ ...table, path, format: 'parquet' });
    for (const fields of given) await writer.write(rowOf(['a'], ['x']), fields);
    await writer.end();
    expect(await cellsOf(path)).toEqual([
      ['x', ['é', ''], aspects],
      ['x', [], []],
      ['x', ['b'], null],
    ]);
  });

  it('are a table without rows where none came', async () => {
    const path = await written(folder.path('empty.parquet'), { columns: ['a'], fieldNames: ['status'] }, []);
    const { rows, columns } = await scanRows([{ path, format: 'parquet' }]);
    expect([rows, columns, await cellsOf(path)]).toEqual([0, ['a', 'chorale_status'], []]);
  });

  it('have the types that the cells of JSON lines have, and are text where they have several', async () => {
    const lines = [
      { i: 1, n: 1, b: true, t: 'x', mixed: 1, list: [1], none: null },
      { i: -5, n: 0.5, b: null, mixed: '1', list: { a: 1 } },
    ];
    const input = await folder.put('in.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    const { columns, types } = await scanRows([{ path: input, format: 'jsonl' }]);
    const rows = await rowsOf([{ path: input, format: 'jsonl' }]);
    const path = await written(folder.path('out.parquet'), { columns, types, fieldNames: [] }, rows);
    expect(await cellsOf(path)).toEqual([
      [1, 1, true, 'x', '1', '[1]', null],
      [-5, 0.5, null, null, '1', '{"a":1}', null],
    ]);
    const late = written(path, { columns, types, fieldNames: [] }, [...rows, rowOf(['i'], ['changed'], 7)]);
    await expect(late).rejects.toThrow(/row 8 does not fit the type that the column 'i' had before/);
  });

  it('keep the types of a Parquet input, and their values', async () => {
    for (const name of ['snappy-v1', 'zstd-v2', 'gzip-int96']) {
      const input = `${fixtures}${name}.parquet`;
      const { columns, types } = await scanRows([{ path: input, format: 'parquet' }]);
      const rows = await rowsOf([{ path: input, format: 'parquet' }]);
      const path = await written(folder.path('same.parquet'), { columns, types, fieldNames: [] }, rows);
      expect(await cellsOf(path)).toEqual(rows.map(({ cells }) => cells));
      const again = await scanRows([{ path, format: 'parquet' }]);
      const kept = [...types].filter(([, { kind }]) => kind === 'parquet');
      expect(kept.length).toBeGreaterThan(19);
      for (const [column, type] of kept) expect([column, again.types.get(column)]).toEqual([column, type]);
    }
  });

  it('are written in groups, however many rows there are, and packed where the name says so', async () => {
    const table: Table = { columns: ['a'], fieldNames: ['index'], fieldTypes: { index: 'integer' } };
    const path = folder.path('many.parquet.gz');
    const writer = await openWriter({ ...table, path, format: 'parquet' });
    for (let index = 0; index < 25_000; index += 1) await writer.write(rowOf(table.columns, [`${index}`]), { index });
    await writer.flush();
    await writer.end();
    const { parquetMetadata } = await import('hyparquet');
    const groups = parquetMetadata(gunzipSync(await readFile(path))).row_groups;
    expect(groups.map(({ num_rows }) => Number(num_rows))).toEqual([10_000, 10_000, 5_000]);
    expect(await cellsOf(path)).toEqual(Array.from({ length: 25_000 }, (_, index) => [`${index}`, index]));
  });

  it('come back as they were, whatever text is in them', async () => {
    const text = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), { nil: null });
    const table = fc
      .uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 })
      .chain((columns) =>
        fc.tuple(fc.constant(columns), fc.array(fc.array(text, minMax(columns.length)), { maxLength: 40 })),
      );
    await fc.assert(
      fc.asyncProperty(table, async ([columns, cells]) => {
        const rows = cells.map((line, index) => rowOf(columns, line, index));
        const path = await written(folder.path('any.parquet'), { columns, fieldNames: [] }, rows);
        expect(await cellsOf(path)).toEqual(cells);
        expect((await scanRows([{ path, format: 'parquet' }])).columns).toEqual(columns);
      }),
      { numRuns: 40 },
    );
  });

  it('are refused where the input has such a column, and on stdout', async () => {
    const columns = ['text', 'chorale_status'];
    const path = folder.path('taken.parquet');
    await expect(written(path, { columns, fieldNames: ['status'] }, [])).rejects.toThrow(ColumnError);
    await expect(written('-', { columns, fieldNames: [] }, [])).rejects.toThrow(OutputError);
  });
});

function minMax(length: number) {
  return { minLength: length, maxLength: length };
}

describe('a Parquet output', () => {
  const table: Table = { columns: ['a'], fieldNames: ['status'] };

  it.each(['late.parquet', 'late.parquet.gz'])('appears under its name at the end only (%s)', async (name) => {
    const path = await folder.put(name, 'old');
    const writer = await openWriter({ ...table, path, format: 'parquet' });
    await writer.write(rowOf(['a'], ['x']), {});
    await writer.flush();
    expect(await readFile(path, 'utf8')).toBe('old');
    await writer.abort();
    await writer.abort();
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await readdir(folder.path(''))).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    await expect(Promise.resolve(writer.write(rowOf(['a'], ['x']), {}))).rejects.toThrow('closed already');
  });

  it.for(['parquet', 'parquet.gz'])('says that the disk is full (%s)', async (ending, { skip }) => {
    if (process.platform !== 'linux') skip('this system has no /dev/full');
    const { symlink } = await import('node:fs/promises');
    const path = folder.path(`full.${ending}`);
    await symlink('/dev/full', path);
    const writer = await openWriter({ ...table, path, format: 'parquet' });
    await writer.write(rowOf(['a'], ['x']), {});
    await expect(writer.end()).rejects.toThrow('the disk is full');
    await writer.abort();
  });
});

describe('what pyarrow reads of it', () => {
  it('has the types and values of the input', async ({ skip }) => {
    const found = await run(python, ['-c', 'import pyarrow']).catch(() => null);
    if (found === null) return skip(`${python} has no pyarrow; CHORALE_PYTHON names one that has`);
    const show = async (path: string) => (await run(python, [`${fixtures}make.py`, '--show', path])).stdout;
    const input = `${fixtures}zstd-v2.parquet`;
    const { columns, types } = await scanRows([{ path: input, format: 'parquet' }]);
    const rows = await rowsOf([{ path: input, format: 'parquet' }]);
    const path = await written(folder.path('checked.parquet'), { columns, types, fieldNames: [] }, rows);
    expect(await show(path)).toBe(await show(input));
  });
});
