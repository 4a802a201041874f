import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of a hub tells its story', async () => {
  expect(await runExample('hub')).toEqual([
    '1. Direct: a note from one agent to another',
    'reporter   gets a note from editor: the harbour, please',
    '2. Request and response, across two hubs',
    "archivist  looks up 'The new harbour'",
    "editor     knows of 3 earlier stories and passes 'The new harbour' to the press",
    'printer    sets 420 words for the editor',
    "reporter   is told: 'The new harbour' is on page 1",
    'editor     hears from the press: 1 page is ready',
    '3. Publish and subscribe',
    'reporter   reads the weather: fog until noon',
    '           1 subscriber',
    '4. Broadcast',
    'reporter   hears: 10 minutes left',
    'archivist  hears: 10 minutes left',
    '           2 listeners',
    'newsroom: 6 delivered, 0 failed, 2 requests',
    'press: 2 delivered, 0 failed, 1 requests',
  ]);
}, 30_000);
