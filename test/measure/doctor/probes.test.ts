import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAgent } from '../../../src/classify/agent.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import {
  estimateRun,
  largestOverlap,
  probePrefixCache,
  probeSlots,
  probeThroughput,
} from '../../../src/measure/doctor/probes.js';
import { ModelUnavailableError } from '../../../src/model/model-errors.js';
import { createManualClock, createScriptedModel, type ManualClock } from '../../../src/testing/index.js';
import { createQueueingModel } from './queueing-model.js';

const signal = new AbortController().signal;
const options = { maxOutputTokens: 8, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] };
const prompt = parsePrompt('mine', '---\nlabels: [positive, negative]\n---\nJudge: {{review}}');

/** What a promise comes to once time has run out. */
async function settled<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await clock.advanceToEnd();
  return promise;
}

const inputsOf = (...texts: readonly string[]) => texts.map((text) => ({ text }));

describe('the slots of a server', () => {
  it.each([1, 2, 3, 4, 8, 13, 32])('are counted where there are %d', async (slots) => {
    const clock = createManualClock();
    const model = createQueueingModel(clock, { slots, restMs: 240 });
    expect(await settled(clock, probeSlots(model, options, { signal, runtime: clock }))).toMatchObject({
      count: slots,
      atLeast: false,
    });
  });

  it('are told as at least so many where all requests are worked on at once', async () => {
    const clock = createManualClock();
    const model = createQueueingModel(clock, { slots: 1_000, restMs: 240 });
    expect(await settled(clock, probeSlots(model, options, { signal, runtime: clock }))).toEqual({
      count: 64,
      sent: 64,
      atLeast: true,
    });
  });

  it('the options of the run stay as they are, so that nothing is loaded anew', async () => {
    const model = createScriptedModel(() => 'fifteen');
    await probeSlots(model, { ...options, contextTokens: 1_024, seed: 7 }, { signal });
    for (const request of model.requests) expect(request.options).toMatchObject({ contextTokens: 1_024, seed: 7 });
    expect(new Set(model.requests.map(({ input }) => JSON.stringify(input))).size).toBeGreaterThanOrEqual(8);
  });

  it('a server that fails is no server with slots', async () => {
    const model = createScriptedModel(() => new ModelUnavailableError('host', 'refused'));
    await expect(probeSlots(model, options, { signal })).rejects.toMatchObject({
      errors: [expect.any(ModelUnavailableError)],
    });
  });
});

describe('the largest overlap', () => {
  it.each([
    [[], 0],
    [[[0, 5]], 1],
    [[[0, 0]], 1],
    [
      [
        [0, 5],
        [5, 9],
      ],
      1,
    ],
    [
      [
        [0, 5],
        [4, 9],
      ],
      2,
    ],
    [
      [
        [0, 9],
        [1, 2],
        [3, 4],
      ],
      2,
    ],
    [
      [
        [0, 9],
        [1, 8],
        [3, 4],
      ],
      3,
    ],
  ] as [[number, number][], number][])('of %j is %d', (spans, count) => {
    expect(largestOverlap(spans.map(([from, to]) => ({ from, to })))).toBe(count);
  });

  it('is what looking at every moment gives', () => {
    const span = fc
      .tuple(fc.nat(20), fc.integer({ min: 1, max: 20 }))
      .map(([from, length]) => ({ from, to: from + length }));
    fc.assert(
      fc.property(fc.array(span, { minLength: 1 }), (spans) => {
        const moments = Array.from({ length: 41 }, (_, at) => at + 0.5);
        const counts = moments.map((at) => spans.filter(({ from, to }) => from < at && at < to).length);
        expect(largestOverlap(spans)).toBe(Math.max(...counts));
      }),
    );
  });
});

describe('the prefix cache', () => {
  it('is the time to the first token with a new beginning, and with the same one again', async () => {
    const clock = createManualClock();
    const seen = new Set<string>();
    const model = createScriptedModel(({ input }) => {
      const text = input.kind === 'chat' ? (input.messages[0]?.content ?? '') : input.prompt;
      const beginning = text.slice(0, 10);
      const firstTokenMs = seen.has(beginning) ? 40 : 400;
      seen.add(beginning);
      return { text: 'positive', durations: { totalMs: 500, firstTokenMs, queueMs: null, loadMs: null } };
    });
    const agent = await createAgent({ model, prompt, runtime: clock });
    expect(await probePrefixCache(agent, inputsOf('a', 'b', 'c'), signal)).toEqual({ coldMs: 400, warmMs: 40 });
    expect(new Set(model.requests.map(({ subject }) => subject))).toEqual(new Set(['a', 'b', 'c']));
  });

  it('is undefined where the model does not report the time to the first token', async () => {
    const agent = await createAgent({ model: createScriptedModel(() => 'positive'), prompt });
    expect(await probePrefixCache(agent, inputsOf('a', 'b'), signal)).toBeUndefined();
  });
});

describe('the throughput', () => {
  it('is that of the server, without the first wave', async () => {
    const clock = createManualClock();
    const model = createQueueingModel(clock, { slots: 2, firstTokenMs: 50, restMs: 50 });
    const agent = await createAgent({ model, prompt, runtime: clock });
    const measured = probeThroughput(agent, inputsOf('a', 'b', 'c'), {
      workers: 4,
      limitMs: 10_000,
      signal,
      runtime: clock,
    });
    await clock.advance(10_000);
    const { perSecond, answered, failed, promptTokens, workers } = await measured;
    expect(workers).toBe(4);
    expect(perSecond).toBeCloseTo(20, 0);
    expect(answered).toBeGreaterThan(190);
    expect(failed).toBe(0);
    expect(promptTokens).toBe(30);
  });

  it('counts failures by their code and goes on', async () => {
    const clock = createManualClock();
    // A wrong answer is asked once more.
    const textOf = (index: number) => (index % 3 === 2 ? 'positive' : 'bananas');
    const model = createScriptedModel((_, index) => ({ text: textOf(index), latencyMs: 100 }), { clock });
    const agent = await createAgent({ model, prompt, runtime: clock });
    const measured = probeThroughput(agent, inputsOf('a'), { workers: 1, limitMs: 1_050, signal, runtime: clock });
    await clock.advance(1_050);
    const { answered, failures } = await measured;
    expect(answered).toBe(3);
    expect([...failures]).toEqual([['CHORALE_ANSWER_INVALID', 3]]);
  });

  it('is no rate where next to nothing was answered, and so there is no estimate', async () => {
    const clock = createManualClock();
    const model = createQueueingModel(clock, { slots: 1, restMs: 900 });
    const agent = await createAgent({ model, prompt, runtime: clock });
    const measured = probeThroughput(agent, inputsOf('a'), { workers: 1, limitMs: 1_000, signal, runtime: clock });
    await clock.advance(1_000);
    const throughput = await measured;
    expect(throughput).toMatchObject({ answered: 1, perSecond: null });
    expect(estimateRun(1_000, throughput)).toBeNull();
  });

  it('an interruption ends it', async () => {
    const clock = createManualClock();
    const stop = new AbortController();
    const agent = await createAgent({
      model: createQueueingModel(clock, { slots: 1, restMs: 50 }),
      prompt,
      runtime: clock,
    });
    const measured = probeThroughput(agent, inputsOf('a'), {
      workers: 1,
      limitMs: 1_000,
      signal: stop.signal,
      runtime: clock,
    });
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(measured).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });
});

it('an estimate is the rate and the tokens of the answers, for all reviews', () => {
  const measured = {
    workers: 2,
    answered: 20,
    failed: 0,
    failures: new Map(),
    durationMs: 10_000,
    perSecond: 2,
    promptTokens: 100.4,
    completionTokens: 1,
    withConfidence: 1,
  };
  expect(estimateRun(500, measured)).toEqual({
    reviews: 500,
    durationMs: 250_000,
    promptTokens: 50_200,
    completionTokens: 500,
    basedOn: 20,
  });
});
