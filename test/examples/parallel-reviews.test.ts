import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('reviews are done in parallel and told in order, and one that fails stops nothing', {
  timeout: 30_000,
}, async () => {
  const lines = await runExample('parallel-reviews');
  expect(lines.slice(0, 5).map((line) => line.replace(/is \w+$/, 'is …'))).toEqual(
    [1, 2, 3, 4, 5].map((completed) => `${completed} of 6 done, the latest is …`),
  );
  expect(lines.slice(5)).toEqual([
    '1. positive: I love it: the battery lasts for days.',
    '2. negative: It broke after a week.',
    '3. neutral: It does what it says.',
    '4. negative: The worst purchase of the year.',
    '5. positive: A delight, every morning anew.',
    '6. failed: Arrived on Tuesday.',
    'failed: item 5: the model has fallen asleep',
  ]);
});
