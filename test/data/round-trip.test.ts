import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataFormat } from '../../src/data/data-format.js';
import { openWriter } from '../../src/data/open-writer.js';
import { readRows } from '../../src/data/read-rows.js';
import type { Row } from '../../src/data/row.js';
import { rowsOf } from './read-text.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();

/** Any text that a UTF-8 file without NUL bytes can hold, and often what is special in CSV. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom('"', '""', ',', '\t', '\n', '\r', '\r\n', ' ', 'a', 'é', '😀', '\ufeff', '\u2028'),
    }),
  )
  .map((value) => value.replaceAll('\0', ''));

function table(): fc.Arbitrary<{
  readonly columns: readonly string[];
  readonly cells: readonly (readonly string[])[];
}> {
  return fc.integer({ min: 1, max: 4 }).chain((width) => {
    const line = fc.array(text, { minLength: width, maxLength: width });
    return fc.record({
      // The first name may not begin with a byte-order mark, and the names may not all be blank.
      columns: line.map(([first, ...rest]) => [`a${first}`, ...rest]),
      cells: fc.array(line, { maxLength: 5 }),
    });
  });
}

function rowOf(columns: readonly string[], cells: readonly unknown[], index: number): Row {
  return { index, place: { path: 'x', line: 1 }, columns, cells, problem: null, source: null };
}

async function writeAndRead(format: DataFormat, columns: readonly string[], rows: readonly Row[]): Promise<Row[]> {
  const path = folder.path(`round.${format}`);
  const writer = await openWriter({ path, format, columns, fieldNames: ['status'] });
  for (const row of rows) await writer.write(row, { status: 'ok' });
  await writer.end();
  return rowsOf([{ path, format }]);
}

describe('what is written and read again', () => {
  it.each<DataFormat>(['csv', 'tsv'])('has the same cells, whatever is in them (%s)', async (format) => {
    await fc.assert(
      fc.asyncProperty(table(), async ({ columns, cells }) => {
        const rows = cells.map((line, index) => rowOf(columns, line, index));
        const read = await writeAndRead(format, columns, rows);
        expect(read.map((row) => row.cells)).toEqual(cells.map((line) => [...line, 'ok']));
        expect(read.map((row) => row.problem)).toEqual(cells.map(() => null));
        for (const row of read) expect(row.columns).toEqual([...columns, 'chorale_status']);
      }),
      // A header whose cells have other separators in them, and no rows.
      { numRuns: 200, examples: [[{ columns: ['a', '\t', '\n\t\r\n'], cells: [] }]] },
    );
  });

  it.each<DataFormat>(['jsonl', 'json'])('has the same objects (%s)', async (format) => {
    const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
    await fc.assert(
      // JSON lines without a line are an empty file, which is refused.
      fc.asyncProperty(fc.array(object, { minLength: format === 'jsonl' ? 1 : 0, maxLength: 5 }), async (objects) => {
        const rows = objects.map((value, index) => rowOf(Object.keys(value), Object.values(value), index));
        const read = await writeAndRead(format, [], rows);
        const plain: unknown = JSON.parse(JSON.stringify(objects));
        expect(read.map((row) => row.columns)).toEqual(objects.map(() => ['status', 'input']));
        expect(read.map((row) => row.cells[1])).toEqual(plain);
      }),
    );
  });
});

describe('a row of 2 MB', () => {
  it.each<DataFormat>(['csv', 'tsv', 'jsonl', 'json'])('has the same cells (%s)', async (format) => {
    const long = 'It is "nice" and I like it,\té 😀 very much\n'.repeat(45_000);
    const columns = ['id', 'text'];
    const read = await writeAndRead(format, columns, [
      rowOf(columns, ['1', long], 0),
      rowOf(columns, ['2', 'short'], 1),
    ]);
    const cells = read.map((row) =>
      row.cells.length === 3 ? row.cells.slice(0, 2) : Object.values(Object(row.cells[1])),
    );
    // Not on the texts: the difference of two long ones takes too long to print.
    expect(cells[0]?.[1] === long).toBe(true);
    expect(cells[1]).toEqual(['2', 'short']);
  });
});

describe('the clothing reviews', () => {
  const path = '../shared/data/clothing-reviews.csv';

  it('are 500 rows of eleven columns, the first without a name, and survive writing', async ({ skip }) => {
    const bytes = await readFile(path).catch(() => null);
    if (bytes === null) return skip(`${path} is not there: the data set is no part of the repository`);
    const rows: Row[] = [];
    for await (const row of readRows([{ path, format: 'csv' }])) rows.push(row);
    expect(rows).toHaveLength(500);
    expect(rows.filter((row) => row.problem !== null)).toEqual([]);
    expect(rows[0]?.columns.slice(0, 5)).toEqual(['', 'Clothing ID', 'Age', 'Title', 'Review Text']);
    expect(rows.map((row) => row.cells[0])).toEqual(rows.map((row) => String(row.index)));
    expect(rows.some((row) => String(row.cells[4]).includes('\n'))).toBe(true);

    // Each row begins on the line that it says: with its number and a comma.
    const lines = bytes.toString('utf8').split(/\r\n|\n|\r/);
    for (const row of rows) expect(lines[(row.place.line ?? 0) - 1]?.startsWith(`${row.index},`)).toBe(true);

    const again = await writeAndRead('csv', rows[0]?.columns ?? [], rows);
    expect(again.map((row) => row.cells.slice(0, -1))).toEqual(rows.map((row) => row.cells));
  });
});
