import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsCalled, resolveNamedColumns, slugOf } from '../../src/data/named-columns.js';

const resolve = (columns: readonly string[], names: readonly string[], given: Readonly<Record<string, string>> = {}) =>
  resolveNamedColumns(
    columns,
    names.map((name) => ({ name, prompt: 'mine' })),
    new Map(Object.entries(given)),
    ['review', 'labelList'],
  );

describe('the slug of a column', () => {
  test.each([
    ['Review Text', 'review_text'],
    ['Clothing ID', 'clothing_id'],
    ['  Positive\nFeedback  Count ', 'positive_feedback_count'],
    ['price (€)', 'price'],
    ['größe/Länge', 'größe_länge'],
    ['टिप्पणी 1', 'टिप्पणी_1'],
    ['__typename', 'typename'],
    ['---', ''],
    ['', ''],
  ])('of %j is %j', (column, slug) => {
    expect(slugOf(column)).toBe(slug);
  });

  test('the slug of a slug is itself', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => slugOf(slugOf(name)) === slugOf(name)));
  });
});

describe('a name in a template', () => {
  test.each([
    ['the column of that name', ['Title', 'title', 'TITLE'], 'title', 'title'],
    ['the only column that differs in case', ['TITLE', 'title!'], 'title', 'TITLE'],
    ['the only column with that slug', ['id', 'Review Text'], 'review_text', 'Review Text'],
    ['a column with another slug for the same letters', ['Review Text'], 'Review-Text', 'Review Text'],
    ['the second of two columns of a name', ['a', 'a'], 'a_2', 'a_2'],
    ['a column with the name of a property of objects', ['constructor', '__proto__'], '__proto__', '__proto__'],
  ])('means %s', (_, columns, name, column) => {
    expect(resolve(columns, [name])).toEqual(new Map([[name, column]]));
  });

  test('means the column that a person gave it, whatever columns are called so', () => {
    expect(resolve(['title', 'Product Name'], ['title'], { title: 'product name' })).toEqual(
      new Map([['title', 'Product Name']]),
    );
  });

  test('of two columns with one slug means none: one line says how to choose', () => {
    expect(() => resolve(['Review Text', 'review-text'], ['review_text'])).toThrow(
      "{{review_text}} in the prompt mine may be 'Review Text', 'review-text': say which with var=review_text=COLUMN; the columns are: Review Text, review-text",
    );
  });

  test.each([
    [['titel'], ['Title', 'Rating'], 'names {{titel}} (did you mean {{title}}?), which is no column'],
    [['labelLst'], ['Title'], 'names {{labelLst}} (did you mean {{labelList}}?), which is no column'],
    [['zzz'], ['Title'], 'names {{zzz}}, which is no column'],
    [
      ['titel', 'stras'],
      ['Title', 'Stars'],
      'names {{titel}} (did you mean {{title}}?) and {{stras}} (did you mean {{stars}}?), which are no columns',
    ],
  ])('%j of the columns %j is no column, which one line says', (names, columns, problem) => {
    expect(() => resolve(columns, names)).toThrow(
      `the prompt mine ${problem}; a column gets this name with var=${names[0]}=COLUMN; the columns are: ${columns.join(', ')}`,
    );
  });

  test('of a column that a person misspelt is an error with the nearest column', () => {
    expect(() => resolve(['Title'], ['title'], { title: 'Tilte' })).toThrow(
      "var=title=Tilte: there is no column 'Tilte' (did you mean 'Title'?); the columns are: Title",
    );
  });

  test('finds one, several or no column, and never one with another slug', () => {
    const word = fc.constantFrom<string>('Title', 'title', 'TITLE ', 'Ti-tle', 'ti tle', 'stars', '-', '');
    fc.assert(
      fc.property(fc.uniqueArray(word), word, (names, wanted) => {
        const found = columnsCalled(names, wanted);
        expect(found.every((name) => names.includes(name) && slugOf(name) === slugOf(wanted))).toBe(true);
        if (names.includes(wanted)) expect(found).toEqual([wanted]);
      }),
    );
  });
});
