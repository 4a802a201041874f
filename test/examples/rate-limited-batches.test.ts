import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of batches begins one batch a second, and loses no address', async () => {
  expect(await runExample('rate-limited-batches')).toEqual([
    'batch 1 at 0 ms: 40 found, 0 not, in 200 ms',
    'batch 2 at 1000 ms: 39 found, 1 not, in 200 ms',
    'batch 3 at 2000 ms: 40 found, 0 not, in 200 ms',
    'batch 4 at 3000 ms: 39 found, 1 not, in 200 ms',
    'batch 5 at 4000 ms: 40 found, 0 not, in 200 ms',
    '198 of 200 addresses found, not found: 67, 134',
    '4200 ms on the clock',
  ]);
}, 30_000);
