import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairedTable } from '../../../src/foundation/statistics/paired-table.js';

const answer = fc.constantFrom('a', 'b', 'c', null);
const rows = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), answer, answer), { maxLength: 60 });

function fill(given: readonly (readonly [string, string | null, string | null])[]): PairedTable {
  const table = new PairedTable(['a', 'b', 'c']);
  for (const [expected, first, second] of given) table.add(expected, first, second);
  return table;
}

describe('a paired table', () => {
  it('gives back the rows, counted', () => {
    const table = fill([
      ['a', 'a', 'b'],
      ['c', null, 'c'],
      ['a', 'a', 'b'],
    ]);
    expect(table.cells()).toEqual([
      { expected: 'a', first: 'a', second: 'b', count: 2 },
      { expected: 'c', first: null, second: 'c', count: 1 },
    ]);
    expect(table.rows).toBe(3);
  });

  it('says who was right, no answer being a wrong one', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const count = (first: boolean, second: boolean) =>
          given.filter(([e, a, b]) => (a === e) === first && (b === e) === second).length;
        expect(fill(given).outcomes()).toEqual({
          bothRight: count(true, true),
          onlyFirst: count(true, false),
          onlySecond: count(false, true),
          bothWrong: count(false, false),
        });
      }),
    );
  });

  it('holds the confusion of each judge', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const table = fill(given);
        const second = fill(given.map(([e, a, b]) => [e, b, a] as const)).confusionOf('first');
        expect(table.confusionOf('second')).toEqual(second);
        expect(table.confusionOf('first').unanswered.reduce((sum, n) => sum + n, 0)).toBe(
          given.filter(([, a]) => a === null).length,
        );
      }),
    );
  });

  it('leaves out the rows that one of the two did not answer', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const left = given.filter(([, a, b]) => a !== null && b !== null);
        expect(fill(given).answeredByBoth().cells()).toEqual(fill(left).cells());
      }),
    );
  });

  it('takes an answer that is no label for none, and refuses a right label that is none', () => {
    const table = new PairedTable(['a', 'b']);
    table.add('a', 'z', 'a');
    expect(table.cells()).toEqual([{ expected: 'a', first: null, second: 'a', count: 1 }]);
    expect(() => table.add('z', 'a', 'a')).toThrow("option expected must be one of the labels (a, b), but is 'z'");
    expect(() => table.add('a', 'a', 'a', 0.5)).toThrow('option times must be a whole number');
  });
});
