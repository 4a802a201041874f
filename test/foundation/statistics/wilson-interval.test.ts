import { describe, expect, it } from 'vitest';
import { normalQuantile, wilsonInterval } from '../../../src/foundation/statistics/proportions.js';

describe("Wilson's interval", () => {
  it('ends at 0 and at 1 where nothing, or everything, is right', () => {
    for (let rows = 1; rows <= 300; rows += 1) {
      const confidence = 0.5 + rows / 700;
      expect(wilsonInterval(0, rows, { confidence }).lower).toBe(0);
      expect(wilsonInterval(rows, rows, { confidence }).upper).toBe(1);
    }
    expect(wilsonInterval(20, 20).lower).toBeCloseTo(0.8388748, 6);
  });

  it('knows nothing without rows', () => {
    expect(wilsonInterval(0, 0)).toEqual({ lower: 0, upper: 1 });
  });

  it('covers between 93 and 97 % of 400 rows, computed over all outcomes', () => {
    const coverage = (share: number) => {
      const logs = [0];
      for (let i = 1; i <= 400; i += 1) logs.push((logs[i - 1] ?? 0) + Math.log(i));
      const chance = (k: number) =>
        Math.exp(
          (logs[400] ?? 0) -
            (logs[k] ?? 0) -
            (logs[400 - k] ?? 0) +
            k * Math.log(share) +
            (400 - k) * Math.log1p(-share),
        );
      return Array.from({ length: 401 }, (_, k) => k)
        .filter((k) => wilsonInterval(k, 400).lower <= share && share <= wilsonInterval(k, 400).upper)
        .reduce((sum, k) => sum + chance(k), 0);
    };
    const shares = Array.from({ length: 91 }, (_, i) => 0.05 + i / 100);
    const found = shares.map(coverage);
    expect(Math.min(...found)).toBeGreaterThan(0.93);
    expect(Math.max(...found)).toBeLessThan(0.97);
  });

  it('refuses more successes than rows, and what is no count', () => {
    expect(() => wilsonInterval(3, 2)).toThrow('option successes must be at most the total (2), but is 3');
    expect(() => wilsonInterval(0.5, 2)).toThrow('option successes must be a whole number');
    expect(() => wilsonInterval(0, Number.NaN)).toThrow('option total must be a whole number');
  });
});

describe('the normal quantile', () => {
  // scipy.stats.norm.ppf
  it.each([
    [1e-300, -37.0471],
    [1e-12, -7.034483825301131],
    [0.025, -1.9599639845400545],
    [0.5, 0],
    [0.8, 0.8416212335729143],
    [0.975, 1.959963984540054],
    [0.9999, 3.7190164854556804],
  ])('of %s is %s', (p, deviate) => {
    expect(normalQuantile(p)).toBeCloseTo(deviate, p < 1e-100 ? 3 : 12);
  });

  it.each([0, 1, -1, Number.NaN])('refuses %s', (p) => {
    expect(() => normalQuantile(p)).toThrow('option p must be above 0 and below 1');
  });
});
