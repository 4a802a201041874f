import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DataFormat } from '../../src/data/data-format.js';
import { refuseFileType } from '../../src/data/unsupported-file-types.js';
import { rowsOf } from './read-text.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();

describe('a file that is not read', () => {
  it.each([
    ['A.XLS', /is an old Excel workbook; save it as \.xlsx in the spreadsheet program/],
    ['a.xlsm', /is an Excel workbook of another kind; save it as \.xlsx in the spreadsheet program/],
    ['a.ods', /is an OpenDocument spreadsheet; save it as \.xlsx in the spreadsheet program/],
    ['a b.csv.zip', /is a ZIP archive; unpack it: unzip 'a b\.csv\.zip'/],
    ['a.csv.bz2', /is bzip2 data; unpack it: bunzip2 -k a\.csv\.bz2/],
    ['a.csv.zst', /is Zstandard data; unpack it: unzstd a\.csv\.zst/],
    ['a.csv.xz', /is xz data; unpack it: unxz -k a\.csv\.xz/],
    ['a.7z', /is a 7-Zip archive; unpack it: 7z x a\.7z/],
    ['a.tar.gz', /is a tar archive; unpack it: tar -xf a\.tar\.gz/],
    ['a.pdf', /is a PDF document; it is not a table/],
    ['a.docx', /is a Word document; it is not a table/],
    ['a.feather', /is Arrow data; export the rows/],
  ])('is told by its name: %s', (name, says) => {
    expect(() => refuseFileType(name)).toThrow(says);
  });

  it('is no table that is read', () => {
    for (const name of ['a.csv', 'a.csv.gz', 'a.parquet', 'a.xlsx', 'a.txt', 'zip', '-'])
      expect(() => refuseFileType(name)).not.toThrow();
  });

  const entry = (name: string) => `PK\x03\x04${'\0'.repeat(26)}${name}${'x'.repeat(200)}`;

  it.each<[string, DataFormat, string, RegExp]>([
    [
      'a workbook',
      'csv',
      entry('xl/workbook.xml'),
      /:1: is an Excel workbook, not text; give it a name that ends in \.xlsx/,
    ],
    [
      'an old workbook',
      'csv',
      `\xd0\xcf\x11\xe0${'x'.repeat(600)}`,
      /is an old Excel workbook, or one with a password, not text; save it as/,
    ],
    ['a Word document', 'json', entry('word/document.xml'), /is a Word document/],
    ['an archive', 'jsonl', entry('data.csv'), /is a ZIP archive, not text; unpack it: unzip /],
    ['bzip2', 'csv', 'BZh91AY&SY\0\0\0\0\0\0\0', /is bzip2 data, not text; unpack it: bunzip2/],
    ['xz', 'csv', '\xfd7zXZ\0\0\0', /is xz data/],
    [
      'Parquet',
      'csv',
      `PAR1\x15${'\0'.repeat(20)}`,
      /is a Parquet file, not text; give it a name that ends in \.parquet/,
    ],
    ['a PDF', 'csv', '%PDF-1.7\n1 0 obj\n', /is a PDF document/],
    ['a workbook', 'parquet', entry('xl/workbook.xml'), /is an Excel workbook, not a Parquet file/],
  ])('is told by its first bytes: %s as %s', async (_, format, content, says) => {
    const path = await folder.put(`wrong.${format}`, Buffer.from(content, 'latin1'));
    await expect(rowsOf([{ path, format }])).rejects.toThrow(says);
  });

  it('is told in spite of a name that ends in .gz, and inside of gzip', async () => {
    const bytes = Buffer.from(entry('xl/workbook.xml'), 'latin1');
    const path = await folder.put('wrong.csv.gz', bytes);
    await expect(rowsOf([{ path, format: 'csv' }])).rejects.toThrow(
      /is an Excel workbook, although its name ends in \.gz/,
    );
    const packed = await folder.put('packed.csv.gz', gzipSync(bytes));
    await expect(rowsOf([{ path: packed, format: 'csv' }])).rejects.toThrow(/is an Excel workbook, not text/);
  });
});
