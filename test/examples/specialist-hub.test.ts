import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('reviews in parallel are answered by the specialist for their subject, in order', {
  timeout: 30_000,
}, async () => {
  const lines = await runExample('specialist-hub');
  expect(lines.map((line) => line.split(' (')[0])).toEqual([
    '1. delivery: ask the courier',
    '2. quality: send a new one',
    '3. billing: check the account',
    '4. delivery: ask the courier',
    '5. quality: send a new one',
    '6. billing: check the account',
    '6 requests, 6 responses',
  ]);
});
