import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of a service tells what it answered, and how sure it is', async () => {
  expect(await runExample('sentiment-service')).toEqual([
    '[1] positive 0.88 it says love and best',
    '[2] negative 0.86 it says broke and waste',
    '[3] neutral 0.50',
    '[4] positive 0.67 it says slow and good',
    '4 of 4 answered by http',
  ]);
}, 30_000);
