import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConfusionMatrix, scoreConfusion } from '../../../src/foundation/statistics/classification-scores.js';
import { macroF1Interval } from '../../../src/foundation/statistics/macro-f1-interval.js';
import { randomGamma, seededRandom } from '../../../src/foundation/statistics/random-variates.js';

function matrixOf(labels: readonly string[], counts: readonly (readonly number[])[]): ConfusionMatrix {
  const matrix = new ConfusionMatrix(labels);
  for (const [i, row] of counts.entries()) {
    for (const [j, count] of row.entries()) matrix.add(labels[i] ?? '', labels[j] ?? null, count);
  }
  return matrix;
}

it('is 0 to 1 of no rows', () => {
  expect(macroF1Interval(new ConfusionMatrix(['a', 'b']), seededRandom(1))).toEqual({ lower: 0, upper: 1 });
});

it('has a width where every row was answered right, and less of it with more rows', () => {
  const few = macroF1Interval(matrixOf(['a', 'b'], [[5], [0, 5]]), seededRandom(1));
  const many = macroF1Interval(matrixOf(['a', 'b'], [[500], [0, 500]]), seededRandom(1));
  expect(few.upper).toBe(1);
  expect(few.lower).toBeLessThan(0.9);
  expect(many.lower).toBeGreaterThan(0.98);
});

it('is within 0 and 1, holds the macro-F1, and is the same for the same seed', () => {
  const counts = fc.array(fc.array(fc.nat(30), { minLength: 4, maxLength: 4 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(counts, fc.constantFrom('left-out' as const, 'wrong' as const), (rows, failures) => {
      const matrix = matrixOf(['a', 'b', 'c'], rows);
      const options = { failures, draws: 100 };
      const interval = macroF1Interval(matrix, seededRandom(3), options);
      const { macroF1 } = scoreConfusion(matrix, options);
      expect(interval).toEqual(macroF1Interval(matrix, seededRandom(3), options));
      expect(interval.lower).toBeGreaterThanOrEqual(0);
      expect(interval.upper).toBeLessThanOrEqual(1);
      if (macroF1 === null) return;
      expect(interval.lower).toBeLessThanOrEqual(macroF1);
      expect(interval.upper).toBeGreaterThanOrEqual(macroF1);
    }),
    { numRuns: 60 },
  );
});

it('covers the true macro-F1 in about 95 % of samples', () => {
  const random = seededRandom(11);
  const accuracy = 0.85;
  let covered = 0;
  for (let sample = 0; sample < 200; sample += 1) {
    const matrix = new ConfusionMatrix(['a', 'b']);
    for (let row = 0; row < 80; row += 1) {
      const expected = random() < 0.5 ? 'a' : 'b';
      const other = expected === 'a' ? 'b' : 'a';
      matrix.add(expected, random() < accuracy ? expected : other);
    }
    const { lower, upper } = macroF1Interval(matrix, random, { draws: 200 });
    if (lower <= accuracy && accuracy <= upper) covered += 1;
  }
  expect(covered / 200).toBeGreaterThan(0.91);
});

it.each([0.5, 1, 3, 40])('draws gamma numbers of shape %d with their mean and variance', (shape) => {
  const random = seededRandom(5);
  const drawn = Array.from({ length: 20_000 }, () => randomGamma(shape, random));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
  expect(mean / shape).toBeCloseTo(1, 1);
  expect(variance / shape).toBeCloseTo(1, 0);
});
