import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fleissKappa,
  type ItemLabels,
  krippendorffAlpha,
  pairKappa,
} from '../../../src/foundation/statistics/annotator-agreement.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';

interface Golden {
  readonly size: number;
  readonly items: readonly ItemLabels[];
  readonly alpha_nominal: number;
  readonly alpha_ordinal: number;
  readonly fleiss: number;
  readonly cohen: number;
}

const path = new URL('../../fixtures/statistics/agreement.json', import.meta.url);
const { tables }: { readonly tables: readonly Golden[] } = JSON.parse(readFileSync(path, 'utf8'));
const few = { resamples: 1 };
const random = () => seededRandom(1);

describe('the agreement of annotators', () => {
  it('is that of krippendorff, statsmodels and scikit-learn, to 1e-9', () => {
    expect(tables).toHaveLength(100);
    for (const { size, items, ...theirs } of tables) {
      const near = (ours: number | null, reference: number) =>
        expect(Math.abs((ours ?? Number.NaN) - reference)).toBeLessThan(1e-9);
      near(krippendorffAlpha(items, size, 'nominal', random(), few).value, theirs.alpha_nominal);
      near(krippendorffAlpha(items, size, 'ordinal', random(), few).value, theirs.alpha_ordinal);
      near(fleissKappa(items, size, random(), few).value, theirs.fleiss);
      const both = items.map((labels) => labels.slice(0, 2));
      near(pairKappa(both, size, random(), few).value, theirs.cohen);
    }
  });

  it('is not defined where there is one label only, or nothing to compare', () => {
    const undefinedOne = { value: null, interval: null };
    for (const items of [
      [],
      [[0, 0]],
      [
        [0, null],
        [null, 1],
      ],
    ] as ItemLabels[][]) {
      expect(krippendorffAlpha(items, 2, 'nominal', random())).toMatchObject(undefinedOne);
      expect(fleissKappa(items, 2, random())).toMatchObject(undefinedOne);
      expect(pairKappa(items, 2, random())).toMatchObject(undefinedOne);
    }
  });

  it('has no interval where too many samples have one label only', () => {
    const items = [
      [0, 0],
      [0, 0],
      [1, 1],
    ];
    expect(krippendorffAlpha(items, 2, 'nominal', random())).toEqual({ value: 1, interval: null, items: 3 });
  });

  it('is within its interval, 1 for equal labels, and the same in any order of the items', () => {
    const item = fc.array(fc.option(fc.nat(2)), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(item, { minLength: 5, maxLength: 40 }), (items) => {
        const found = krippendorffAlpha(items, 3, 'ordinal', random(), { resamples: 200 });
        expect(krippendorffAlpha([...items].reverse(), 3, 'ordinal', random(), few).items).toBe(found.items);
        if (found.value !== null) expect(found.value).toBeLessThanOrEqual(1 + 1e-12);
        if (found.interval) expect(found.interval.lower).toBeLessThanOrEqual(found.interval.upper);
        const equal = items.map((labels) => labels.map(() => labels[0] ?? 0));
        const { value } = krippendorffAlpha(equal, 3, 'nominal', random(), few);
        if (value !== null) expect(value).toBeCloseTo(1, 12);
      }),
      { numRuns: 50 },
    );
  });

  it('covers the coefficient of the population in about 95 % of the samples', () => {
    // Two annotators who are right in 80 %, two equally frequent labels: they agree in 0.68, so that κ is 0.36.
    const draw = seededRandom(7);
    const label = (true_: number) => (draw() < 0.8 ? true_ : 1 - true_);
    let covered = 0;
    for (let i = 0; i < 300; i += 1) {
      const items = Array.from({ length: 150 }, () => {
        const true_ = draw() < 0.5 ? 0 : 1;
        return [label(true_), label(true_)];
      });
      const { interval } = pairKappa(items, 2, draw, { resamples: 400 });
      if (interval && interval.lower <= 0.36 && 0.36 <= interval.upper) covered += 1;
    }
    expect(covered / 300).toBeGreaterThan(0.91);
    expect(covered / 300).toBeLessThan(0.99);
  });
});
