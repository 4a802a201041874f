import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometricMean } from '../../../src/foundation/statistics/mean-interval.js';
import { fitScalabilityLaw } from '../../../src/foundation/statistics/scalability-law.js';

const levels = [1, 2, 4, 8, 16, 32];

describe('the Universal Scalability Law', () => {
  it('is found again from its own throughputs', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1_000, noNaN: true }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (gamma, sigma, kappa) => {
          const points = levels.map((n) => ({
            workers: n,
            perSecond: (gamma * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1)),
          }));
          const law = fitScalabilityLaw(points);
          expect((law?.gamma ?? 0) / gamma).toBeCloseTo(1, 6);
          expect(law?.sigma).toBeCloseTo(sigma, 6);
          expect(law?.kappa).toBeCloseTo(kappa, 6);
          expect(law?.worstError).toBeLessThan(1e-6);
        },
      ),
    );
  });

  it('has its peak where the throughput is largest', () => {
    const law = fitScalabilityLaw(
      levels.map((n) => ({ workers: n, perSecond: n / (1 + 0.1 * (n - 1) + 0.01 * n * (n - 1)) })),
    );
    expect(law?.peak).toBeCloseTo(Math.sqrt(0.9 / 0.01), 6);
  });

  it('has none where throughput grows without end', () => {
    expect(fitScalabilityLaw(levels.map((n) => ({ workers: n, perSecond: 10 * n })))?.peak).toBeNull();
  });

  it('tells how badly it fits a server with slots', () => {
    const law = fitScalabilityLaw(levels.map((n) => ({ workers: n, perSecond: 10 * Math.min(n, 8) })));
    expect(law?.worstError).toBeGreaterThan(0.05);
  });

  it('is not fitted to four levels, nor to levels without a throughput', () => {
    const points = levels.map((n) => ({ workers: n, perSecond: 10 * n }));
    expect(fitScalabilityLaw(points.slice(0, 4))).toBeUndefined();
    expect(fitScalabilityLaw(points.map((point) => ({ ...point, perSecond: 0 })))).toBeUndefined();
  });
});

describe('a geometric mean', () => {
  it('has the interval of Student', () => {
    // scipy: exp(t.interval(0.95, 2, mean(log(x)), sem(log(x)))) of 8, 10 and 12.5
    expect(geometricMean([8, 10, 12.5])).toEqual({
      value: expect.closeTo(10, 10),
      interval: { lower: expect.closeTo(5.744632, 5), upper: expect.closeTo(17.407557, 5) },
    });
  });

  it('has no interval of one value', () => {
    expect(geometricMean([3])).toEqual({ value: expect.closeTo(3, 12), interval: undefined });
  });
});
