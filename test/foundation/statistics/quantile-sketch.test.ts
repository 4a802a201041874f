import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuantileSketch } from '../../../src/foundation/statistics/quantile-sketch.js';

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

describe('the quantile sketch', () => {
  it('is within 1 % of the exact quantile for any values', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.constantFrom(0, 0.01, 0.5, 0.95, 0.99, 1), (list, share) => {
        const sorted = [...list].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * list.length)) - 1] ?? Number.NaN;
        const estimate = sketchOf(list).quantile(share) ?? Number.NaN;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * 0.01 + 1e-12);
      }),
    );
  });

  it('has an exact count, mean and maximum', () => {
    const sketch = sketchOf([1, 2, 6]);
    expect([sketch.count, sketch.mean, sketch.max]).toEqual([3, 3, 6]);
  });

  it('knows nothing where nothing was added', () => {
    const sketch = new QuantileSketch();
    expect([sketch.mean, sketch.max, sketch.quantile(0.5)]).toEqual([null, null, null]);
  });
});
