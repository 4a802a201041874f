import { describe, expect, it } from 'vitest';
import { selectedBest, selectedBestAccuracy } from '../../../src/foundation/statistics/selection-correction.js';
import { golden, isNear } from './golden.js';

describe('the value of the best of several', () => {
  it("is that of scipy's truncated normal distribution", () => {
    const wrong = golden.selected.filter(({ estimates, covariance, value, interval: [lower, upper] }) => {
      const ours = selectedBest(estimates, covariance);
      return !(
        isNear(ours?.value, value) &&
        isNear(ours?.interval.lower, lower) &&
        isNear(ours?.interval.upper, upper)
      );
    });
    expect(wrong).toEqual([]);
  });

  const independent = (size: number) =>
    Array.from({ length: size }, (_, i) => Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)));

  it('is below the observed one where others are close, and equals it where none is', () => {
    const close = selectedBestAccuracy([180, 179, 179, 178, 178], 200, independent(5));
    expect(close?.value).toBeLessThan(0.89);
    expect(close?.interval.lower).toBeLessThan(0.83);
    const clear = selectedBestAccuracy([180, 60, 60, 60, 60], 200, independent(5));
    expect(clear?.best).toBe(0);
    expect(clear?.value).toBeCloseTo(0.9, 3);
    // Wilson's interval is 85.1 to 93.4 %.
    expect(clear?.interval.lower).toBeCloseTo(0.85, 2);
    expect(clear?.interval.upper).toBeCloseTo(0.94, 2);
  });

  it('stays between 0 and 1, and is nothing without rows', () => {
    const all = selectedBestAccuracy([10, 10], 10, independent(2));
    expect(all?.interval.upper).toBeLessThanOrEqual(1);
    expect(all?.interval.lower).toBeGreaterThan(0);
    expect(selectedBestAccuracy([0, 0], 0, independent(2))).toBeNull();
    expect(
      selectedBest(
        [0.5, 0.4],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    ).toBeNull();
  });
});
