import { describe, expect, test } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import type { PacingOptions } from '../../src/classify/pacer.js';
import { parsePrompt } from '../../src/classify/prompt/parse-prompt.js';
import { createAbortController } from '../../src/foundation/abort-controller.js';
import { InvalidOptionError } from '../../src/foundation/errors/usage-errors.js';
import { ModelBusyError, ModelUnavailableError } from '../../src/model/model-errors.js';
import { createManualClock, createScriptedModel, type Script } from '../../src/testing/index.js';

const { signal } = createAbortController();
const prompt = parsePrompt('mine', '---\nlabels: [positive, negative]\n---\nJudge: {{review}}');

/** An agent with limits, and the times at which its model was asked. */
async function pacedAgent(pacing: PacingOptions, script: Script = () => 'positive') {
  const host = createManualClock();
  const sentAt: number[] = [];
  const model = createScriptedModel(
    (request, index) => {
      sentAt.push(host.now());
      return typeof script === 'function' ? script(request, index) : (script[index] ?? 'positive');
    },
    { clock: host },
  );
  const agent = await createAgent({ model, prompt, host, pacing, retry: { jitter: false } });
  const judge = async (text: string) => {
    const leave = await agent.gate.enter(signal);
    try {
      return await agent.judge(text, { signal });
    } finally {
      leave();
    }
  };
  return { agent, host, sentAt, judge };
}

const tokens = (promptTokens: number) => ({ text: 'positive', usage: { promptTokens, completionTokens: 0 } });

describe('the limits of what is sent', () => {
  test('let questions leave evenly', async () => {
    const { host, sentAt, judge } = await pacedAgent({ requestsPerSecond: 2 });
    const judged = Promise.all(['a', 'b', 'c', 'd'].map(judge));
    await host.advanceToEnd();
    await judged;
    expect(sentAt).toEqual([0, 500, 1_000, 1_500]);
  });

  test('count further attempts too', async () => {
    const gone = new ModelUnavailableError('host', 'refused');
    const { host, sentAt, judge } = await pacedAgent({ requestsPerSecond: 0.1 }, [gone, 'positive', 'positive']);
    const judged = Promise.all(['a', 'b'].map(judge));
    await host.advanceToEnd();
    await judged;
    // The second attempt would be due after a second; the other text was in line before it.
    expect(sentAt).toEqual([0, 10_000, 20_000]);
  });

  test('give back what a skipped text does not use', async () => {
    const { agent, host, sentAt, judge } = await pacedAgent({ requestsPerSecond: 1 });
    (await agent.gate.enter(signal))();
    agent.forgo();
    await judge('a');
    expect(sentAt).toEqual([0]);
    expect(host.pendingTimers).toBe(0);
  });

  test('keep to a budget of tokens, as the server counts them', async () => {
    const perMinute = 6_000;
    const { host, sentAt, judge } = await pacedAgent({ tokensPerMinute: perMinute }, () => tokens(300));
    const judged = Promise.all(Array.from({ length: 60 }, (_, index) => judge(String(index))));
    await host.advanceToEnd();
    await judged;
    const minutes = (sentAt.at(-1) ?? 0) / 60_000;
    // 60 × 300 tokens at 6,000 a minute are three minutes; the first answers teach what one costs.
    expect(minutes).toBeGreaterThan(2.9);
    expect(minutes).toBeLessThan(3.1);
  });

  test('hold everything while a server that is busy asks for it', async () => {
    const busy = new ModelBusyError(429, 'slow down', 7_000);
    const { host, sentAt, judge } = await pacedAgent({}, [busy]);
    const first = judge('a');
    await host.advance(1_000);
    const second = judge('b');
    await host.advanceToEnd();
    await Promise.all([first, second]);
    expect(sentAt).toEqual([0, 7_000, 7_000]);
  });

  test('a server that asks for more than the text has time for is not waited for', async () => {
    const busy = new ModelBusyError(429, 'slow down', 600_000);
    const { host, judge } = await pacedAgent({}, [busy]);
    await expect(judge('a')).rejects.toBe(busy);
    expect(host.now()).toBe(0);
  });

  test.each([{ requestsPerSecond: 0 }, { requestsPerSecond: -1 }, { tokensPerMinute: Number.NaN }])(
    '%o is refused',
    async (pacing) => {
      await expect(pacedAgent(pacing)).rejects.toBeInstanceOf(InvalidOptionError);
    },
  );
});
