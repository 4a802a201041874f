import { expect, it } from 'vitest';
import { metricNames, metricsByName } from '../../../src/evaluate/experiment/metric-names.js';
import { right, runSample, sampleRows } from './sample-experiment.js';

it('the names of all metrics are known beforehand, those of repeats only with repeats', () => {
  const names = metricNames(['good', 'bad'], 1);
  for (const name of [
    'accuracy',
    'accuracy.lower',
    'macro_f1',
    'classes.bad.recall',
    'failures_as_wrong.accuracy.upper',
  ]) {
    expect(names).toContain(name);
  }
  for (const name of ['confidence.brier', 'latency_ms.p95', 'tokens.per_review', 'cost.per_1000_reviews', 'failed']) {
    expect(names).toContain(name);
  }
  expect(names.filter((name) => /stability|problem|version|digest|confusion|runs|errors/.test(name))).toEqual([]);
  expect(metricNames(['good', 'bad'], 2)).toContain('stability.changed_share');
});

it('every name has a metric in the result', async () => {
  const { result } = await runSample({ a: right }, sampleRows(40), {
    repeats: 2,
    priceOf: () => ({ promptPerMillion: 1, completionPerMillion: 1, currency: 'USD' }),
  });
  const [a] = result.variants;
  const metrics = a ? metricsByName(a) : new Map();
  const names = metricNames(['good', 'bad'], 2).filter((name) => !name.startsWith('cost'));
  expect(names.filter((name) => !metrics.has(name))).toEqual([]);
  expect(metrics.get('accuracy')).toBe(1);
  expect(metrics.get('classes.good.support')).toBe(20);
});
