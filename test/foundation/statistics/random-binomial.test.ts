import { describe, expect, it } from 'vitest';
import { randomBinomial, seededRandom } from '../../../src/foundation/statistics/random-variates.js';

/** log of the factorials of 0 to n. */
function logFactorials(n: number): readonly number[] {
  const logs = [0];
  for (let i = 1; i <= n; i += 1) logs.push((logs[i - 1] ?? 0) + Math.log(i));
  return logs;
}

describe('a random binomial number', () => {
  it.each([
    [1, 0.3],
    [19, 0.5],
    [30, 0.95],
    [400, 0.02],
    [400, 0.15],
    [400, 0.72],
    [2_000, 0.4],
  ])('of %s tosses with the chance %s follows the distribution (chi-square)', (n, p) => {
    const draws = 100_000;
    const random = seededRandom(11);
    const seen = new Float64Array(n + 1);
    for (let i = 0; i < draws; i += 1) {
      const k = randomBinomial(n, p, random);
      seen[k] = (seen[k] ?? 0) + 1;
    }
    const logs = logFactorials(n);
    let statistic = 0;
    let cells = 0;
    let rest = { seen: 0, expected: 0 };
    for (let k = 0; k <= n; k += 1) {
      const log = (logs[n] ?? 0) - (logs[k] ?? 0) - (logs[n - k] ?? 0) + k * Math.log(p) + (n - k) * Math.log1p(-p);
      rest = { seen: rest.seen + (seen[k] ?? 0), expected: rest.expected + draws * Math.exp(log) };
      if (rest.expected < 20 && k < n) continue;
      statistic += (rest.seen - rest.expected) ** 2 / Math.max(rest.expected, 1);
      cells += 1;
      rest = { seen: 0, expected: 0 };
    }
    const freedom = Math.max(1, cells - 1);
    expect((statistic - freedom) / Math.sqrt(2 * freedom)).toBeLessThan(4);
  });

  it('has the mean and the deviation that it should among many tosses', () => {
    const random = seededRandom(12);
    const draws = 50_000;
    const values = Array.from(
      { length: draws },
      () => (randomBinomial(1_000_000, 0.3, random) - 300_000) / Math.sqrt(210_000),
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / draws;
    const square = values.reduce((sum, value) => sum + value * value, 0) / draws;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(draws));
    expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
  });

  it('is certain where the chance is', () => {
    const random = () => 0.999;
    expect([randomBinomial(0, 0.5, random), randomBinomial(7, 0, random), randomBinomial(7, 1, random)]).toEqual([
      0, 0, 7,
    ]);
  });

  it('is never outside, even for the outermost random numbers', () => {
    for (const extreme of [0, 1 - 2 ** -32]) {
      let calls = 0;
      const random = () => {
        calls += 1;
        return calls > 20 ? 0.5 : extreme;
      };
      for (const n of [1, 5, 50, 500]) {
        for (const p of [0.01, 0.3, 0.7]) {
          calls = 0;
          const drawn = randomBinomial(n, p, random);
          expect(drawn).toBeGreaterThanOrEqual(0);
          expect(drawn).toBeLessThanOrEqual(n);
        }
      }
    }
  });
});
