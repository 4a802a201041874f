import { expect, test } from 'vitest';
import type { ReviewResult } from '../../src/analysis/review-result.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { createAgent } from '../../src/classify/agent.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { ModelUnavailableError } from '../../src/model/model-errors.js';
import { createManualClock, createScriptedModel, type ScriptStep } from '../../src/testing/index.js';

const prompt = parsePrompt('mine', '---\nlabels: [positive, negative]\noutput: { format: label }\n---\n{{review}}');
const never: ScriptStep = { text: 'positive', latencyMs: 1e9 };

/** Runs reviews over a script, and tells their results, what ended the run, and how long it took. */
async function run(script: (index: number) => ScriptStep, given: { itemTimeoutMs?: number; items?: number } = {}) {
  const { itemTimeoutMs = 120_000, items = 1_000 } = given;
  const runtime = createManualClock();
  const model = createScriptedModel((_, index) => script(index), { clock: runtime });
  const agent = await createAgent({ model, prompt, runtime, itemTimeoutMs, retry: { maxRetries: 0 } });
  const reviews = Array.from({ length: items }, (_, index) => ({ index, id: String(index), text: `review ${index}` }));
  const results: ReviewResult[] = [];
  const read = async () => {
    for await (const { result } of streamReviews(reviews, { agent, workers: 8, runtime }).outcomes)
      results.push(result);
  };
  const ended = read().catch((error: unknown) => error);
  await runtime.advanceToEnd();
  return { results, end: await ended, requests: model.requests.length, lastedMs: runtime.now() };
}

test('a server that has gone silent costs two time limits, not one for each review', async () => {
  const { end, requests, lastedMs, results } = await run((index) => (index < 20 ? 'positive' : never));
  expect(end).toMatchObject({ code: 'CHORALE_MODEL_UNRESPONSIVE', reviews: 16 });
  expect(String(end)).toContain('no review was answered for 240 s (16 in a row: no answer within 120000 ms');
  expect(requests).toBeLessThanOrEqual(20 + 24);
  expect(lastedMs).toBeLessThanOrEqual(240_001);
  expect(results.filter(({ status }) => status === 'ok')).toHaveLength(20);
});

test('one answer in between is enough to go on', async () => {
  const { end, results } = await run((index) => (index % 4 === 0 ? 'positive' : never), { items: 64 });
  expect(end).toBeUndefined();
  expect(results).toHaveLength(64);
});

test('so is any other failure: it is an answer of the server', async () => {
  const { end, results } = await run((index) => (index % 4 === 0 ? 'no idea' : never), { items: 64 });
  expect(end).toBeUndefined();
  expect(results).toHaveLength(64);
});

test('short limits are waited for ten seconds', async () => {
  const { end, lastedMs } = await run(() => never, { itemTimeoutMs: 1_000 });
  expect(end).toMatchObject({ code: 'CHORALE_MODEL_UNRESPONSIVE' });
  expect(lastedMs).toBeGreaterThanOrEqual(10_000);
  expect(lastedMs).toBeLessThan(12_000);
});

test('a server that is not there ends the run as well', async () => {
  const gone: ScriptStep = { error: new ModelUnavailableError('http://a', 'connection refused'), latencyMs: 10_000 };
  const { end } = await run(() => gone);
  expect(end).toMatchObject({ code: 'CHORALE_MODEL_UNRESPONSIVE', message: expect.stringContaining('http://a') });
});
