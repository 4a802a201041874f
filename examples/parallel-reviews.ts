/**
 * Reviews analysed in parallel, with results in input order. A scripted model answers, so that no server is needed; put
 * `ollama({ model: 'llama3.2:3b' })` in its place for the real thing.
 *
 *   npx tsx examples/parallel-reviews.ts
 */
import { createAgent, loadPrompt, processParallel } from 'chorale';
import { createScriptedModel } from 'chorale/testing';

/** Each review, what the model says about it, and how long it thinks, in milliseconds: the first takes longest. */
const script = new Map([
  ['I love it: the battery lasts for days.', { text: 'positive', latencyMs: 60 }],
  ['It broke after a week.', { text: 'negative', latencyMs: 50 }],
  ['It does what it says.', { text: 'neutral', latencyMs: 40 }],
  ['The worst purchase of the year.', { text: 'negative', latencyMs: 30 }],
  ['A delight, every morning anew.', { text: 'positive', latencyMs: 20 }],
  ['Arrived on Tuesday.', { error: new Error('the model has fallen asleep') }],
]);
const reviews = [...script.keys()];

const model = createScriptedModel(({ subject }) => script.get(subject) ?? new Error('not in the script'));
const agent = await createAgent({ model, prompt: await loadPrompt('sentiment') });

const { outcomes, errors } = await processParallel(
  reviews,
  async (review, { index, signal }) => {
    const { label } = await agent.classify(review, { item: String(index + 1), signal });
    return label;
  },
  {
    maxWorkers: 3,
    failFast: false,
    onProgress: (completed, total, latest) => console.log(`${completed} of ${total} done, the latest is ${latest}`),
  },
);

for (const outcome of outcomes) {
  const found = outcome.status === 'ok' ? outcome.value : outcome.status;
  console.log(`${outcome.index + 1}. ${found}: ${reviews[outcome.index]}`);
}
for (const { message } of errors) console.log(`failed: ${message}`);
