import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, problemOf, rowsOf, rowsOfText, sourceOf } from './read-text.js';

const table = async (text: string, format: 'csv' | 'tsv' = 'csv') => {
  const rows = await rowsOfText(text, format);
  return [rows[0]?.columns, ...rows.map((row) => row.cells)];
};

const expected = [
  ['id', 'text'],
  ['1', 'Great, really'],
  ['2', 'Awful; bad\tand | so on'],
];

const written = (delimiter: string) =>
  `id${delimiter}text\n1${delimiter}"Great, really"\n2${delimiter}"Awful; bad\tand | so on"\n`;

describe('the separator of a table', () => {
  it.each([',', ';', '\t', '|'])('is found: %j', async (delimiter) => {
    expect(await table(written(delimiter))).toEqual(expected);
    expect(await table(written(delimiter), 'tsv')).toEqual(expected);
  });

  it('may be declared in a first line, as Excel does; places count that line', async () => {
    const rows = await rowsOfText('sep=|\r\ntext,a|n\r\nfine|1\r\n', 'csv');
    expect(rows).toMatchObject([{ columns: ['text,a', 'n'], cells: ['fine', '1'], place: { line: 3 } }]);
    expect(await table('"sep=;"\ntext;n\nfine;1\n')).toEqual([
      ['text', 'n'],
      ['fine', '1'],
    ]);
    expect(await table('\ufeffsep=,\ntext,n\nfine,1\n')).toEqual([
      ['text', 'n'],
      ['fine', '1'],
    ]);
    expect(await table('sep=;')).toEqual([undefined]);
  });

  it('is taken as it is named', async () => {
    const [row] = await rowsOf([{ ...sourceOf([Buffer.from('a:b,c\n1:2,3\n')], 'csv'), delimiter: ':' }]);
    expect(row).toMatchObject({ columns: ['a', 'b,c'], cells: ['1', '2,3'] });
    const [after] = await rowsOf([{ ...sourceOf([Buffer.from('sep=;\na:b;c\n1:2;3\n')], 'csv'), delimiter: ':' }]);
    expect(after).toMatchObject({ columns: ['a', 'b;c'], cells: ['1', '2;3'] });
  });

  it.each([
    ['cells with other separators', 'text,n\na;b;c,1\nd;e;f,2\n'],
    ['a header with another separator as well', 'text;more,n\nfine,1\ngood,2\n'],
    ['a header with another one, and one in every row', 'text|more,n\nfine|x,1\ngood|y,2\n'],
    ['quoted cells that look like another table', 'text,"a;b"\n"x;y",1\n"z;w",2\n'],
  ])('is a comma in spite of %s', async (_, text) => {
    for (const row of await rowsOfText(text, 'csv')) {
      expect(row.problem).toBeNull();
      expect(row.columns).toHaveLength(2);
      expect(row.cells[1]).toMatch(/^[12]$/);
    }
  });

  it.each([
    ['no separator anywhere', 'text\nfine, really\ngood; so\n', ['fine', 'good']],
    ['a header that only looks like two', 'Pros; cons\nfine\ngood\nbad\n', ['fine', 'good', 'bad']],
    ['a header without line end', 'text', []],
  ])('may be none: %s', async (_, text, texts) => {
    const rows = await rowsOfText(text, 'csv');
    expect(rows.map((row) => String(row.cells[0]).split(/[,;]/, 1)[0])).toEqual(texts);
    for (const row of rows) expect(row.columns).toHaveLength(1);
  });

  it('is a semicolon where commas are decimal points and parts of texts', async () => {
    expect(await table('text;price, EUR\n"fine; so";1,5,0\ngood, really;2,0\nbad;3\n')).toEqual([
      ['text', 'price, EUR'],
      ['fine; so', '1,5,0'],
      ['good, really', '2,0'],
      ['bad', '3'],
    ]);
  });

  it('does not depend on how the stream is cut', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', ',', ';', '|', '""', '\n') }).map((text) => `"${text}"`);
    const delimiter = fc.constantFrom(',', ';', '\t', '|');
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(delimiter, rows, fc.array(fc.nat(), { maxLength: 8 }), async (separator, cells, positions) => {
        const text = cells.map((row) => `${row.join(separator)}\n`).join('');
        const whole = await rowsOfText(`a${separator}b\n${text}`, 'csv');
        const pieces = cut(Buffer.from(`a${separator}b\n${text}`), positions);
        expect(await rowsOf([sourceOf(pieces, 'csv')])).toEqual(whole);
        expect(whole.every((row) => row.columns.length === 2 && row.problem === null)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is known of a stream as soon as its header tells it', async () => {
    async function* slowly() {
      yield Buffer.from('a,b\n1,2\n');
      throw new Error('more was asked for');
    }
    const rows = rowsOf([{ path: '-', format: 'csv', stream: slowly() }]);
    await expect(rows).rejects.toThrow(/more was asked for/);
  });
});

describe('rows that do not fit the header', () => {
  it('are blank where all their cells are, however many', async () => {
    const rows = await rowsOfText('text,label,id\nGreat,positive,1\n,\n,,,,\n \n\t,  ,\nGood,positive,3\n', 'csv');
    expect(rows.map((row) => row.problem)).toEqual([null, null, null, null, null, null]);
    expect(rows.slice(1, 5).every((row) => row.cells.every((cell) => String(cell).trim() === ''))).toBe(true);
  });

  it('keep the cells beyond the header', async () => {
    const [row] = await rowsOfText('text,n\nGood,2,precious,x\n', 'csv');
    expect(row).toMatchObject({ cells: ['Good', '2'], surplus: ['precious', 'x'] });
    expect(row?.problem?.message).not.toContain('precious');
  });
});

describe('tables that take much memory are refused with a clear line:', () => {
  it.each([
    ['a header that never ends', `${'t'.repeat(3e6)}\n1\n`, '<stdin>:1: the header is longer than 1 MiB'],
    ['a million columns', `${'c,'.repeat(1e6)}\n1\n`, '<stdin>:1: the header is longer than 1 MiB'],
    ['too many columns', `a${','.repeat(40_000)}\n1\n`, '<stdin>:1: the header has 40001 columns, more than 32768'],
    ['a row of commas', `a,b\n${','.repeat(3e6)}\n`, '<stdin>:2: the row has more than 32768 cells'],
  ])('%s', async (_, text, problem) => {
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_one, index) =>
      Uint8Array.from(bytes.subarray(index * 65_536, (index + 1) * 65_536)),
    );
    await expect(rowsOf([sourceOf(chunks, 'csv')])).rejects.toThrow(problem);
    expect(problem).toBe(await problemOf(text, 'csv'));
  });

  it('a cell of a million quotes is a cell like any other', async () => {
    const quotes = '"'.repeat(1e6);
    const rows = await rowsOfText(`text,n\n"${quotes}",1\nx${quotes},2\n`, 'csv');
    expect(rows.map((row) => String(row.cells[0]).length)).toEqual([5e5, 1e6 + 1]);
  });

  it('a text of many commas is no row of many cells', async () => {
    const text = 'so, '.repeat(5e5);
    const [row] = await rowsOfText(`text,n\n"${text}",1\n`, 'csv');
    expect(row?.cells[1]).toBe('1');
  });
});
