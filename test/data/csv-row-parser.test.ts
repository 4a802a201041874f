import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOf, rowsOfText, sourceOf } from './read-text.js';

const cellsOf = async (text: string, format: 'csv' | 'tsv' = 'csv') =>
  (await rowsOfText(text, format)).map((row) => row.cells);

describe('rows of CSV', () => {
  it('have the columns of the header, string cells, an index and the line they start on', async () => {
    expect(await rowsOfText('id,text\n1,fine\n2,bad\n', 'csv')).toEqual([
      {
        index: 0,
        place: { path: '<stdin>', line: 2 },
        columns: ['id', 'text'],
        cells: ['1', 'fine'],
        problem: null,
        source: null,
      },
      {
        index: 1,
        place: { path: '<stdin>', line: 3 },
        columns: ['id', 'text'],
        cells: ['2', 'bad'],
        problem: null,
        source: null,
      },
    ]);
  });

  it('share one header array', async () => {
    const [first, second] = await rowsOfText('a\n1\n2\n', 'csv');
    expect(first?.columns).toBe(second?.columns);
  });

  it.each([
    ['LF', 'a,b\n1,2\n3,4\n'],
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4\r'],
    ['mixed line ends', 'a,b\n1,2\r\n3,4\r'],
    ['no line end after the last row', 'a,b\n1,2\n3,4'],
    ['a byte-order mark', '\ufeffa,b\n1,2\n3,4\n'],
    ['empty lines', '\n\na,b\n\n1,2\r\n\r\n\n3,4\n\n\n'],
  ])('are the same with %s', async (_, text) => {
    const rows = await rowsOfText(text, 'csv');
    expect(rows.map((row) => row.cells)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(rows[0]?.columns).toEqual(['a', 'b']);
  });

  it('know their line in spite of quoted line ends, CRLF and empty lines', async () => {
    const rows = await rowsOfText('a,"b\r\nb"\r\n\r\n"1\r\n\r\n1",2\r\n\r\n3,4\r\n5,"6\n6\r6"\r\n7,8', 'csv');
    expect(rows.map((row) => row.place.line)).toEqual([4, 8, 9, 12]);
  });

  it('know their line whatever the cells and line ends are', async () => {
    const end = fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n\r\n', '\n\r\n');
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', '""', ',', 'é', '\n', '\r\n') });
    const line = fc.tuple(cell, cell, end);
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
        let text = 'a,b\n';
        const expected = lines.map(([first, second, ending]) => {
          const start = text.split(/\r\n|\n|\r/).length;
          text += `"${first}","${second}"${ending}`;
          return start;
        });
        const rows = await rowsOfText(text, 'csv');
        expect(rows.map((row) => row.place.line)).toEqual(expected);
      }),
    );
  });

  it('keep quoted delimiters, quotes and line ends', async () => {
    expect(await cellsOf('a,b\n"x, ""y""","1\n2\r\n3"\n')).toEqual([['x, "y"', '1\n2\r\n3']]);
  });

  it('keep whitespace around cells', async () => {
    expect(await cellsOf('a,b\n 1 ,\t2 \n')).toEqual([[' 1 ', '\t2 ']]);
  });

  it('may have empty and repeated header names', async () => {
    const [row] = await rowsOfText(',a,,a\n1,2,3,4\n', 'csv');
    expect(row?.columns).toEqual(['', 'a', '', 'a']);
    expect(row?.cells).toEqual(['1', '2', '3', '4']);
  });

  it('take a quote inside an unquoted cell for text', async () => {
    expect(await cellsOf('a,b\n5" screen,12" or 13"\nsaid "no",x\n')).toEqual([
      ['5" screen', '12" or 13"'],
      ['said "no"', 'x'],
    ]);
  });

  it('take text after a closing quote on the same line for text', async () => {
    expect(await cellsOf('a,b\n"fine" they said,x\n1,2\n')).toEqual([
      ['"fine" they said', 'x'],
      ['1', '2'],
    ]);
  });

  it('may begin with an escaped quote and go over several lines', async () => {
    expect(await cellsOf('a,b\n"""fine""\nthey said",x\n')).toEqual([['"fine"\nthey said', 'x']]);
  });

  it('are none where only a header is there', async () => {
    expect(await rowsOfText('a,b\n', 'csv')).toEqual([]);
    expect(await rowsOfText('a,b', 'csv')).toEqual([]);
  });

  it('have a problem where cells are missing or too many, and the others have none', async () => {
    const rows = await rowsOfText('a,b,c\n1\n1,2,3\n1,2,3,4,5\n', 'csv');
    expect(rows.map((row) => row.cells)).toEqual([
      ['1', undefined, undefined],
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
    expect(rows.map((row) => row.problem?.message ?? null)).toEqual([
      '<stdin>:2: row has 1 cell, the header has 3',
      null,
      '<stdin>:4: row has 5 cells, the header has 3',
    ]);
    expect(rows[0]?.problem?.name).toBe('RowError');
    expect(rows[0]?.problem?.code).toBe('CHORALE_ROW');
  });

  it('never touch a prototype, whatever a column is called', async () => {
    const [row] = await rowsOfText('__proto__,constructor\nx,y\n', 'csv');
    expect(row?.columns).toEqual(['__proto__', 'constructor']);
    expect(row?.cells).toEqual(['x', 'y']);
    expect(Reflect.get({}, 'x')).toBeUndefined();
  });
});

describe('rows of TSV', () => {
  it('are separated by tabs, commas are text', async () => {
    expect(await cellsOf('a\tb\n1,5\t"2\t3"\n', 'tsv')).toEqual([['1,5', '2\t3']]);
  });
});

const openQuote = 'a quote opens here and is not closed; inside a quoted cell a quote is written twice';

describe('CSV that cannot be read', () => {
  it('names the line where a quote opened that is never closed', async () => {
    expect(await problemOf('a,b\n1,"two\nlines"\n3,"four\n5,6\n', 'csv')).toBe(`<stdin>:4: ${openQuote}`);
  });

  it('names the line of the quote, not of the row, where cells before it go over lines', async () => {
    expect(await problemOf('a,b,c\n\n"x\r\ny","ok","open\n5,6,7\n', 'csv')).toBe(`<stdin>:4: ${openQuote}`);
  });

  it('finds a quote that is closed only by the opening quote of a later row', async () => {
    expect(await problemOf('a,b\n1,"open\n2,"fine"\n3,"good"\n', 'csv')).toBe(`<stdin>:2: ${openQuote}`);
    expect(await problemOf('"a","b"\n"1","open\n"2","fine"\n', 'csv')).toBe(`<stdin>:2: ${openQuote}`);
  });

  it('finds an open quote in the header', async () => {
    expect(await problemOf('a,"b\n1,2\n', 'csv')).toBe(`<stdin>:1: ${openQuote}`);
  });

  it('says that the header is missing where the first line names nothing', async () => {
    expect(await problemOf('\n,,\n1,2,3\n', 'csv')).toBe('<stdin>:2: has no header: the first line names no column');
  });

  it('delivers the rows before the error', async () => {
    const indexes: number[] = [];
    const read = async () => {
      const { readRows } = await import('../../src/data/read-rows.js');
      const source = sourceOf([Buffer.from('a,b\n1,2\n3,4\n5,"6\n')], 'csv');
      for await (const row of readRows([source])) indexes.push(row.index);
    };
    await expect(read()).rejects.toThrow('<stdin>:4');
    expect(indexes).toEqual([0, 1]);
  });
});
