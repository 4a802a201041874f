import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyzeReviews } from '../../src/analysis/analyze-reviews.js';
import { streamReviews } from '../../src/analysis/stream-reviews.js';
import { TokenBudget } from '../../src/analysis/token-budget.js';
import { createAgent } from '../../src/classify/agent.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { seededRandom } from '../../src/foundation/statistics/random-variates.js';
import {
  ModelBusyError,
  ModelFailedError,
  ModelRejectedError,
  ModelUnavailableError,
} from '../../src/model/model-errors.js';
import { memoryRunStore, memoryRuns } from '../../src/store/runs/memory-run-store.js';
import { createScriptedModel } from '../../src/testing/scripted-model.js';
import { newRun } from '../store/runs/outcomes.js';

const maxOutputTokens = 10;
const prompt = parsePrompt(
  'p',
  `---\nlabels: [good, bad]\nconfig:\n  maxOutputTokens: ${maxOutputTokens}\n---\n{{review}}`,
  'p',
);

/** A server that counts what it uses, and answers up to `times` as long as the output budget. */
async function server(seed: number, times: number) {
  const random = seededRandom(seed);
  const used = { tokens: 0, requests: 0 };
  const model = createScriptedModel(
    () => {
      const usage = {
        promptTokens: 5 + Math.floor(random() * 10),
        completionTokens: Math.ceil(random() * times * maxOutputTokens),
      };
      used.tokens += usage.promptTokens + usage.completionTokens;
      used.requests += 1;
      // Some answers are none, and are requested once more.
      return { text: random() < 0.2 ? 'neither' : 'good', usage };
    },
    { name: 'm' },
  );
  return { agent: await createAgent({ model, prompt, retry: { maxRetries: 1 } }), used };
}

const texts = (count: number) => Array.from({ length: count }, (_, index) => `review ${index}`);

describe('a limit of tokens', () => {
  it('is never crossed by a server that answers twice as long as announced, in 200 runs', async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const { agent, used } = await server(seed, 2);
      const maxTokens = 300 + seed * 7;
      const running = analyzeReviews(texts(200), { agent, maxTokens, workers: 1 + (seed % 8) });
      await expect(running).rejects.toMatchObject({ code: 'CHORALE_BUDGET' });
      expect(used.tokens).toBeLessThanOrEqual(maxTokens);
      expect(used.requests).toBeGreaterThan(1);
    }
  });

  it('does not stop a run that stays below it, and the summary has what was spent', async () => {
    const { agent, used } = await server(1, 1);
    const { results, summary } = await analyzeReviews(texts(20), { agent, maxTokens: 100_000, workers: 4 });
    expect(results).toHaveLength(20);
    const { prompt_tokens, completion_tokens, max_tokens } = summary.budget ?? {};
    expect((prompt_tokens ?? 0) + (completion_tokens ?? 0)).toBe(used.tokens);
    expect(max_tokens).toBe(100_000);
  });

  it('counts the earlier sessions of a run, which goes on with a higher limit', async () => {
    const shared = memoryRuns();
    const { agent, used } = await server(3, 2);
    const session = async (maxTokens: number) => {
      const store = memoryRunStore({ shared });
      const begun = await store.begin(newRun(`${maxTokens}`, { countTokens: true }));
      const reviews = texts(60).map((text, index) => ({ index, id: `${index}`, text }));
      const stream = streamReviews(reviews, { agent, maxTokens, workers: 3, run: { store, begun } });
      let error: unknown;
      try {
        for await (const _ of stream.outcomes);
      } catch (caught) {
        error = caught;
      }
      await store.end(error ? 'stopped' : 'done', { ...stream.summary() });
      await store.close();
      return { error, summary: stream.summary(), runId: begun.runId };
    };
    const first = await session(600);
    expect(first.error).toMatchObject({ code: 'CHORALE_BUDGET' });
    expect(used.tokens).toBeLessThanOrEqual(600);
    const spent = used.tokens;
    expect((await session(600)).error).toMatchObject({ code: 'CHORALE_BUDGET' });
    expect(used.tokens).toBeLessThanOrEqual(600);
    const last = await session(100_000);
    expect(last.error).toBeUndefined();
    expect(last.runId).toBe(first.runId);
    expect(last.summary.succeeded + last.summary.failed).toBe(60);
    expect(used.tokens).toBeGreaterThan(spent);
  });

  it('stops at the first answer of a server that counts nothing', async () => {
    let requests = 0;
    const model = createScriptedModel(() => {
      requests += 1;
      return { text: 'good', usage: { promptTokens: null, completionTokens: null } };
    });
    const agent = await createAgent({ model, prompt });
    const running = analyzeReviews(texts(20), { agent, maxTokens: 5_000, workers: 4 });
    await expect(running).rejects.toThrow(
      'the server counts no tokens, so that no limit can be kept; run without maxTokens',
    );
    expect(requests).toBe(1);
  });

  it('rejects what is no limit, and a cost without a price', async () => {
    const { agent } = await server(1, 1);
    for (const maxTokens of [0, -1, 1.5, Number.NaN]) {
      await expect(analyzeReviews(['x'], { agent, maxTokens })).rejects.toThrow(
        'option maxTokens must be a whole number',
      );
    }
    for (const maxCost of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const price = { promptPerMillion: 1, completionPerMillion: 1, currency: 'EUR' };
      await expect(analyzeReviews(['x'], { agent, maxCost, price })).rejects.toThrow('option maxCost must be above 0');
    }
    await expect(analyzeReviews(['x'], { agent, maxCost: 1 })).rejects.toThrow(
      'option maxCost must be given with a price',
    );
  });
});

describe('reservations', () => {
  const requestOf = (length: number) => ({
    input: { kind: 'completion' as const, prompt: 'x'.repeat(length) },
    subject: '',
    labels: [],
    options: { maxOutputTokens, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
  });

  it('never exceed the limit together with what is spent, whatever the order and the usage within the worst case', async () => {
    const step = fc.record({
      length: fc.nat({ max: 300 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 3_000 }),
        async (steps, maxTokens) => {
          const budget = new TokenBudget({ maxTokens });
          let used = 0;
          const { signal } = new AbortController();
          const work = steps.map(async ({ length, share, fails }) => {
            const settle = await budget.reserve(requestOf(length), signal);
            await Promise.resolve();
            if (fails) return settle(undefined, new ModelBusyError(429, 'busy', null));
            const usage = {
              promptTokens: Math.floor(share * (length + 128)),
              completionTokens: Math.floor(share * 2 * maxOutputTokens),
            };
            used += usage.promptTokens + usage.completionTokens;
            settle(usage);
          });
          await Promise.allSettled(work);
          expect(used).toBeLessThanOrEqual(maxTokens);
        },
      ),
      { numRuns: 100 },
    );
  });

  const broken = (code: string) => Object.assign(new Error(code), { code });
  const unavailable = (cause: Error) => new ModelUnavailableError('http://a', cause.message, { cause });

  it.each([
    ['a gateway that gave up (504)', new ModelBusyError(504, 'timeout', null)],
    ['a server that was busy or stopped (503)', new ModelBusyError(503, 'busy', null)],
    ['a connection that was reset', unavailable(broken('ECONNRESET'))],
    ['a pool without a host, after a reset', unavailable(unavailable(broken('UND_ERR_SOCKET')))],
    ['a server that failed', new ModelFailedError(500, 'the runner has stopped')],
  ])('are spent by %s: the server may have generated', async (_, error) => {
    const budget = new TokenBudget({ maxTokens: 1_000 });
    const settle = await budget.reserve(requestOf(10), new AbortController().signal);
    settle(undefined, error);
    expect(budget.summary()).toMatchObject({ prompt_tokens: 138, completion_tokens: 2 * maxOutputTokens });
  });

  it.each([
    ['too many requests (429)', new ModelBusyError(429, 'busy', null)],
    ['a refused connection', unavailable(broken('ECONNREFUSED'))],
    ['a pool without a host, after a refused connection', unavailable(unavailable(broken('ECONNREFUSED')))],
    ['a request that the server rejected', new ModelRejectedError(400, 'no such option')],
  ])('are given back by %s', async (_, error) => {
    const budget = new TokenBudget({ maxTokens: 1_000 });
    const settle = await budget.reserve(requestOf(10), new AbortController().signal);
    settle(undefined, error);
    expect(budget.summary()).toMatchObject({ prompt_tokens: 0, completion_tokens: 0 });
  });

  it('of a request that is aborted while it waits are none', async () => {
    const budget = new TokenBudget({ maxTokens: 1_000 });
    const { signal } = new AbortController();
    const settle = await budget.reserve(requestOf(10), signal);
    const waiting = new AbortController();
    const second = budget.reserve(requestOf(10), waiting.signal);
    waiting.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    settle({ promptTokens: 5, completionTokens: 1 });
    await expect(budget.reserve(requestOf(10), signal)).resolves.toBeTypeOf('function');
  });
});
