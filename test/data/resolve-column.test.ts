import { describe, expect, it } from 'vitest';
import { ColumnError } from '../../src/data/data-errors.js';
import { resolveColumn, resolveTextColumn } from '../../src/data/resolve-column.js';
import { cellOf, rowObject } from '../../src/data/row.js';
import { rowsOfText } from './read-text.js';

function problemOf(resolve: () => string): string {
  try {
    return `resolved to ${resolve()}`;
  } catch (error) {
    if (error instanceof ColumnError) return error.message;
    throw error;
  }
}

describe('the text column', () => {
  it.each(['text', 'Review', 'REVIEW TEXT', 'review_text', 'content', 'Comment', 'body', 'sentence', ' Text\t'])(
    'is guessed: %j',
    (name) => {
      expect(resolveTextColumn(['', 'id', name, 'title'])).toBe(name);
    },
  );

  it('is not guessed where no column is called like a text', () => {
    expect(problemOf(() => resolveTextColumn(['', 'id', 'my text']))).toBe(
      "no column is called like a text; name the text column with text=COLUMN ('my text'?); the columns are: (empty), id, my text",
    );
  });

  it.each([
    ['id;text', "';'", 'id;text'],
    ['id\ttext', 'a tab', 'id\\ttext'],
  ])('is not guessed where the cells of %j are separated otherwise', (header, separator, shown) => {
    expect(problemOf(() => resolveTextColumn([header]))).toBe(
      `no column is called like a text; the only one has ${separator} in it: if that separates the cells, give it as delimiter; the columns are: ${shown}`,
    );
  });

  it.each(['Comments', 'Feedback', 'Description', 'REVIEWS', 'reviewText', 'Review\nText', 'te\u200bxt'])(
    'is guessed where it is called %j',
    (name) => expect(resolveTextColumn(['id', name])).toBe(name),
  );

  it('is the one with the usual name, where others have further ones', () => {
    expect(resolveTextColumn(['Description', 'text', 'Comments'])).toBe('text');
    expect(problemOf(() => resolveTextColumn(['Description', 'Comments']))).toContain(
      "'Description', 'Comments' could all be the text",
    );
  });

  it('is found whatever nobody sees of its name', () => {
    expect(resolveTextColumn(['Review\r\nText', 'n'], 'review text')).toBe('Review\r\nText');
    expect(resolveTextColumn(['Qualite\u0301', 'n'], 'qualit\u00e9')).toBe('Qualite\u0301');
  });

  it('is not listed with thousands of others', () => {
    const names = Array.from({ length: 16_384 }, (_, index) => `c${index}`);
    expect(problemOf(() => resolveTextColumn(names)).length).toBeLessThan(1_000);
  });

  it('is not guessed where several are', () => {
    expect(problemOf(() => resolveTextColumn(['Review', 'id', 'text']))).toBe(
      "'Review', 'text' could all be the text; name the text column with text=COLUMN; the columns are: Review, id, text",
    );
    expect(problemOf(() => resolveTextColumn(['text', 'text']))).toContain("'text', 'text_2' could all be the text");
  });

  it('is the one that was asked for', () => {
    expect(resolveTextColumn(['text', 'title'], 'title')).toBe('title');
  });
});

describe('a column that is asked for', () => {
  it('is an exact match first', () => {
    expect(resolveColumn(['ID', 'id'], 'id', 'id')).toBe('id');
    expect(resolveColumn(['', 'id'], '', 'id')).toBe('');
  });

  it('may differ in case and surrounding whitespace where only one does', () => {
    expect(resolveColumn(['Clothing ID', ' Rating'], 'rating', 'label')).toBe(' Rating');
    expect(problemOf(() => resolveColumn(['ID', 'Id'], 'id', 'id'))).toBe(
      "id 'id' may be 'ID', 'Id': write it exactly; the columns are: ID, Id",
    );
  });

  it('is an error that names the nearest column and all of them', () => {
    expect(problemOf(() => resolveColumn(['id', 'rating'], 'ratnig', 'label'))).toBe(
      "label: there is no column 'ratnig' (did you mean 'rating'?); the columns are: id, rating",
    );
    expect(problemOf(() => resolveColumn(['id', 'rating'], 'zzzzzz', 'label'))).toBe(
      "label: there is no column 'zzzzzz'; the columns are: id, rating",
    );
  });

  it('gives messages of one line, whatever the columns are called', () => {
    const message = problemOf(() => resolveColumn(['a\nb', 'c\u001b[31m'], 'x\ny', 'id'));
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message).toContain('a\\nb');
  });
});

describe('the cells of a row', () => {
  it('are found by name, the second of two equal names with a number', async () => {
    const [row] = await rowsOfText('a,b,a,a_2,a\n1,2,3,4,5\n', 'csv');
    if (!row) throw new Error('no row');
    expect(['a', 'b', 'a_3', 'a_2', 'a_4', 'c'].map((name) => cellOf(row, name))).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      undefined,
    ]);
    expect(resolveColumn(row.columns, 'a_3', 'id')).toBe('a_3');
  });

  it('are found in objects with different keys', async () => {
    const rows = await rowsOfText('{"a":1,"b":2}\n{"b":3,"a":null}\n{"c":4}\n', 'jsonl');
    expect(rows.map((row) => cellOf(row, 'b'))).toEqual([2, 3, undefined]);
    expect(rows.map((row) => cellOf(row, 'a'))).toEqual([1, null, undefined]);
  });

  it('do not include what objects inherit', async () => {
    const [row] = await rowsOfText('{"a":1}', 'jsonl');
    if (!row) throw new Error('no row');
    expect(cellOf(row, 'toString')).toBeUndefined();
    expect(cellOf(row, '__proto__')).toBeUndefined();
  });

  it('make an object in which names that come again are numbered', async () => {
    const [row] = await rowsOfText(',a,,a\n1,2,3,4\n', 'csv');
    if (!row) throw new Error('no row');
    expect(JSON.stringify(rowObject(row))).toBe('{"":"1","a":"2","_2":"3","a_2":"4"}');
  });

  it('make an object without prototype, whatever a column is called', async () => {
    const [row] = await rowsOfText('__proto__,constructor,__proto__\n1,2,3\n', 'csv');
    if (!row) throw new Error('no row');
    const object = rowObject(row);
    expect(Object.getPrototypeOf(object)).toBeNull();
    expect(JSON.stringify(object)).toBe('{"__proto__":"1","constructor":"2","__proto___2":"3"}');
  });
});
