import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of checkpoints tells its story', async () => {
  expect(await runExample('checkpointing')).toEqual([
    'load   orders.csv',
    'clean  120 rows',
    'sum up 100 rows',
    "graph 'report': node 'sum up' failed: the price server refused [secret password]",
    '',
    'The server is up again, and the run is resumed, at first without its secret:',
    "run march needs the secret 'password'; given: none",
    'sum up 100 rows',
    'send   500 €',
    'load -> clean -> sum up -> send: 500 € to the accountant',
    '',
    'Its history:',
    '0  (begin) {"source":"orders.csv"}',
    '1  load    {"source":"orders.csv","rows":120}',
    '2  clean   {"source":"orders.csv","rows":120,"clean":100}',
    '3  sum up  {"source":"orders.csv","rows":120,"clean":100,"total":"500 €"}',
    '4  send    {"source":"orders.csv","rows":120,"clean":100,"total":"500 €","sent":"to the accountant"}',
    '',
    'What if fewer rows had been lost? A fork goes on from the second stage:',
    'sum up 115 rows',
    'send   575 €',
    '575 € instead of 500 €',
  ]);
}, 30_000);
