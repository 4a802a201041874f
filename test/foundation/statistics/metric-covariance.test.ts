import { expect, it } from 'vitest';
import { jointMetric, type Metric } from '../../../src/foundation/statistics/metric-covariance.js';
import { golden, isNear } from './golden.js';

it.each<[Metric, 'accuracy' | 'macroF1']>([
  ['accuracy', 'accuracy'],
  ['macro-f1', 'macroF1'],
])('%s and its covariances are those of scikit-learn and of the jackknife', (metric, key) => {
  for (const { [key]: theirs, ...rows } of golden.joint) {
    const { values, covariance } = jointMetric(metric, rows);
    expect(values.every((value, k) => isNear(value, theirs.values[k]))).toBe(true);
    const scale = theirs.covariance[0]?.[0] ?? 1;
    for (const [i, line] of covariance.entries()) {
      for (const [j, value] of line.entries()) {
        expect(Math.abs(value - (theirs.covariance[i]?.[j] ?? 0)) / scale).toBeLessThan(0.06);
      }
    }
  }
});
