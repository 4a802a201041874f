import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listEntry, pairEntry, parseList, parsePairs } from '../../../src/foundation/text/list-text.js';

const inOneLine = (text: string) => text.replace(/[\r\n]/g, ' ').trim();
const entry = fc.string({ minLength: 1 }).map(inOneLine);
const tricky = fc
  .array(fc.constantFrom('"', ',', '=', ' ', 'a'), { maxLength: 8 })
  .map((signs) => signs.join('').trim());
const texts = fc.array(fc.oneof(entry, tricky), { minLength: 1, maxLength: 5 });
const pairs = fc.array(fc.tuple(fc.oneof(entry, tricky), fc.oneof(entry, tricky)), { minLength: 1, maxLength: 5 });

describe('a list in one text', () => {
  it('is read as it is written, whatever the entries', () => {
    fc.assert(
      fc.property(texts, (entries) => {
        const quoted = entries.map((one) => `"${one.replaceAll('"', '""')}"`).join(',');
        expect(parseList(quoted)).toEqual(entries);
        expect(parseList(entries.map(listEntry).join(','))).toEqual(entries);
      }),
    );
  });

  it('has its entries also where they are padded, empty, or hold quotes', () => {
    expect(parseList(' yes , "no, never" ,maybe')).toEqual(['yes', 'no, never', 'maybe']);
    expect(parseList('a,,b')).toEqual(['a', '', 'b']);
    expect(parseList('')).toEqual(['']);
    expect(parseList('5" screen,"the ""best"""')).toEqual(['5" screen', 'the "best"']);
  });

  it('is none where a quote is not closed, and in several lines', () => {
    for (const text of ['"', 'a,"b, c', '"a"",b', 'a\nb']) expect(parseList(text), text).toBeNull();
  });
});

describe('pairs in one text', () => {
  it('are read as they are written, whatever their sides', () => {
    fc.assert(
      fc.property(pairs, (given) => {
        expect(parsePairs(given.map(([from, to]) => pairEntry(from, to)).join(','))).toEqual(given);
      }),
    );
  });

  it('may be quoted as a whole: the last equals sign separates the sides', () => {
    expect(parsePairs('"so, so=neutral","a=b=c"')).toEqual([
      ['so, so', 'neutral'],
      ['a=b', 'c'],
    ]);
  });

  it('have no first side where there is no equals sign', () => {
    expect(parsePairs('a,b=')).toEqual([
      ['', 'a'],
      ['b', ''],
    ]);
  });
});
