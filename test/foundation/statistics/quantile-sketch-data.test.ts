import fc from 'fast-check';
import { expect, it } from 'vitest';
import { QuantileSketch } from '../../../src/foundation/statistics/quantile-sketch.js';

const times = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true })), { maxLength: 50 });

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

it('a sketch that is merged from the data of two is that of all values', () => {
  fc.assert(
    fc.property(times, times, (first, second) => {
      const merged = sketchOf(first);
      merged.merge(JSON.parse(JSON.stringify(sketchOf(second))));
      const all = sketchOf([...first, ...second]);
      for (const share of [0, 0.5, 0.95, 1]) expect(merged.quantile(share)).toBe(all.quantile(share));
      expect([merged.count, merged.max]).toEqual([all.count, all.max]);
      expect(merged.mean ?? 0).toBeCloseTo(all.mean ?? 0, 3);
    }),
  );
});
