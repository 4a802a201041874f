import { expect, test } from 'vitest';
import { runExample } from './run-example.js';

test('the example of a review approves, sends back, and rejects', async () => {
  expect(await runExample('document-review')).toEqual([
    'The ferry: approved (approve, approve, approve)',
    '  prepared in 3 steps: 15 words, sentences with a number: 1',
    "  'The ferry' appears on Friday",
    'The bridge: to be revised (approve, revise, revise)',
    '  prepared in 3 steps: 11 words, sentences with a number: 1',
    '  facts: 1 claim without a source; tone: less noise, please',
    'The bridge, revised: approved (approve, approve, approve)',
    '  prepared in 3 steps: 13 words, sentences with a number: 1',
    "  'The bridge, revised' appears on Friday",
    'Scandal: rejected (reject, approve, reject)',
    '  prepared in 3 steps: 3 words, sentences with a number: 0',
    '  length: 3 words are no article; tone: it shouts',
    '',
    'Runs, the newest first:',
    '  review completed',
    '  review completed',
    '  review completed',
    '  review completed',
  ]);
}, 30_000);
