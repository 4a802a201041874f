import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreConfusion } from '../../../src/foundation/statistics/classification-scores.js';
import { pairedBootstrap } from '../../../src/foundation/statistics/paired-bootstrap.js';
import { PairedTable } from '../../../src/foundation/statistics/paired-table.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { golden, tableOf } from './golden.js';

const answer = fc.constantFrom('a', 'b', 'c', null);
const rows = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), answer, answer), { minLength: 1, maxLength: 40 });

function fill(given: readonly (readonly [string, string | null, string | null])[], labels = ['a', 'b', 'c']) {
  const table = new PairedTable(labels);
  for (const [expected, first, second] of given) table.add(expected, first, second);
  return table;
}

describe('the paired bootstrap', () => {
  it.each(golden.bootstraps.map((given, index) => ({ given, index })))(
    'is that of numpy over rows, within Monte-Carlo error (data set $index)',
    ({ given }) => {
      const ours = pairedBootstrap(tableOf(given), seededRandom(5), { resamples: 20_000 });
      for (const figure of ['accuracy', 'macroF1'] as const) {
        const theirs = given[figure];
        const { interval, pValue } = ours?.[figure] ?? { interval: { lower: 9, upper: 9 }, pValue: 9 };
        // An end of 20,000 samples has a standard error of 0.019 deviations, two of them differ by √2 as much; and an
        // accuracy steps from one row to the next.
        const step = figure === 'accuracy' ? 1 / tableOf(given).rows : 0;
        const tolerance = 0.12 * theirs.deviation + step;
        expect(Math.abs(interval.lower - theirs.interval[0])).toBeLessThan(tolerance);
        expect(Math.abs(interval.upper - theirs.interval[1])).toBeLessThan(tolerance);
        expect(Math.abs(pValue - theirs.p)).toBeLessThan(5 * Math.sqrt((theirs.p * 2) / 20_000) + 0.0005);
      }
    },
  );

  it('reports the difference of the rows themselves', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const table = fill(given);
        const found = pairedBootstrap(table, seededRandom(1), { resamples: 100 });
        const [first, second] = (['first', 'second'] as const).map((classify) =>
          scoreConfusion(table.confusionOf(classify)),
        );
        expect(found?.accuracy.difference).toBeCloseTo((first?.accuracy ?? 0) - (second?.accuracy ?? 0), 12);
        expect(found?.macroF1.difference).toBeCloseTo((first?.macroF1 ?? 0) - (second?.macroF1 ?? 0), 12);
      }),
    );
  });

  it('gives the same for the same random numbers', () => {
    const table = tableOf(golden.bootstraps[2] ?? { labels: 0, cells: [] });
    expect(pairedBootstrap(table, seededRandom(3))).toEqual(pairedBootstrap(table, seededRandom(3)));
  });

  it('turns round with the judges, up to chance', () => {
    const given = golden.bootstraps[3] ?? { labels: 0, cells: [] };
    const swapped = { ...given, cells: given.cells.map(([e, a, b, count]) => [e, b, a, count] as const) };
    const plain = pairedBootstrap(tableOf(given), seededRandom(1));
    const turned = pairedBootstrap(tableOf(swapped), seededRandom(2));
    expect(turned?.macroF1.difference).toBeCloseTo(-(plain?.macroF1.difference ?? 0), 12);
    expect(Math.abs((turned?.macroF1.interval.lower ?? 9) + (plain?.macroF1.interval.upper ?? 0))).toBeLessThan(0.006);
  });

  it('claims nothing about two judges that always answer alike', () => {
    const same = fill([
      ['a', 'a', 'a'],
      ['b', 'a', 'a'],
      ['c', null, null],
    ]);
    const found = pairedBootstrap(same, seededRandom(1));
    expect(found?.macroF1).toEqual({ difference: 0, interval: { lower: 0, upper: 0 }, pValue: 1 });
  });

  it('has a p-value above 0, and intervals that hold only differences that can be', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (given, seed) => {
        const found = pairedBootstrap(fill(given), seededRandom(seed), { resamples: 100 });
        for (const figure of [found?.accuracy, found?.macroF1]) {
          expect(figure?.pValue).toBeGreaterThan(0);
          expect(figure?.pValue).toBeLessThanOrEqual(1);
          expect(figure?.interval.lower).toBeGreaterThanOrEqual(-1);
          expect(figure?.interval.upper).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('takes as long for a million rows as for thousands', () => {
    const table = new PairedTable(['a', 'b', 'c']);
    for (const expected of ['a', 'b', 'c']) {
      for (const first of ['a', 'b', 'c', null]) {
        for (const second of ['a', 'b', 'c', null])
          table.add(expected, first, second, 20_000 + (first === expected ? 300 : 0));
      }
    }
    let drawn = 0;
    const random = seededRandom(4);
    const counting = () => {
      drawn += 1;
      return random();
    };
    pairedBootstrap(table, counting, { resamples: 1_000 });
    expect(drawn / 1_000).toBeLessThan(4 * 48);
  });

  it('is nothing without rows, and refuses options that make no sense', () => {
    expect(pairedBootstrap(fill([]), seededRandom(1))).toBeNull();
    const one = fill([['a', 'a', 'b']]);
    expect(() => pairedBootstrap(one, seededRandom(1), { resamples: 99 })).toThrow(
      'option resamples must be a whole number of at least 100, but is 99',
    );
    expect(() => pairedBootstrap(one, seededRandom(1), { confidence: 1 })).toThrow('option confidence must be');
  });
});
