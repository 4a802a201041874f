import { describe, expect, it } from 'vitest';
import { maxRowBytes } from '../../src/data/row-parser.js';
import { problemOf, rowsOfText } from './read-text.js';

describe('rows of JSON lines', () => {
  it('have the keys of their object as columns and its values as cells', async () => {
    const rows = await rowsOfText('{"id":1,"text":"fine"}\n{"text":null,"tags":["a",{"b":true}]}\n', 'jsonl');
    expect(rows).toEqual([
      {
        index: 0,
        place: { path: '<stdin>', line: 1 },
        columns: ['id', 'text'],
        cells: [1, 'fine'],
        problem: null,
        source: null,
        json: '{"id":1,"text":"fine"}',
      },
      {
        index: 1,
        place: { path: '<stdin>', line: 2 },
        columns: ['text', 'tags'],
        cells: [null, ['a', { b: true }]],
        problem: null,
        source: null,
        json: '{"text":null,"tags":["a",{"b":true}]}',
      },
    ]);
  });

  it('share their columns where the keys are the same', async () => {
    const [first, second, third] = await rowsOfText('{"a":1}\n{"a":2}\n{"b":2}\n', 'jsonl');
    expect(first?.columns).toBe(second?.columns);
    expect(third?.columns).toEqual(['b']);
  });

  it('count blank lines, but are none', async () => {
    const rows = await rowsOfText('\n{"a":1}\r\n\r\n  \t\n{"a":2}', 'jsonl');
    expect(rows.map((row) => [row.index, row.place.line, row.cells])).toEqual([
      [0, 2, [1]],
      [1, 5, [2]],
    ]);
  });

  it('may follow a byte-order mark', async () => {
    expect((await rowsOfText('\ufeff{"a":1}\n', 'jsonl')).map((row) => row.columns)).toEqual([['a']]);
  });

  it('have a problem and their source where the line is no object, and the others have none', async () => {
    const rows = await rowsOfText('{"a":1}\nnot json\r\n[1]\n7\nnull\n{"a":"secret text\n{"a":2}\n', 'jsonl');
    expect(rows.map((row) => row.source)).toEqual([null, 'not json', '[1]', '7', 'null', '{"a":"secret text', null]);
    expect(rows.map((row) => row.columns.length)).toEqual([1, 0, 0, 0, 0, 0, 1]);
    const problems = rows.map((row) => row.problem?.message ?? '');
    expect(problems[1]).toMatch(/^<stdin>:2: the line is not valid JSON \(.+\)$/);
    expect(problems[2]).toBe(
      '<stdin>:3: the line is an array, not an object; a file that is one JSON array is called .json',
    );
    expect(problems[3]).toBe('<stdin>:4: the line is a number, not an object');
    expect(problems[4]).toBe('<stdin>:5: the line is null, not an object');
    expect(problems.join()).not.toContain('secret');
    expect(problems.join()).not.toContain('not json');
    expect(problems[6]).toBe('');
  });

  it('refuses a line that never ends', async () => {
    expect(await problemOf(Buffer.alloc(maxRowBytes + 1, 'x'), 'jsonl')).toBe(
      '<stdin>:1: the line is longer than 64 MiB',
    );
  });

  it('never touch a prototype, whatever a key is called', async () => {
    const [row] = await rowsOfText('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}\n', 'jsonl');
    expect(row?.columns).toEqual(['__proto__', 'a']);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(row?.cells[1] ?? {}, 'polluted')).toBeUndefined();
  });
});
