import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of several data sets tells what became of each', async () => {
  expect(await runExample('several-data-sets')).toEqual([
    'coast: mean of 3 readings 59.0 °F, all stations answered',
    'hills: mean of 3 readings 44.6 °F, without hut',
    'islands: stopped (parallel execution failed: item 1: station south is silent)',
  ]);
}, 30_000);
