import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('batches of reviews are judged in parallel and folded into one state', { timeout: 30_000 }, async () => {
  expect(await runExample('sentiment-chain')).toEqual([
    'day 1 of 3: 4 reviews judged so far, 0 failed',
    'day 2 of 3: 7 reviews judged so far, 0 failed',
    'day 3 of 3: 10 reviews judged so far, 1 failed',
    'Monday: 25 % of 4 reviews are negative',
    'Tuesday: 67 % of 3 reviews are negative',
    'Wednesday: 0 % of 3 reviews are negative',
    '3 batches: 6 positive, 1 neutral, 3 negative (lexicon wink-sentiment)',
  ]);
});
