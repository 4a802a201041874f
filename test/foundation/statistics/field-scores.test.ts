import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemScoreTally } from '../../../src/foundation/statistics/item-scores.js';
import { NumberScoreTally } from '../../../src/foundation/statistics/number-scores.js';
import { isNear } from './golden.js';

interface ItemTable {
  readonly labels?: number;
  readonly expected: readonly (readonly number[])[];
  readonly answered: readonly (readonly number[] | null)[];
  readonly exactMatch: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly microF1: number | null;
  readonly macroF1: number | null;
}

interface NumberTable {
  readonly expected: readonly number[];
  readonly answered: readonly number[];
  readonly meanAbsoluteError: number;
  readonly spearman: number | null;
}

/** What the Python references say: see test/fixtures/statistics/field_scores.py. */
const golden: {
  readonly sets: readonly ItemTable[];
  readonly lists: readonly ItemTable[];
  readonly numbers: readonly NumberTable[];
} = JSON.parse(readFileSync(new URL('../../fixtures/statistics/field-scores.json', import.meta.url), 'utf8'));

function scoresOf({ labels, expected, answered }: Pick<ItemTable, 'labels' | 'expected' | 'answered'>) {
  const tally = new ItemScoreTally(Array.from({ length: labels ?? 0 }, (_, k) => String(k)));
  for (const [row, items] of expected.entries()) {
    tally.add(items.map(String), answered[row]?.map(String) ?? null);
  }
  return tally.scores();
}

const itemMetrics = ['exactMatch', 'precision', 'recall', 'microF1', 'macroF1'] as const;

function differing(tables: readonly ItemTable[]): readonly string[] {
  return tables.flatMap((table, index) => {
    const ours = scoresOf(table);
    return itemMetrics.flatMap((name) => (isNear(ours[name], table[name]) ? [] : [`${index}: ${name}`]));
  });
}

const lists = fc.array(
  fc.tuple(fc.array(fc.nat(4), { maxLength: 4 }), fc.option(fc.array(fc.nat(4), { maxLength: 4 }), { freq: 5 })),
  { minLength: 1, maxLength: 40 },
);

function tableOf(rows: readonly (readonly [readonly number[], readonly number[] | null])[], labels = 5) {
  return { labels, expected: rows.map(([a]) => a), answered: rows.map(([, b]) => b) };
}

describe('scores of lists of items', () => {
  it('are those of scikit-learn for several labels a row, failed rows having none', () => {
    expect(golden.sets).toHaveLength(100);
    expect(differing(golden.sets)).toEqual([]);
  });

  it('are those of scikit-learn for lists in which an item may stand twice', () => {
    expect(golden.lists).toHaveLength(100);
    expect(differing(golden.lists)).toEqual([]);
  });

  it('do not depend on the order of the items, nor on that of the rows', () => {
    fc.assert(
      fc.property(lists, (rows) => {
        const turned = rows.map(([a, b]) => [a.toReversed(), b?.toReversed() ?? null] as const).reverse();
        const [ours, others] = [scoresOf(tableOf(rows)), scoresOf(tableOf(turned))];
        for (const name of itemMetrics) expect(isNear(others[name], ours[name]), name).toBe(true);
      }),
    );
  });

  it('count a failed row as wrong: a failure in place of an answer never raises a score but the precision', () => {
    fc.assert(
      fc.property(lists, fc.nat(), (rows, place) => {
        const failing = rows.map(([a, b], row) => [a, row === place % rows.length ? null : b] as const);
        const [ours, failed] = [scoresOf(tableOf(rows)), scoresOf(tableOf(failing))];
        expect(failed.exactMatch ?? 0).toBeLessThanOrEqual(ours.exactMatch ?? 0);
        expect(failed.recall ?? 0).toBeLessThanOrEqual((ours.recall ?? 0) + 1e-12);
      }),
    );
  });

  it('have intervals that hold the value, with a width also where every row is right', () => {
    fc.assert(
      fc.property(lists, (rows) => {
        const scores = scoresOf(tableOf(rows));
        const { microF1Interval: micro, macroF1Interval: macro } = scores;
        if (rows.length < 5) expect(micro).toBeNull();
        if (micro === null || macro === null) return;
        for (const { lower, upper } of [micro, macro]) {
          expect(lower).toBeGreaterThanOrEqual(0);
          expect(upper).toBeLessThanOrEqual(1);
          expect(lower).toBeLessThanOrEqual(upper);
        }
      }),
      { numRuns: 30 },
    );
    const right = scoresOf(tableOf(Array.from({ length: 20 }, () => [[1], [1]] as const)));
    expect(right.microF1).toBe(1);
    expect(right.microF1Interval?.upper).toBe(1);
    expect(right.microF1Interval?.lower).toBeLessThan(0.9);
  });
});

describe('scores of numbers', () => {
  it('are those of scikit-learn and scipy, ties included', () => {
    expect(golden.numbers).toHaveLength(100);
    const wrong = golden.numbers.flatMap((table, index) => {
      const tally = new NumberScoreTally();
      for (const [row, expected] of table.expected.entries()) tally.add(expected, table.answered[row] ?? null);
      const ours = tally.scores();
      return (['meanAbsoluteError', 'spearman'] as const).flatMap((name) =>
        isNear(ours[name], table[name]) ? [] : [`${index}: ${name}`],
      );
    });
    expect(wrong).toEqual([]);
  });

  it('exclude failed rows, and count them', () => {
    const tally = new NumberScoreTally();
    for (const [expected, answered] of [
      [1, 2],
      [5, null],
      [3, 3],
    ] as const) {
      tally.add(expected, answered);
    }
    expect(tally.scores()).toMatchObject({ rows: 2, failed: 1, meanAbsoluteError: 0.5, spearman: 1 });
  });

  it('have intervals that hold the value, and none without a spread', () => {
    const tally = new NumberScoreTally();
    for (let row = 0; row < 60; row += 1) tally.add(row % 7, (row * 5) % 11);
    const { meanAbsoluteError: error, meanAbsoluteErrorInterval: ofError, spearman, spearmanInterval } = tally.scores();
    expect(ofError?.lower).toBeLessThan(error ?? 0);
    expect(ofError?.upper).toBeGreaterThan(error ?? 0);
    expect(spearmanInterval?.lower).toBeLessThan(spearman ?? 0);
    expect(spearmanInterval?.upper).toBeGreaterThan(spearman ?? 0);
    const exact = new NumberScoreTally();
    for (let row = 0; row < 60; row += 1) exact.add(row, row);
    expect(exact.scores()).toMatchObject({
      meanAbsoluteError: 0,
      meanAbsoluteErrorInterval: null,
      spearmanInterval: null,
    });
    expect(new NumberScoreTally().scores()).toMatchObject({ rows: 0, meanAbsoluteError: null, spearman: null });
  });
});
