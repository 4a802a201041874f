import { describe, expect, test } from 'vitest';
import type { ModelRequest } from '../../src/model/model.js';
import { ModelBusyError } from '../../src/model/model-errors.js';
import { createManualClock, createScriptedModel } from '../../src/testing/index.js';

const signal = new AbortController().signal;

function about(subject: string): ModelRequest {
  return {
    input: { kind: 'completion', prompt: subject },
    subject,
    labels: ['positive', 'negative'],
    options: { maxOutputTokens: 1, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
  };
}

describe('a script', () => {
  test('a list is said in its order, texts and errors, and what is left out is null', async () => {
    const busy = new ModelBusyError(503, 'loading', null);
    const model = createScriptedModel(['positive', busy, { text: 'neg', finishReason: 'length' }]);
    expect(await model.ask(about('a'), { signal })).toEqual({
      text: 'positive',
      finishReason: 'stop',
      usage: { promptTokens: null, completionTokens: null },
      durations: { totalMs: expect.any(Number), firstTokenMs: null, queueMs: null, loadMs: null },
      logprobs: null,
    });
    await expect(model.ask(about('b'), { signal })).rejects.toBe(busy);
    expect(await model.ask(about('c'), { signal })).toMatchObject({ text: 'neg', finishReason: 'length' });
    expect(model.requests.map(({ subject }) => subject)).toEqual(['a', 'b', 'c']);
  });

  test('one question too many is a failure that says so', async () => {
    const model = createScriptedModel([]);
    await expect(model.ask(about('a'), { signal })).rejects.toMatchObject({
      code: 'CHORALE_MODEL_REJECTED',
      message: expect.stringContaining('the script has 0 answers, and this is one more'),
    });
  });

  test('a function sees the question and its number', async () => {
    const model = createScriptedModel(({ subject }, index) => `${subject}${index}`);
    expect((await model.ask(about('a'), { signal })).text).toBe('a0');
    expect((await model.ask(about('b'), { signal })).text).toBe('b1');
  });

  test('whatever it throws, the question rejects with', async () => {
    const model = createScriptedModel(() => {
      throw new Error('boom');
    });
    await expect(model.ask(about('a'), { signal })).rejects.toThrow('boom');
    expect(model.inFlight).toBe(0);
  });
});

describe('time', () => {
  test('a latency passes on the clock', async () => {
    const clock = createManualClock();
    const model = createScriptedModel([{ text: 'positive', latencyMs: 100 }], { clock });
    const asked = model.ask(about('a'), { signal });
    await clock.advance(99);
    expect(model.inFlight).toBe(1);
    await clock.advance(1);
    expect(await asked).toMatchObject({ text: 'positive', durations: { totalMs: 100 } });
    expect(model.inFlight).toBe(0);
  });

  test('an answer waits for its gate', async () => {
    let open: (value?: unknown) => void = () => {};
    const gate = new Promise((resolve) => {
      open = resolve;
    });
    const model = createScriptedModel([{ text: 'first', gate }, 'second']);
    const first = model.ask(about('a'), { signal });
    expect((await model.ask(about('b'), { signal })).text).toBe('second');
    expect(model.inFlight).toBe(1);
    open();
    expect((await first).text).toBe('first');
  });

  test.each([{ latencyMs: 100 }, { gate: new Promise(() => {}) }])('an abort does not wait for %j', async (step) => {
    const clock = createManualClock();
    const model = createScriptedModel([step], { clock });
    const stopped = new AbortController();
    const asked = model.ask(about('a'), { signal: stopped.signal });
    stopped.abort('enough');
    await expect(asked).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
    expect(model.inFlight).toBe(0);
  });
});

test('it is called what it is told to be called, and its preparation can fail', async () => {
  const busy = new ModelBusyError(503, 'loading', null);
  const model = createScriptedModel([], {
    provider: 'acme',
    name: 'small',
    caveat: 'it makes things up',
    onPrepare: () => {
      throw busy;
    },
  });
  expect(model).toMatchObject({ provider: 'acme', name: 'small', caveat: 'it makes things up' });
  await expect(model.prepare(about('a'), { signal })).rejects.toBe(busy);
});
