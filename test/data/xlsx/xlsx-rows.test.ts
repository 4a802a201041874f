import { gzipSync } from 'node:zlib';
import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import writeXlsxFile from 'write-excel-file/node';
import { InputError } from '../../../src/data/data-errors.js';
import type { DataSource } from '../../../src/data/data-format.js';
import { readRows } from '../../../src/data/read-rows.js';
import type { Row } from '../../../src/data/row.js';
import type { ReadOptions } from '../../../src/data/row-parser.js';
import { scanRows } from '../../../src/data/scan-rows.js';
import { tempFolder } from '../temp-folder.js';
import { makeWorkbook, row, type WorkbookParts, zip } from './make-workbook.js';

const folder = tempFolder();

async function read(bytes: Uint8Array, more: Partial<DataSource> = {}, options: ReadOptions = {}): Promise<Row[]> {
  const path = await folder.put('book.xlsx', bytes);
  const rows: Row[] = [];
  for await (const one of readRows([{ path, format: 'xlsx', ...more }], options)) rows.push(one);
  return rows;
}

async function cellsOf(parts: WorkbookParts): Promise<readonly (readonly unknown[])[]> {
  const rows = await read(makeWorkbook(parts));
  return [...rows.slice(0, 1).map(({ columns }) => columns), ...rows.map(({ cells }) => cells)];
}

async function failureOf(bytes: Uint8Array, more: Partial<DataSource> = {}): Promise<string> {
  const error = await read(bytes, more).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message.replace(/^\S*\/book/, 'book');
}

const sheet = (data: string, more: Omit<WorkbookParts, 'sheets'> = {}) =>
  makeWorkbook({ sheets: { One: data }, ...more });
const header = row(1, 'text', 'value');

describe('the rows of a workbook', () => {
  it('are its cells with their types, and text stays text whatever it looks like', async () => {
    const data =
      header + row(2, '007', 7) + row(3, 'true', true) + row(4, '2024-01-31', -1.5e-7) + row(5, '=1+1', false);
    expect(await cellsOf({ sheets: { One: data } })).toEqual([
      ['text', 'value'],
      ['007', 7],
      ['true', true],
      ['2024-01-31', -1.5e-7],
      ['=1+1', false],
    ]);
  });

  it('have null for empty cells, and the number of the row as their line; rows without a value are passed over', async () => {
    const rows = await read(
      sheet(
        `${row(2, 'text', 'value')}<row r="3"/>${row(4, null, 1)}${row(5, '', { xml: '<c s="0"/>' })}${row(9, 'x')}`,
      ),
    );
    expect(rows.map(({ index, place, cells }) => [index, place.line, cells])).toEqual([
      [0, 4, [null, 1]],
      [1, 9, ['x', null]],
    ]);
  });

  it('have the result of a formula, and nothing for one that fails or was never worked out', async () => {
    const cells = [
      '<c><f>1+1</f><v>2</v></c>',
      '<c t="str"><f>A1&amp;"x"</f><v>a &lt;b&gt; x</v></c>',
      '<c t="b"><f>1=1</f><v>1</v></c>',
      '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>',
      '<c t="str"><f>A1</f><v></v></c>',
      '<c><f>A1</f></c>',
    ].map((xml, index) => row(index + 2, 'x', { xml }));
    const found = await cellsOf({ sheets: { One: header + cells.join('') } });
    expect(found.slice(1).map(([, value]) => value)).toEqual([2, 'a <b> x', true, null, null, null]);
  });

  it('have the texts that cells share: with runs, without pronunciation, and with what XML cannot hold', async () => {
    const strings = [
      '<si><t xml:space="preserve"> a &amp; b </t></si>',
      '<si><r><rPr><b/></rPr><t>bold</t></r><r><t xml:space="preserve"> plain</t></r><rPh sb="0" eb="1"><t>カナ</t></rPh></si>',
      '<si><t>_x0008_ _x005F_x0041_ &#233;&#x1F600;<![CDATA[<&]]></t></si>',
      '<si><t>two\r\nlines</t></si>',
    ].join('');
    const data = header + [0, 1, 2, 3].map((n) => row(n + 2, { xml: `<c t="s"><v>${n}</v></c>` })).join('');
    const found = await cellsOf({ sheets: { One: data }, strings });
    expect(found.slice(1).map(([text]) => text)).toEqual([' a & b ', 'bold plain', '\b _x0041_ é😀<&', 'two\nlines']);
  });

  const styles =
    '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>' +
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/><xf numFmtId="20"/><xf numFmtId="2"/></cellXfs>';
  const styled = (serial: number) =>
    header + [0, 1, 2, 3, 4].map((s) => row(s + 2, 'x', { xml: `<c s="${s}"><v>${serial}</v></c>` })).join('');

  it('have dates as ISO 8601, by the format of their cells', async () => {
    const found = await cellsOf({ sheets: { One: styled(45_322.5) }, styles });
    expect(found.slice(1).map(([, value]) => value)).toEqual([
      ...[45_322.5, '2024-01-31T12:00:00', '2024-01-31T12:00:00', '2024-01-31T12:00:00', 45_322.5],
    ]);
    const mac = await cellsOf({ sheets: { One: styled(43_860) }, styles, date1904: true });
    expect(mac.slice(1).map(([, value]) => value)).toEqual([
      ...[43_860, '2024-01-31', '2024-01-31', '2024-01-31', 43_860],
    ]);
  });

  it('come with names that have prefixes, and attributes in single quotes', async () => {
    const data =
      "<x:row r='1'><x:c r='A1' t='inlineStr'><x:is><x:t>text</x:t></x:is></x:c></x:row><x:row r='2'><!-- > --><x:c r='A2'><x:v>5</x:v></x:c></x:row>";
    expect(await cellsOf({ sheets: { One: data } })).toEqual([['text'], [5]]);
  });

  it('have a date that is written as text as it stands', async () => {
    const data = row(1, 'date') + row(2, { xml: '<c t="d"><v>2024-01-31T12:30:00</v></c>' });
    expect(await cellsOf({ sheets: { One: data } })).toEqual([['date'], ['2024-01-31T12:30:00']]);
  });

  it('fail one by one where they have more cells than the header', async () => {
    const [first, second] = await read(sheet(header + row(2, 'a', 1, 'more', 2) + row(3, 'b', 2)));
    expect(first?.problem?.message).toMatch(/book\.xlsx:2: row has 4 cells, the header has 2$/);
    expect(first?.surplus).toEqual(['more', '2']);
    expect(second?.problem).toBeNull();
  });

  it('are those that another library writes', async () => {
    const data = [
      ['text', 'n', 'b', 'd'],
      ['café ☕ 日本語', 1.25, true, new Date(Date.UTC(2024, 0, 31, 12, 30))],
      [' <a> ', -3, false, new Date(Date.UTC(1999, 11, 31))],
    ];
    const bytes = await writeXlsxFile(data, { dateFormat: 'yyyy-mm-dd hh:mm' }).toBuffer();
    expect((await read(bytes)).map(({ cells }) => cells)).toEqual([
      ['café ☕ 日本語', 1.25, true, '2024-01-31T12:30:00'],
      [' <a> ', -3, false, '1999-12-31'],
    ]);
  });

  it('come from stdin and from .gz as well', async () => {
    const bytes = sheet(header + row(2, 'a', 1));
    const stream = (async function* () {
      yield bytes.subarray(0, 100);
      yield bytes.subarray(100);
    })();
    expect((await read(bytes, { path: '-', stream })).map(({ cells }) => cells)).toEqual([['a', 1]]);
    const path = await folder.put('packed.xlsx.gz', gzipSync(bytes));
    expect((await read(bytes, { path })).map(({ cells }) => cells)).toEqual([['a', 1]]);
  });

  it('may be scanned: their number, columns and types', async () => {
    const path = await folder.put('scan.xlsx', sheet(header + row(2, 'a', 1) + row(3, 'b', 2)));
    const { rows, columns, types } = await scanRows([{ path, format: 'xlsx' }]);
    expect([rows, columns, [...types]]).toEqual([
      2,
      ['text', 'value'],
      [
        ['text', { kind: 'text' }],
        ['value', { kind: 'integer' }],
      ],
    ]);
  });
});

describe('the sheet of a workbook', () => {
  const sheets = { Old: header + row(2, 'old', 0), 'März &amp; Co': header + row(2, 'new', 1), Third: header };

  it('is the first one that is not hidden, which is told where there are several', async () => {
    const told: unknown[] = [];
    const onSheets = (_: string, ...rest: unknown[]) => told.push(rest);
    const rows = await read(makeWorkbook({ sheets, hidden: ['Old'] }), {}, { onSheets });
    expect(rows.map(({ cells }) => cells)).toEqual([['new', 1]]);
    expect(told).toEqual([['März & Co', ['Old', 'März & Co', 'Third']]]);
  });

  it('is the one that is named, in any case, also a hidden one', async () => {
    const book = makeWorkbook({ sheets, hidden: ['März &amp; Co'] });
    const rows = await read(book, { sheet: 'märz & co' });
    expect(rows.map(({ cells, place }) => [cells[0], place.path.replace(/^.*\//, '')])).toEqual([
      ['new', 'book.xlsx#märz & co'],
    ]);
  });

  it('is missing, and the nearest names are given', async () => {
    expect(await failureOf(makeWorkbook({ sheets }), { sheet: 'Thrid' })).toBe(
      "book.xlsx#Thrid: has no sheet 'Thrid' (did you mean 'Third'?); its sheets are: 'Old', 'März & Co', 'Third'",
    );
  });
});

describe('a workbook that cannot be read', () => {
  const saved = 'open it in the spreadsheet program and save it again';
  const ole = (name: string) =>
    Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(70_000), Buffer.from(name, 'utf16le')]);

  it.each<[what: string, bytes: Buffer, message: string]>([
    ['empty', Buffer.alloc(0), 'book.xlsx: is empty'],
    [
      'text',
      Buffer.from('text\nfine\n'),
      'book.xlsx: is not an .xlsx workbook; give it the ending of its format, or save it again as .xlsx',
    ],
    [
      'another archive',
      zip([['a.txt', 'hello']]),
      'book.xlsx: is not an .xlsx workbook; give it the ending of its format, or save it again as .xlsx',
    ],
    [
      'protected with a password',
      ole('EncryptedPackage'),
      'book.xlsx: is protected with a password; open it in the spreadsheet program and save a copy without one',
    ],
    [
      'of an old version',
      ole('Workbook'),
      'book.xlsx: is an old Excel workbook (.xls); save it as .xlsx in the spreadsheet program',
    ],
    ['cut', sheet(header).subarray(0, 700), `book.xlsx: the workbook is damaged (invalid zip data); ${saved}`],
    ['empty inside', sheet(''), 'book.xlsx: has no header: the sheet is empty'],
    ['without a sheet', makeWorkbook({ sheets: {} }), 'book.xlsx: has no sheet'],
    [
      'not well-formed',
      sheet(`${header}<row r="2"><c`),
      `book.xlsx: the workbook is damaged (invalid nodeName); ${saved}`,
    ],
    [
      'with a text that is not there',
      sheet(header + row(2, { xml: '<c t="s"><v>7</v></c>' })),
      `book.xlsx: the workbook is damaged (<c/> at row 2, col 1: VALUE_INVALID); ${saved}`,
    ],
    [
      'with cells without a reference',
      sheet('<row><c><v>1</v></c></row>'),
      `book.xlsx: the workbook is damaged (it is written in an unusual way); ${saved}`,
    ],
    [
      'with a row beyond the last',
      sheet(header + row(1_048_577, 'x')),
      `book.xlsx: the workbook is damaged (it has a row 1048577, and a sheet has 1,048,576 rows at most); ${saved}`,
    ],
    [
      'with rows out of order',
      sheet(row(2, 'text') + row(1, 'x')),
      `book.xlsx: the workbook is damaged (Out-of-place <c/> at row 1 col 1 follows <c/> at row 2 col 1); ${saved}`,
    ],
    [
      'with a merged header',
      sheet(row(1, 'Reviews', null) + row(2, 'text', 'value'), {
        after: '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>',
      }),
      'book.xlsx:1: the header has merged cells (A1:B1); give every column a header cell of its own, in one row',
    ],
  ])('is %s', async (_, bytes, message) => {
    expect(await failureOf(bytes)).toBe(message);
  });

  it('has merged cells below the header, which is no problem', async () => {
    const after = '<mergeCells><mergeCell ref="A2:B2"/></mergeCells>';
    expect(await read(sheet(header + row(2, 'x'), { after }))).toHaveLength(1);
  });

  it('says that it unpacks to more than fits into memory, or does so in spite of what it says', async () => {
    const [large, lying] = [sheet(header), sheet(header)];
    const directory = large.lastIndexOf('xl/worksheets/sheet0.xml') - 46;
    large.writeUInt32LE(257 * 1024 * 1024, directory + 24);
    expect(await failureOf(large)).toBe('book.xlsx: is larger than 256 MiB unpacked; save the sheet as .csv');
    // The part is packed, into more than it says.
    const bomb = Buffer.from(
      zipSync({ ...unzipSync(lying), 'xl/worksheets/sheet0.xml': new Uint8Array(16 * 1024 * 1024) }),
    );
    bomb.writeUInt32LE(100, bomb.lastIndexOf('xl/worksheets/sheet0.xml') - 46 + 24);
    expect(await failureOf(bomb)).toMatch(/^book\.xlsx: (?:the workbook is damaged|has no header)/);
  });

  it('has a table that is larger than what is read: one cell far away is enough', async () => {
    const far = `<row r="400000"><c r="Z400000"><v>1</v></c></row>`;
    expect(await failureOf(sheet(header + far))).toBe(
      'book.xlsx: has 400,000 rows of 26 columns, and 2,500,000 cells are read at most; delete what is empty, or save the sheet as .csv',
    );
    expect(await failureOf(sheet(header + far.replaceAll('"', "'")))).toContain('has 400,000 rows of 26 columns');
  });
});
