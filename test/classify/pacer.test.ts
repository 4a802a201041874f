import { describe, expect, test } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import type { PacingOptions } from '../../src/classify/pacer.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { createAbortController } from '../../src/foundation/abort.js';
import { InvalidOptionError } from '../../src/foundation/errors/chorale-error.js';
import { ModelBusyError, ModelUnavailableError } from '../../src/model/model-errors.js';
import { createManualClock, createScriptedModel, type Script } from '../../src/testing/index.js';

const { signal } = createAbortController();
const prompt = parsePrompt('mine', '---\nlabels: [positive, negative]\n---\nJudge: {{review}}');

/** An agent with limits, and the times at which its model was asked. */
async function pacedAgent(pacing: PacingOptions, script: Script = () => 'positive') {
  const runtime = createManualClock();
  const sentAt: number[] = [];
  const model = createScriptedModel(
    (request, index) => {
      sentAt.push(runtime.now());
      return typeof script === 'function' ? script(request, index) : (script[index] ?? 'positive');
    },
    { clock: runtime },
  );
  const agent = await createAgent({ model, prompt, runtime, pacing, retry: { jitter: false } });
  const classify = (text: string) => agent.classify(text, { signal });
  return { agent, runtime, sentAt, classify };
}

const tokens = (promptTokens: number) => ({ text: 'positive', usage: { promptTokens, completionTokens: 0 } });

describe('the limits of what is sent', () => {
  test('let questions leave evenly', async () => {
    const { runtime, sentAt, classify } = await pacedAgent({ requestsPerSecond: 2 });
    const judged = Promise.all(['a', 'b', 'c', 'd'].map(classify));
    await runtime.advanceToEnd();
    await judged;
    expect(sentAt).toEqual([0, 500, 1_000, 1_500]);
  });

  test('count further attempts too', async () => {
    const gone = new ModelUnavailableError('host', 'refused');
    const { runtime, sentAt, classify } = await pacedAgent({ requestsPerSecond: 0.1 }, [gone, 'positive', 'positive']);
    const judged = Promise.all(['a', 'b'].map(classify));
    await runtime.advanceToEnd();
    await judged;
    // The second attempt would be due after a second; the other text was in line before it.
    expect(sentAt).toEqual([0, 10_000, 20_000]);
  });

  test('take nothing for a text whose wait is aborted', async () => {
    const { agent, runtime, sentAt, classify } = await pacedAgent({ requestsPerSecond: 1, tokensPerMinute: 6_000 });
    await classify('a');
    const stopped = new AbortController();
    const waiting = agent.classify('b', { signal: stopped.signal });
    const next = classify('c');
    stopped.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    await runtime.advanceToEnd();
    await next;
    expect(sentAt).toEqual([0, 1_000]);
    expect(runtime.pendingTimers).toBe(0);
  });

  test('do not use up the time of a text, at further attempts either', async () => {
    const gone = new ModelUnavailableError('host', 'refused');
    const { runtime, sentAt, classify } = await pacedAgent({ requestsPerSecond: 0.001 }, ['positive', gone]);
    const judged = Promise.all(['a', 'b'].map(classify));
    await runtime.advanceToEnd();
    expect((await judged).map(({ label }) => label)).toEqual(['positive', 'positive']);
    expect(sentAt).toEqual([0, 1_000_000, 2_000_000]);
  });

  test('keep to a budget of tokens, as the server counts them', async () => {
    const perMinute = 6_000;
    const { runtime, sentAt, classify } = await pacedAgent({ tokensPerMinute: perMinute }, () => tokens(300));
    const judged = Promise.all(Array.from({ length: 60 }, (_, index) => classify(String(index))));
    await runtime.advanceToEnd();
    await judged;
    const minutes = (sentAt.at(-1) ?? 0) / 60_000;
    // 60 × 300 tokens at 6,000 a minute are three minutes; the first answers teach what one costs.
    expect(minutes).toBeGreaterThan(2.9);
    expect(minutes).toBeLessThan(3.1);
  });

  test('hold everything while a server that is busy asks for it', async () => {
    const busy = new ModelBusyError(429, 'slow down', 7_000);
    const { runtime, sentAt, classify } = await pacedAgent({}, [busy]);
    const first = classify('a');
    await runtime.advance(1_000);
    const second = classify('b');
    await runtime.advanceToEnd();
    await Promise.all([first, second]);
    expect(sentAt).toEqual([0, 7_000, 7_000]);
  });

  test('a server that asks for more than the text has time for is not waited for', async () => {
    const busy = new ModelBusyError(429, 'slow down', 600_000);
    const { runtime, classify } = await pacedAgent({}, [busy]);
    await expect(classify('a')).rejects.toBe(busy);
    expect(runtime.now()).toBe(0);
  });

  test.each([{ requestsPerSecond: 0 }, { requestsPerSecond: -1 }, { tokensPerMinute: Number.NaN }])(
    '%o is refused',
    async (pacing) => {
      await expect(pacedAgent(pacing)).rejects.toBeInstanceOf(InvalidOptionError);
    },
  );
});
