import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalTail } from '../../../src/foundation/statistics/normal-tail.js';
import { compareAccuracy } from '../../../src/foundation/statistics/paired-comparison.js';
import {
  type ComparedPair,
  conclude,
  type Family,
  jointFamily,
  loneComparison,
} from '../../../src/foundation/statistics/simultaneous.js';
import { golden, isNear } from './golden.js';

const independent = (size: number) =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)));
const allPairs = (size: number): ComparedPair[] =>
  Array.from({ length: size }, (_, i) => i).flatMap((i) =>
    Array.from({ length: size - i - 1 }, (_, k): ComparedPair => [i, i + 1 + k]),
  );

it('the tail of the normal distribution is that of scipy, also where it is tiny', () => {
  const wrong = golden.tails.filter(([z, tail]) => Math.abs(normalTail(z) / tail - 1) > 1e-12);
  expect(wrong).toEqual([]);
});

describe('the level of one comparison among several', () => {
  it("is that of Tukey's range, and of a million samples of correlated estimates in numpy", () => {
    const levels = golden.families.map(({ covariance, pairs, level }) => ({
      ours: jointFamily(covariance, pairs).level,
      theirs: level,
    }));
    const wrong = levels.filter(({ ours, theirs }) => Math.abs(ours / theirs - 1) > 0.08);
    expect(wrong).toEqual([]);
  });

  it('is that of Bonferroni at least, and 5 % at most; a single comparison has 5 %', () => {
    for (const size of [2, 3, 4, 8, 20]) {
      const pairs = allPairs(size);
      const { level } = jointFamily(independent(size), pairs);
      expect(level).toBeGreaterThanOrEqual(0.05 / pairs.length - 1e-12);
      expect(level).toBeLessThanOrEqual(0.05 + 1e-12);
    }
    expect(jointFamily(independent(2), [[0, 1]]).level).toBeCloseTo(0.05, 12);
    expect(loneComparison(0.99).level).toBeCloseTo(0.01, 12);
  });

  it('grows where the compared ones hardly differ, to that of a single comparison', () => {
    // Two classifiers that always answer alike, and a third one: three pairs, and one question.
    const covariance = [
      [1, 1, 0],
      [1, 1, 0],
      [0, 0, 1],
    ];
    expect(jointFamily(covariance, allPairs(3)).level).toBeGreaterThan(0.045);
  });
});

describe('adjusted p-values', () => {
  const family = jointFamily(independent(4), allPairs(4));

  it('are significant exactly up to the level, lower no p-value, keep their order, and exceed no correction of Bonferroni', () => {
    const anyP = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anyP, anyP, (p, q) => {
        const [adjusted, other] = [family.adjust(p), family.adjust(q)];
        expect(adjusted <= family.alpha).toBe(p <= family.level);
        expect(adjusted).toBeGreaterThanOrEqual(p);
        expect(adjusted).toBeLessThanOrEqual(Math.min(1, 6 * p));
        if (p <= q) expect(adjusted).toBeLessThanOrEqual(other);
      }),
    );
  });

  it('exceed those of Bonferroni in statsmodels never', () => {
    for (const { p, bonferroni } of golden.corrected) {
      const pairs = allPairs(30).slice(0, p.length);
      const some = jointFamily(independent(30), pairs, { draws: 2_000 });
      for (const [index, value] of p.entries()) {
        const most = bonferroni[index] ?? 0;
        expect(some.adjust(value) <= most + 1e-12 || isNear(some.adjust(value), most)).toBe(true);
      }
    }
  });
});

describe('the interval and the conclusion about a difference', () => {
  const families: readonly Family[] = [
    loneComparison(),
    loneComparison(0.9),
    jointFamily(independent(4), allPairs(4)),
    jointFamily(independent(20), allPairs(20)),
  ];
  const excludesZero = ({ lower, upper }: { readonly lower: number; readonly upper: number }) => lower > 0 || upper < 0;

  it('never contradict each other, whatever the rows and the number of comparisons are', () => {
    const count = fc.nat(60);
    const outcomes = fc.record({ bothRight: count, onlyFirst: count, onlySecond: count, bothWrong: count });
    fc.assert(
      fc.property(outcomes, fc.constantFrom(...families), (given, family) => {
        fc.pre(Object.values(given).some((rows) => rows > 0));
        const { interval, adjusted, significant } = compareAccuracy(given, family);
        expect(excludesZero(interval)).toBe(significant);
        expect(adjusted <= family.alpha).toBe(significant);
      }),
      { numRuns: 2_000 },
    );
  });

  it('do not contradict each other in any split of up to 60 discordant rows', () => {
    for (let discordant = 1; discordant <= 60; discordant += 1) {
      for (let onlyFirst = 0; onlyFirst <= discordant; onlyFirst += 1) {
        const given = { bothRight: 70, onlyFirst, onlySecond: discordant - onlyFirst, bothWrong: 10 };
        const { interval, pValue, significant } = compareAccuracy(given);
        expect(excludesZero(interval)).toBe(significant);
        expect(pValue <= 0.05).toBe(significant);
      }
    }
  });

  it('include 0 where only the interval would exclude it', () => {
    const cautious = conclude(0.06, { lower: 0.01, upper: 0.2 }, loneComparison());
    expect(cautious).toEqual({
      interval: { lower: 0, upper: 0.2 },
      pValue: 0.06,
      adjusted: 0.06,
      significant: false,
    });
  });
});
