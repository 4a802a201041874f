import { describe, expect, it } from 'vitest';
import { blockIntervals, fewestBlocks, studentQuantile } from '../../../src/foundation/statistics/block-bootstrap.js';
import { QuantileSketch, weightedQuantile } from '../../../src/foundation/statistics/quantile-sketch.js';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { blockCoverage } from '../../durability/statistics/simulated-blocks.js';

describe('the interval over blocks', () => {
  it('needs five blocks', () => {
    const one = () => 1;
    expect(blockIntervals(fewestBlocks - 1, [one])).toBeUndefined();
    expect(blockIntervals(fewestBlocks, [one])).toEqual([{ lower: 1, upper: 1 }]);
  });

  it('is the same for the same seed, and wider for a higher confidence', () => {
    const values = [3, 5, 4, 8, 6, 5, 4];
    const mean = (weights: Uint32Array) =>
      values.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0) / 7;
    const interval = (options: object) =>
      blockIntervals(7, [mean], { resamples: 2_000, ...options })?.[0] ?? { lower: 9, upper: 0 };
    expect(interval({ seed: 3 })).toEqual(interval({ seed: 3 }));
    const [narrow, wide] = [interval({ confidence: 0.8 }), interval({ confidence: 0.99 })];
    expect(narrow.lower).toBeLessThan(5);
    expect(narrow.upper).toBeGreaterThan(5);
    expect(wide.lower).toBeLessThan(narrow.lower);
    expect(wide.upper).toBeGreaterThan(narrow.upper);
  });

  it('covers the true rate in about 95 % of simulated experiments with five and with ten blocks', () => {
    for (const blocks of [5, 10]) {
      const { rate } = blockCoverage(
        { blocks, rows: 20, workers: 1, spread: 0.2, drift: 'none' },
        { experiments: 200, resamples: 1_000 },
      );
      expect(rate).toBeGreaterThan(0.9);
      expect(rate).toBeLessThanOrEqual(1);
    }
  });
});

describe('studentQuantile', () => {
  it.each([
    [0.05, 1, 12.706204736],
    [0.05, 2, 4.30265273],
    [0.05, 4, 2.776445105],
    [0.05, 9, 2.262157163],
    [0.01, 5, 4.032142984],
    [0.001, 19, 3.883405852],
    [0.2, 3, 1.637744354],
    [0.05, 200, 1.971896224],
  ])('with probability %f and %i degrees of freedom is that of scipy.stats.t.isf', (probability, degrees, expected) => {
    expect(studentQuantile(probability, degrees) / expected).toBeCloseTo(1, 4);
  });
});

describe('weightedQuantile', () => {
  it('is the quantile of the merged sketches', () => {
    const random = seededRandom(7);
    const sketches = [0, 1, 2].map((shift) => {
      const sketch = new QuantileSketch();
      for (let n = 0; n < 50; n += 1) sketch.add(random() < 0.1 ? 0 : shift + random() * 100);
      return sketch;
    });
    const merged = new QuantileSketch();
    for (const [index, times] of [2, 0, 1].entries()) {
      for (let time = 0; time < times; time += 1) merged.merge((sketches[index] ?? merged).toJSON());
    }
    for (const share of [0.05, 0.5, 0.9]) {
      expect(weightedQuantile(sketches, share)(Uint32Array.of(2, 0, 1))).toBe(merged.quantile(share));
    }
  });
});
