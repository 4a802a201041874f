import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('a graph loads reviews, analyses them in parallel, and drafts a reply or closes', {
  timeout: 30_000,
}, async () => {
  expect(await runExample('sentiment-graph')).toEqual([
    'kettle: negative, negative, negative, neutral',
    '  load → analyse → draft reply: reply drafted: "We are sorry about your kettle."',
    'lamp: positive, positive, negative, positive',
    '  load → analyse → close: closed',
  ]);
});
