import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxRowBytes } from '../../src/data/row-parser.js';
import { cut, problemOf, rowsOf, rowsOfText, sourceOf } from './read-text.js';

describe('rows of a JSON array', () => {
  it('have the keys of their object as columns, its values as cells, and the line where it starts', async () => {
    const rows = await rowsOfText(
      '[\n  {"id": 1,\n   "text": "fine"},\n\n  {"id": 2, "tags": [1, {"x": []}]}\n]\n',
      'json',
    );
    expect(rows.map((row) => [row.index, row.place.line, row.columns, row.cells, row.problem])).toEqual([
      [0, 2, ['id', 'text'], [1, 'fine'], null],
      [1, 5, ['id', 'tags'], [2, [1, { x: [] }]], null],
    ]);
  });

  it('are none for an empty array', async () => {
    expect(await rowsOfText('[]', 'json')).toEqual([]);
    expect(await rowsOfText('\ufeff [ ]\r\n', 'json')).toEqual([]);
  });

  it('have a problem where the element is no object, and the others have none', async () => {
    const rows = await rowsOfText('[\n{"a":1},\n5,\n"x",\nnull,\n[{"a":1}],\n{"a":2}]', 'json');
    expect(rows.map((row) => row.problem?.message ?? null)).toEqual([
      null,
      '<stdin>:3: the element is a number, not an object',
      '<stdin>:4: the element is a string, not an object',
      '<stdin>:5: the element is null, not an object',
      '<stdin>:6: the element is an array, not an object',
      null,
    ]);
    expect(rows.map((row) => row.source)).toEqual([null, '5', '"x"', 'null', '[{"a":1}]', null]);
    expect(rows[1]?.columns).toEqual([]);
  });

  it('never touch a prototype, whatever a key is called', async () => {
    const [row] = await rowsOfText('[{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}]', 'json');
    expect(row?.columns).toEqual(['__proto__', 'a']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(row?.cells[1] ?? {}, 'polluted')).toBeUndefined();
  });

  it('are what JSON.parse makes of them, wherever the stream is cut', async () => {
    const object = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(object, { maxLength: 5 }), fc.array(fc.nat()), async (objects, positions) => {
        const text = JSON.stringify(objects, null, positions.length % 3);
        const rows = await rowsOf([sourceOf(cut(Buffer.from(text), positions), 'json')]);
        const parsed: unknown = JSON.parse(text);
        expect(rows.map((row) => Object.fromEntries(row.columns.map((name, i) => [name, row.cells[i]])))).toEqual(
          parsed,
        );
      }),
    );
  });
});

describe('JSON that cannot be read', () => {
  it.each([
    [
      'an object',
      '{"a":1}',
      'must be a JSON array of objects, but is an object; a file with one object a line is called .jsonl',
    ],
    ['a number', '42', 'must be a JSON array of objects, but begins with a number'],
    ['a string', '"x"', 'must be a JSON array of objects, but begins with a string'],
    ['null', 'null', 'must be a JSON array of objects, but begins with null'],
    ['true', ' true ', 'must be a JSON array of objects, but begins with true'],
  ])('is %s', async (_, text, problem) => {
    expect(await problemOf(text, 'json')).toBe(`<stdin>:1: ${problem}`);
  });

  it.each([
    ['[\n{"a":1},\n{"a":}\n]', `3: is not valid JSON: unexpected '}'`],
    ['[\n{"a":1}\n{"a":2}]', `3: is not valid JSON: unexpected '{'`],
    ['[{"a":1},]', `1: is not valid JSON: unexpected ']'`],
    ['[{"a":"b" "secret"}]', `1: is not valid JSON: unexpected string`],
    ['[{"a":\nhello}]', `2: is not valid JSON: unexpected 'h'`],
    ['["a" é]', `1: is not valid JSON: unexpected character`],
    ['[{"a":"line\nend"}]', `1: is not valid JSON: unexpected '\\n'`],
    ['[]\n[]', `2: is not valid JSON: unexpected '['`],
    ['id,text\n1,fine', `1: is not valid JSON: unexpected 'i'`],
  ])('has a syntax error: %j', async (text, problem) => {
    expect(await problemOf(text, 'json')).toBe(`<stdin>:${problem}`);
  });

  it('has an element that never ends', { timeout: 60_000 }, async () => {
    const text = Buffer.concat([Buffer.from('[{"a":1},\n{"a":"'), Buffer.alloc(maxRowBytes + 1, 'x')]);
    expect(await problemOf(text, 'json')).toBe('<stdin>:2: the element is longer than 64 MiB');
  });

  it.each(['[', '[{"a":1}', '[{"a":1},', '[{"a":1', '[{"a":"hal', '[1'])('is truncated: %s', async (text) => {
    expect(await problemOf(text, 'json')).toBe(
      '<stdin>:1: ends before the JSON array is closed: the file is truncated',
    );
  });
});
