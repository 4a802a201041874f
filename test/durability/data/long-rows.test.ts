import { describe, expect, it } from 'vitest';
import type { DataFormat } from '../../../src/data/data-format.js';
import { openWriter } from '../../../src/data/open-writer.js';
import { rowsOf } from '../../data/read-text.js';
import { tempFolder } from '../../data/temp-folder.js';

const folder = tempFolder();

const line = 'It is "nice" and I like it,\té 😀 very much\n';
const lines = Math.ceil((50 * 1024 * 1024) / Buffer.byteLength(line));
const long = line.repeat(lines);
const cell = `"${long.replaceAll('"', '""')}"`;
const string = JSON.stringify(long);

const files: readonly [DataFormat, text: string, placeOfLast: number][] = [
  ['csv', `id,text\n1,${cell}\n2,short\n`, lines + 3],
  ['tsv', `id\ttext\n1\t${cell}\n2\tshort\n`, lines + 3],
  ['jsonl', `{"id":"1","text":${string}}\n{"id":"2","text":"short"}\n`, 2],
  ['json', `[{"id":"1","text":${string}},\n{"id":"2","text":"short"}]`, 2],
];

describe('a row of 50 MB', { timeout: 120_000 }, () => {
  it.each(files)('is read as it stands, and so are those after it (%s)', async (format, text, placeOfLast) => {
    const path = await folder.put(`long.${format}`, text);
    const rows = await rowsOf([{ path, format }]);
    expect(rows.map((row) => row.cells[0])).toEqual(['1', '2']);
    // Not toBe(): the difference of two such texts takes too long to print.
    expect(rows[0]?.cells[1] === long).toBe(true);
    expect(rows[1]).toMatchObject({ cells: ['2', 'short'], place: { line: placeOfLast } });
  });

  it.each<DataFormat>(['csv', 'jsonl', 'json'])('is written and read again (%s)', async (format) => {
    const path = folder.path(`written.${format}`);
    const columns = ['id', 'text'];
    const writer = await openWriter({ path, format, columns, fieldNames: ['status'] });
    const row = { index: 0, place: { path }, columns, cells: ['1', long], problem: null, source: null };
    await writer.write(row, { status: 'ok' });
    await writer.end();
    const [read] = await rowsOf([{ path, format }]);
    expect(read && JSON.stringify(read.cells).includes(string)).toBe(true);
  });
});
