/**
 * A hub inside a processor: reviews are analysed in parallel, and each is handed to the specialist for its subject.
 *
 *   npx tsx examples/specialist-hub.ts
 */

import { processParallel } from 'chorale';
import { createHub } from 'chorale/orchestration';

const reviews = [
  'The parcel came two weeks late.',
  'The zip broke on day one.',
  'I was charged twice for one bag.',
  'The courier left it in the rain.',
  'A seam is open at the side.',
  'Where is my refund?',
];

/** Which specialist a review is for, by the words in it. */
const subjects: readonly (readonly [specialist: 'delivery' | 'quality' | 'billing', words: RegExp])[] = [
  ['delivery', /parcel|courier|late/],
  ['billing', /charged|refund|price/],
  ['quality', /./],
];

const hub = createHub({ name: 'service desk' });
const advice = { delivery: 'ask the courier', quality: 'send a new one', billing: 'check the account' };
for (const [specialist, answer] of Object.entries(advice)) {
  hub.register(specialist, async ({ data }) => `${specialist}: ${answer} (“${String(data)}”)`);
}

const { results } = await processParallel(
  reviews,
  async (review, { index, signal }) => {
    const [specialist] = subjects.find(([, words]) => words.test(review)) ?? ['quality'];
    const response = await hub.request({ from: `review ${index + 1}`, to: specialist, data: review }, { signal });
    return String(response.data);
  },
  { maxWorkers: 3 },
);

for (const [index, answer] of results.entries()) console.log(`${index + 1}. ${answer}`);
const { requests, responses } = hub.metrics();
console.log(`${requests} requests, ${responses} responses`);
await hub.close();
