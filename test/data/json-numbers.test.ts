import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNestedTooDeeply, JsonNumber, parseJson, writeJson } from '../../src/data/json-numbers.js';
import { openWriter } from '../../src/data/open-writer.js';
import { cellText } from '../../src/data/result-text.js';
import { cellOf } from '../../src/data/row.js';
import { scanRows } from '../../src/data/scan-rows.js';
import { cut, problemOf, rowsOf, rowsOfText, sourceOf } from './read-text.js';
import { tempFolder } from './temp-folder.js';

const folder = tempFolder();

const numbers = [
  ...['9007199254740993', '-9223372036854775808', '18446744073709551615', '1.10', '1.0', '0.10', '-0', '-0.0'],
  ...['1e400', '1E5', '-1.5e-400', '0.00000001', '123456789012345678.25', '3.14159265358979323846'],
];

describe('a number of JSON', () => {
  it.each(numbers)('keeps its digits: %s', async (number) => {
    const object = `{"id":${number},"text":"a","nested":{"list":[${number}]}}`;
    for (const [format, text] of [
      ['jsonl', `${object}\n`],
      ['json', `[ ${object} ]`],
    ] as const) {
      const [row] = await rowsOfText(text, format);
      expect(row && cellText(cellOf(row, 'id'))).toBe(number);
      expect(row && cellText(cellOf(row, 'nested'))).toBe(`{"list":[${number}]}`);
      expect(row?.json).toBe(object);
    }
  });

  it('is a plain number where JavaScript writes it the same', async () => {
    const [row] = await rowsOfText('{"a":1,"b":-2.5,"c":9007199254740991,"d":"1.10, 12e5"}\n', 'jsonl');
    expect(row?.cells).toEqual([1, -2.5, 9007199254740991, '1.10, 12e5']);
  });

  const number = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.bigInt({ min: 0n, max: 10n ** 22n }),
      fc.string({ unit: fc.constantFrom(...'0159'), maxLength: 20 }),
      fc.option(fc.integer({ min: -400, max: 400 })),
    )
    .map(
      ([sign, whole, part, exponent]) =>
        `${sign}${whole}${part === '' ? '' : `.${part}`}${exponent === null ? '' : `e${exponent}`}`,
    );

  it('is written as it was read, whatever it is and whatever strings stand beside it', () => {
    const value = fc.oneof(
      number,
      fc
        .string({ unit: fc.constantFrom('1.10 ', '"', '\\', ',', ':', '[', 'é', '\u0000') })
        .map((text) => JSON.stringify(text)),
    );
    fc.assert(
      fc.property(fc.array(value), (values) => {
        const text = `[${values.join(',')}]`;
        expect(writeJson(parseJson(text))).toBe(text);
      }),
    );
  });

  it('has the value that JSON.parse finds', () => {
    fc.assert(
      fc.property(number, (text) => {
        const value = parseJson(text);
        expect(value instanceof JsonNumber ? Number(value.text) : value).toBe(JSON.parse(text));
        if (value instanceof JsonNumber && value.int64 !== null)
          expect(String(value.int64)).toBe(text === '-0' ? '0' : text);
      }),
    );
  });

  it.each(['01', '1.', '{1.10:2}', '[1.10.5]', '1.10x', '-', '1e', '{"a":1.10,}'])(
    'is none where JSON has none: %s',
    (text) => expect(() => parseJson(text)).toThrow(SyntaxError),
  );

  it('has a type, for outputs that have types', async () => {
    const lines = [
      '{"id":9007199254740993,"price":1.10,"huge":1e400,"mixed":9007199254740993}',
      '{"id":1,"price":2,"huge":1,"mixed":0.5}',
    ];
    const path = await folder.put('typed.jsonl', `${lines.join('\n')}\n`);
    const source = { path, format: 'jsonl' } as const;
    const { types, columns } = await scanRows([source]);
    expect([...types].map(([name, { kind }]) => `${name}: ${kind}`)).toEqual([
      'id: integer',
      'price: number',
      'huge: text',
      'mixed: text',
    ]);
    const out = folder.path('typed.parquet');
    const writer = await openWriter({ path: out, format: 'parquet', columns, types, fieldNames: [] });
    for (const row of await rowsOf([source])) await writer.write(row, {});
    await writer.end();
    const rows = await rowsOf([{ path: out, format: 'parquet' }]);
    expect(rows.map((row) => row.cells)).toEqual([
      ['9007199254740993', 1.1, '1e400', '9007199254740993'],
      [1, 2, '1', '0.5'],
    ]);
  });
});

describe('an object of JSON', () => {
  it('goes out as it came: digits, equal keys, any key; on one line', async () => {
    const objects = ['{"id":1.10,"text":"a\\u0062","text":"c"}', '{"__proto__":1,"toString":[2.0]}', '{ "é" : "\\n" }'];
    const pretty = `[\n  ${objects.join(',\n\n  ').replaceAll(',"', ',\r\n\t"')}\n]`;
    for (const [format, text] of [
      ['jsonl', objects.join('\n')],
      ['json', pretty],
    ] as const) {
      const path = folder.path(`same.${format}`);
      const writer = await openWriter({ path, format: 'jsonl', columns: [], fieldNames: ['status'] });
      for (const row of await rowsOfText(text, format)) await writer.write(row, { status: 'ok' });
      await writer.end();
      expect(await readFile(path, 'utf8')).toBe(objects.map((json) => `{"status":"ok","input":${json}}\n`).join(''));
    }
  });

  it('is found in an array wherever the stream is cut', async () => {
    const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 9 }),
        async (objects, positions) => {
          const text = JSON.stringify(objects, null, positions.length % 3);
          const rows = await rowsOf([sourceOf(cut(Buffer.from(text), positions), 'json')]);
          expect(rows.map((row) => JSON.parse(row.json ?? ''))).toEqual(JSON.parse(text));
          expect(rows.every((row) => !/[\r\n]/.test(row.json ?? ''))).toBe(true);
        },
      ),
    );
  });
});

describe('JSON nested deeper than data is', () => {
  const deep = (levels: number) => `{"text":"good","a":${'['.repeat(levels)}${']'.repeat(levels)}}`;

  it('is a row with a problem in JSON lines, and the others are read', async () => {
    const rows = await rowsOfText(`{"text":"a"}\n${deep(20_000)}\n${deep(900)}\n`, 'jsonl');
    expect(rows.map((row) => row.problem?.message ?? null)).toEqual([
      null,
      '<stdin>:2: the line is nested deeper than 1000 levels',
      null,
    ]);
    expect(rows[1]?.source).toBe(deep(20_000));
    expect(rows[2] && cellText(cellOf(rows[2], 'a'))).toHaveLength(1800);
  });

  it('ends a JSON array with the line', async () => {
    expect(await problemOf(`[{"text":"a"},\n${deep(20_000)}]`, 'json')).toBe(
      '<stdin>:2: the element is nested deeper than 1000 levels',
    );
    expect(await rowsOfText(`[${deep(900)}]`, 'json')).toHaveLength(1);
  });

  it('is none where brackets stand in strings, or beside each other', () => {
    expect(isNestedTooDeeply(JSON.stringify({ text: '[{"\\'.repeat(5_000) }))).toBe(false);
    expect(isNestedTooDeeply(`[${'[],'.repeat(5_000)}{}]`)).toBe(false);
    expect(isNestedTooDeeply('['.repeat(1e6))).toBe(true);
  });
});
