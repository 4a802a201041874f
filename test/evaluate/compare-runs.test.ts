import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingParts } from '../../src/analysis/fingerprint.js';
import { compareRuns, type RowPair, type RowPrediction } from '../../src/evaluate/compare-runs.js';

const labels = ['positive', 'neutral', 'negative'];

/** `positive` is an answer, `!` a failure, empty a skipped row. */
function verdict(id: number, said: string, expected: string | null = null): RowPrediction {
  const status = said === '!' ? 'failed' : said === '' ? 'skipped' : 'ok';
  return { id: `r${id}`, status, sentiment: status === 'ok' ? said : null, expected };
}

function pairs(...rows: readonly (readonly [a: string, b: string, expected?: string])[]): RowPair[] {
  return rows.map(([a, b, expected], id) => ({ a: verdict(id, a, expected), b: verdict(id, b, expected) }));
}

/** Both runs have these rows, and no others that were not skipped. */
function compare(rows: readonly RowPair[], flips = 10) {
  const count = rows.filter(({ a, b }) => a.status !== 'skipped' && b.status !== 'skipped').length;
  return compareRuns(rows, { rowsA: count, rowsB: count, flips });
}

const said = fc.constantFrom(...labels, '!', '');
const somePairs = fc
  .array(fc.record({ a: said, b: said, expected: fc.constantFrom(...labels, null) }), { maxLength: 200 })
  .map((rows) => rows.map(({ a, b, expected }, id) => ({ a: verdict(id, a, expected), b: verdict(id, b, expected) })));

describe('two runs row by row', () => {
  it('counts the rows that both have, and those of one alone; rows without text are none', () => {
    const { rows, answered } = compareRuns(
      pairs(['positive', '!'], ['!', 'neutral'], ['!', '!'], ['neutral', 'neutral'], ['', '']),
      { rowsA: 6, rowsB: 4, flips: 10 },
    );
    expect(rows).toEqual({ both: 4, only_a: 2, only_b: 0 });
    expect(answered).toEqual({ both: 1, only_a: 1, only_b: 1, neither: 1 });
  });

  it('a run that has grown since it was counted has no fewer than no rows', () => {
    const { rows } = compareRuns(pairs(['positive', '!']), { rowsA: 0, rowsB: 5, flips: 10 });
    expect(rows).toEqual({ both: 1, only_a: 0, only_b: 4 });
  });

  it('answers without a label are answers, and their agreement is not known', () => {
    const without = { id: 'r0', status: 'ok', sentiment: null, expected: null } as const;
    const { answered, agreement, flips } = compare([{ a: without, b: without }]);
    expect(answered).toEqual({ both: 1, only_a: 0, only_b: 0, neither: 0 });
    expect(agreement).toMatchObject({ equal: 0, share: null });
    expect(flips).toEqual({ count: 0, first: [] });
  });

  it('counts agreement and each kind of flip', () => {
    const { agreement, flips } = compare(
      pairs(
        ['positive', 'positive'],
        ['positive', 'neutral'],
        ['negative', 'negative'],
        ['neutral', 'negative'],
        ['positive', 'neutral'],
      ),
      2,
    );
    expect(agreement.equal).toBe(2);
    expect(agreement.share).toBe(0.4);
    expect(agreement.kappa).toBeCloseTo((2 / 5 - 7 / 25) / (1 - 7 / 25), 12);
    expect(flips.count).toBe(3);
    expect(agreement.labels).toEqual(['negative', 'neutral', 'positive']);
    expect(agreement.matrix).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [0, 2, 1],
    ]);
    expect(flips.first).toEqual([
      { id_a: 'r1', id_b: 'r1', a: 'positive', b: 'neutral', expected: null },
      { id_a: 'r3', id_b: 'r3', a: 'neutral', b: 'negative', expected: null },
    ]);
  });

  it('compares who was right, with failures as wrong, and on the rows that both answered beside it', () => {
    const { rightness } = compare(
      pairs(
        ['positive', 'positive', 'positive'],
        ['positive', 'neutral', 'positive'],
        ['neutral', 'positive', 'positive'],
        ['negative', 'positive', 'positive'],
        ['negative', 'neutral', 'positive'],
        ['positive', '!', 'positive'],
        ['positive', 'neutral'],
      ),
      10,
    );
    expect(rightness).toMatchObject({
      rows: 6,
      accuracy_a: 0.5,
      accuracy_b: 0.5,
      both_right: 1,
      only_a_right: 2,
      only_b_right: 2,
      both_wrong: 1,
      p_value: 1,
      significant: false,
      both_answered: {
        rows: 5,
        accuracy_a: 0.4,
        accuracy_b: 0.6,
        both_right: 1,
        only_a_right: 1,
        only_b_right: 2,
        both_wrong: 1,
      },
    });
  });

  it('does not call the better one what fails on 40 of 200 rows and is better on the others only', () => {
    const row = (index: number): readonly [string, string, string] => {
      const a = index >= 105 && index < 155 ? 'negative' : 'positive';
      return [a, index >= 160 ? '!' : index >= 149 ? 'negative' : 'positive', 'positive'];
    };
    const { rightness } = compare(pairs(...Array.from({ length: 200 }, (_, index) => row(index))));
    expect(rightness).toMatchObject({ rows: 200, accuracy_a: 0.75, accuracy_b: 0.745, significant: false });
    expect(rightness?.both_answered).toMatchObject({ rows: 160, only_a_right: 5, only_b_right: 44, significant: true });
  });

  it('a gold label that only one run knows holds for both; contradicting gold labels hold for none', () => {
    const b = verdict(0, 'negative', 'positive');
    const unlabelled = { a: verdict(0, 'positive'), b };
    const contradicting = { a: verdict(0, 'positive', 'negative'), b };
    expect(compare([unlabelled])).toMatchObject({
      rightness: { rows: 1, only_a_right: 1 },
      expected_differs: 0,
    });
    const { rightness, expected_differs, flips } = compare([contradicting]);
    expect({ rightness, expected_differs }).toEqual({ rightness: null, expected_differs: 1 });
    expect(flips.first[0]?.expected).toBeNull();
  });

  it('says nothing of what is not there', () => {
    const nothing = compare([]);
    expect(nothing.agreement).toEqual({ equal: 0, share: null, kappa: null, labels: [], matrix: [] });
    expect(nothing.rightness).toBeNull();
    expect(compare(pairs(['positive', '!'], ['!', 'positive'])).agreement.share).toBeNull();
  });

  it('mirrors itself when the runs change places', () => {
    fc.assert(
      fc.property(somePairs, (rows) => {
        const one = compare(rows);
        const other = compare(rows.map(({ a, b }) => ({ a: b, b: a })));
        const { both, only_a, only_b, neither } = one.answered;
        expect(other.answered).toEqual({ both, only_a: only_b, only_b: only_a, neither });
        expect(other.agreement.equal).toBe(one.agreement.equal);
        expect(other.agreement.kappa ?? 9).toBeCloseTo(one.agreement.kappa ?? 9, 12);
        expect(other.flips.count).toBe(one.flips.count);
        expect(other.rightness?.p_value).toBe(one.rightness?.p_value);
        expect(other.rightness?.accuracy_a).toBe(one.rightness?.accuracy_b);
      }),
    );
  });

  it('adds up, and keeps at most the given number of flips', () => {
    fc.assert(
      fc.property(somePairs, fc.nat(20), (rows, most) => {
        const { rows: found, answered, agreement, flips, rightness } = compare(rows, most);
        expect(answered.both + answered.only_a + answered.only_b + answered.neither).toBe(found.both);
        expect(agreement.equal + flips.count).toBe(answered.both);
        expect(agreement.matrix.flat().reduce((sum, count) => sum + count, 0)).toBe(answered.both);
        expect(agreement.matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0)).toBe(agreement.equal);
        expect(flips.first.length).toBe(Math.min(most, flips.count));
        if (!rightness) return;
        const { both_right, only_a_right, only_b_right, both_wrong } = rightness;
        expect(both_right + only_a_right + only_b_right + both_wrong).toBe(rightness.rows);
        expect(rightness.accuracy_a - rightness.accuracy_b).toBeCloseTo(
          (only_a_right - only_b_right) / rightness.rows,
          12,
        );
      }),
    );
  });

  it('a run agrees with itself in every answer', () => {
    fc.assert(
      fc.property(somePairs, (rows) => {
        const { agreement, flips, rightness } = compare(rows.map(({ a }) => ({ a, b: a })));
        expect(agreement.share ?? 1).toBe(1);
        expect(agreement.kappa ?? 1).toBe(1);
        expect(flips).toEqual({ count: 0, first: [] });
        expect(rightness?.p_value ?? 1).toBe(1);
      }),
    );
  });
});

describe('two fingerprints', () => {
  it('differ in the parts whose values do, and in those that only one has', () => {
    const a = { model: 'm', prompt: 'p@1', labels: 'a, b' };
    const b = { model: 'm', prompt: 'p@2', long: 'cut' };
    expect(differingParts(a, b)).toEqual([
      { part: 'prompt', a: 'p@1', b: 'p@2' },
      { part: 'labels', a: 'a, b', b: null },
      { part: 'long', a: null, b: 'cut' },
    ]);
    expect(differingParts(a, a)).toEqual([]);
    expect(differingParts({}, { toString: 'x' })).toEqual([{ part: 'toString', a: null, b: 'x' }]);
  });
});
