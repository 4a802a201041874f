import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Agent, type AgentOptions, createAgent } from '../../../src/classify/agent.js';
import type { LongStrategy } from '../../../src/classify/long-texts/long-strategy.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { createAbortController } from '../../../src/foundation/abort.js';
import type { ModelCall, ModelRequest } from '../../../src/model/model.js';
import { ModelBusyError, PromptTooLongError } from '../../../src/model/model-errors.js';
import {
  createManualClock,
  createRecordingObserver,
  createScriptedModel,
  type ScriptedAnswer,
  type ScriptStep,
} from '../../../src/testing/index.js';

const { signal } = createAbortController();
const contextTokens = 200;

/** A prompt of 15 characters beside the review, with 10 tokens for the answer. */
function promptOf(context = contextTokens, format = 'label') {
  const config = `{ contextTokens: ${context}, maxOutputTokens: 10 }`;
  const yaml = `labels: [positive, negative]\noutput: { format: ${format} }\nconfig: ${config}`;
  return parsePrompt('mine', `---\n${yaml}\n---\nJudge: {{review}} Now?`);
}

const promptText = ({ input }: ModelRequest) =>
  input.kind === 'chat' ? input.messages.map(({ content }) => content).join('') : input.prompt;

/** A server that counts so many tokens a character, and refuses what does not fit. */
function serverOf(ratio: number, says: (request: ModelRequest, index: number) => ScriptStep = () => 'positive') {
  const answered: ModelRequest[] = [];
  const refused: ModelRequest[] = [];
  const script = (request: ModelRequest, index: number): ScriptStep => {
    const promptTokens = 5 + Math.ceil(promptText(request).length * ratio);
    const { contextTokens: context } = request.options;
    if (promptTokens > context) {
      refused.push(request);
      return new PromptTooLongError(context, 'the input length exceeds the context length');
    }
    const said = says(request, index);
    if (said instanceof Error) return said;
    answered.push(request);
    const answer: ScriptedAnswer = typeof said === 'string' ? { text: said } : said;
    return { usage: { promptTokens, completionTokens: 1 }, ...answer };
  };
  return { script, answered, refused };
}

async function agentOn(server: ReturnType<typeof serverOf>, options: Partial<AgentOptions> = {}) {
  const runtime = createManualClock({ random: () => 0 });
  const observer = createRecordingObserver();
  const model = createScriptedModel(server.script, { clock: runtime });
  const agent = await createAgent({ model, prompt: promptOf(), runtime, observer, ...options });
  return { agent, model, observer, runtime };
}

/** Shows a title before the review. */
const titledPrompt = parsePrompt(
  'mine',
  `---
labels: [positive, negative]
config: { contextTokens: ${contextTokens}, maxOutputTokens: 10 }
---
{{title}}: {{review}} Now?`,
);

const sentences = (count: number) =>
  Array.from({ length: count }, (_, index) => `Sentence ${index} is about the lamp.`).join(' ');

/** Lets the agent see what the server counts. */
async function teach(agent: Pick<Agent, 'classify'>, times = 12) {
  for (let count = 1; count <= times; count += 1) await agent.classify(sentences(count % 4), { signal });
}

const failureOf = (judged: Promise<unknown>) =>
  judged.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a review that is too long fails', () => {
  test('with its size, after the server has refused it', async () => {
    const { agent, model } = await agentOn(serverOf(0.3));
    const error = await failureOf(agent.classify(sentences(25), { signal }));
    expect(error).toMatchObject({
      code: 'CHORALE_PROMPT_TOO_LONG',
      contextTokens,
      message: expect.stringMatching(
        /^the prompt of about \d{3} tokens does not fit into the context of 200 tokens \(the input length exceeds the context length\); shorten the review or cut or split it with the option long \(head, tail, head-tail, split\), or raise contextTokens in the prompt file$/,
      ),
    });
    expect(model.requests).toHaveLength(1);
  });

  test('without a question, where it is surely too long', async () => {
    const { agent, model } = await agentOn(serverOf(0.3));
    await teach(agent);
    const before = model.requests.length;
    const attempts: number[] = [];
    const text = sentences(40);
    const error = await failureOf(agent.classify(text, { signal, onAttempt: (attempt) => attempts.push(attempt) }));
    expect(error).toMatchObject({
      message: expect.stringContaining(
        'does not fit into the context of 200 tokens (with 10 for the answer; it was not sent)',
      ),
    });
    const tokens = (text.length + 12) * 0.3 + 5;
    const { estimated } = (error as PromptTooLongError).length;
    expect(Math.abs((estimated ?? 0) - tokens)).toBeLessThan(0.15 * tokens);
    expect(model.requests).toHaveLength(before);
    expect(attempts).toEqual([]);
  });

  test('with the size that the server counted, where the answer finds no room', async () => {
    const server = serverOf(0.3, () => ({
      text: 'posi',
      finishReason: 'length',
      usage: { promptTokens: 197, completionTokens: 3 },
    }));
    const { agent } = await agentOn(server);
    expect(await failureOf(agent.classify(sentences(3), { signal }))).toMatchObject({
      code: 'CHORALE_PROMPT_TOO_LONG',
      length: { counted: 197 },
      message: expect.stringContaining(
        'the prompt of 197 tokens does not fit into the context of 200 tokens (it leaves 3 of the 10 tokens',
      ),
    });
  });

  test('an answer that is complete in the room that is left counts', async () => {
    const server = serverOf(0.3, () => ({
      text: 'positive',
      finishReason: 'length',
      usage: { promptTokens: 199, completionTokens: 1 },
    }));
    const { agent } = await agentOn(server);
    expect(await agent.classify(sentences(3), { signal })).toMatchObject({ label: 'positive' });
  });

  test('when the server has read less of it than there is', async () => {
    const server = serverOf(0.3);
    const script = (request: ModelRequest, index: number): ScriptStep =>
      promptText(request).length > 650
        ? { text: 'positive', usage: { promptTokens: 102, completionTokens: 1 } }
        : server.script(request, index);
    const { agent } = await agentOn({ ...server, script });
    await teach(agent);
    expect(await failureOf(agent.classify(sentences(22), { signal }))).toMatchObject({
      code: 'CHORALE_PROMPT_TOO_LONG',
      problem: 'the server read 102 tokens of it',
    });
  });

  test('but not when its count only looks like that of a prompt that was cut', async () => {
    const bounds: unknown[] = [];
    const server = serverOf(0.3);
    const scripted = createScriptedModel(server.script);
    const model = {
      ...scripted,
      ask: (request: ModelRequest, call: ModelCall) => {
        bounds.push(call.promptTokens);
        return scripted.ask(request, call);
      },
    };
    const agent = await createAgent({ model, prompt: promptOf() });
    await teach(agent);
    await agent.classify(sentences(10), { signal });
    await agent.classify('short', { signal });
    const text = `Judge: ${sentences(10)} Now?`;
    const tokens = 5 + Math.ceil(text.length * 0.3);
    const known = bounds.at(-2) as NonNullable<ModelCall['promptTokens']>;
    expect(known.atLeast).toBeLessThan(tokens);
    expect(known.atMost).toBeGreaterThan(tokens);
    expect(known.atMost).toBeLessThan(1.5 * tokens);
    expect(bounds.at(-1)).toBeUndefined();
  });

  test('a model that reads no prompt finds nothing too long', async () => {
    const model = { ...createScriptedModel(() => 'positive'), readsPrompt: false };
    const agent = await createAgent({ model, prompt: promptOf() });
    expect(agent.sizeOf(sentences(500)).fits).toBe(true);
    expect(await agent.classify(sentences(500), { signal })).toMatchObject({ label: 'positive' });
  });

  test('an unknown strategy is refused', async () => {
    const long = 'middle' as LongStrategy;
    await expect(agentOn(serverOf(1), { long })).rejects.toMatchObject({
      code: 'CHORALE_INVALID_OPTION',
      option: 'long',
    });
  });
});

describe('a review that is too long is cut', () => {
  test.each([
    ['head', /^Sentence 0 is.*lamp\.$/],
    ['tail', /^Sentence \d+ is.*Sentence 39 is about the lamp\.$/],
    ['head-tail', /^Sentence 0 is.*lamp\. … Sentence \d+.*Sentence 39 is about the lamp\.$/],
  ] as const)('%s', async (long, kept) => {
    const server = serverOf(0.3);
    const { agent, observer } = await agentOn(server, { long });
    await teach(agent);
    const text = sentences(40);
    const judgement = await agent.classify(text, { signal });
    const subject = server.answered.at(-1)?.subject ?? '';
    expect(subject).toMatch(kept);
    expect(subject.length).toBeLessThan(650);
    expect(subject.length).toBeGreaterThan(350);
    const share = subject.length / text.length;
    expect(judgement).toMatchObject({ label: 'positive', long: { strategy: long, parts: 1 } });
    expect(judgement.long?.kept).toBeCloseTo(share);
    expect(observer.events.findLast(({ type }) => type === 'model.request')?.data).toMatchObject({
      long,
      part: 1,
      parts: 1,
      kept: Math.round(share * 1_000) / 1_000,
    });
  });

  test('one that fits is not', async () => {
    const server = serverOf(0.3);
    const { agent, observer } = await agentOn(server, { long: 'head' });
    expect((await agent.classify(sentences(5), { signal })).long).toBeUndefined();
    expect(observer.events.map(({ data }) => 'long' in data)).not.toContain(true);
  });

  test('further where the server still refuses it', async () => {
    // Three times as many tokens as usual.
    const server = serverOf(0.7);
    const { agent, model } = await agentOn(server, { long: 'head' });
    expect(await agent.classify(sentences(30), { signal })).toMatchObject({ label: 'positive' });
    const lengths = model.requests.map(({ subject }) => subject.length);
    expect(lengths).toEqual([...new Set(lengths)].sort((a, b) => b - a));
    expect(lengths.length).toBeGreaterThan(2);
  });

  test('to less each time, also where the server does not say how much it takes', async () => {
    const server = serverOf(0.3);
    const script = (request: ModelRequest, index: number) =>
      promptText(request).length > 350 ? new PromptTooLongError(null, 'too long') : server.script(request, index);
    const { agent, model } = await agentOn({ ...server, script }, { long: 'tail' });
    await teach(agent, 100);
    const before = model.requests.length;
    expect(await agent.classify(sentences(12), { signal })).toMatchObject({ long: { strategy: 'tail' } });
    const lengths = model.requests.slice(before).map(({ subject }) => subject.length);
    expect(lengths).toEqual([...new Set(lengths)].sort((a, b) => b - a));
  });

  test('by what is expected, where nobody has counted yet and more caution would leave no room', async () => {
    const tight = parsePrompt(
      'tight',
      `---\nlabels: [positive, negative]\nconfig: { contextTokens: 64, maxOutputTokens: 10 }\n---\n${'word '.repeat(25)}{{review}}`,
    );
    const { agent } = await agentOn(serverOf(0.22), { long: 'head', prompt: tight });
    expect(await agent.classify(sentences(20), { signal })).toMatchObject({ long: { strategy: 'head' } });
  });

  test('no more often than is of use', async () => {
    const reasons: string[] = [];
    const never = { ...serverOf(0.3), script: () => new PromptTooLongError(contextTokens, 'too long') };
    const { agent } = await agentOn(never, { long: 'head' });
    const call = { signal, onAttempt: (attempt: number, reason: string) => reasons.push(`${attempt} ${reason}`) };
    expect(await failureOf(agent.classify(sentences(10), call))).toMatchObject({
      code: 'CHORALE_PROMPT_TOO_LONG',
      message: expect.stringMatching(/^the prompt of about \d+ tokens .*; shorten the review or raise contextTokens/),
    });
    expect(reasons.slice(0, 2)).toEqual(['1 first', '2 long']);
    expect(reasons.length).toBeLessThanOrEqual(5);
  });

  test('attempts after failures are told apart', async () => {
    const reasons: string[] = [];
    const server = serverOf(0.3, (_, index) => (index === 1 ? new ModelBusyError(503, 'busy', null) : 'positive'));
    const { agent, runtime } = await agentOn(server, { long: 'head' });
    const call = { signal, onAttempt: (attempt: number, reason: string) => reasons.push(`${attempt} ${reason}`) };
    const judged = agent.classify(sentences(25), call);
    await runtime.advanceToEnd();
    await judged;
    expect(reasons).toEqual(['1 first', '2 long', '3 retry']);
  });

  test('to the context that the server really has', async () => {
    const smaller = serverOf(0.3);
    const script = (request: ModelRequest, index: number) =>
      promptText(request).length * 0.3 + 5 > 120
        ? new PromptTooLongError(120, 'too long')
        : smaller.script(request, index);
    const { agent } = await agentOn({ ...smaller, script }, { long: 'head' });
    await teach(agent);
    expect(await agent.classify(sentences(15), { signal })).toMatchObject({ label: 'positive' });
    expect(agent.sizeOf('').contextTokens).toBe(120);
  });

  test('a prompt that leaves no room at all fails, and says so', async () => {
    const { agent } = await agentOn(serverOf(8), { long: 'head', prompt: promptOf(64) });
    expect(await failureOf(agent.classify(sentences(10), { signal }))).toMatchObject({
      code: 'CHORALE_PROMPT_TOO_LONG',
    });
  });

  test('other failures stay what they are', async () => {
    const { agent } = await agentOn(
      serverOf(0.3, () => 'maybe'),
      { long: 'split' },
    );
    expect(await failureOf(agent.classify(sentences(40), { signal }))).toMatchObject({
      code: 'CHORALE_ANSWER_INVALID',
    });
  });
});

describe('a review that is too long is split', () => {
  test('into parts that are all of it, whose labels are combined', async () => {
    const server = serverOf(0.3, ({ subject }) => (subject.includes('Sentence 0 ') ? 'negative' : 'positive'));
    const { agent, observer } = await agentOn(server, { long: 'split' });
    await teach(agent);
    const before = server.answered.length;
    const judgement = await agent.classify(sentences(60), { signal });
    const parts = server.answered.slice(before);
    expect(parts.map(({ subject }) => subject).join('')).toBe(sentences(60));
    expect(parts.length).toBeGreaterThan(3);
    const promptTokens = parts.reduce((sum, request) => sum + 5 + Math.ceil(promptText(request).length * 0.3), 0);
    expect(judgement).toMatchObject({
      label: 'positive',
      usage: { promptTokens, completionTokens: parts.length },
      long: { strategy: 'split', parts: parts.length, kept: 1 },
    });
    const told = observer.events.filter(({ type }) => type === 'model.request').slice(-parts.length);
    expect(told.map(({ data }) => data)).toMatchObject(
      parts.map((_, index) => ({ long: 'split', part: index + 1, parts: parts.length })),
    );
  });

  test('a part that is still too long is made shorter; what was judged is not asked again', async () => {
    // The second half is in a script that this tokenizer likes less.
    const server = serverOf(0.3);
    const count = (request: ModelRequest) =>
      5 + promptText(request).length * 0.3 + (promptText(request).match(/ж/g) ?? []).length * 2;
    const answered: string[] = [];
    const script = (request: ModelRequest): ScriptStep => {
      if (count(request) > contextTokens) return new PromptTooLongError(contextTokens, 'too long');
      answered.push(request.subject);
      return { text: 'positive', usage: { promptTokens: Math.ceil(count(request)), completionTokens: 1 } };
    };
    const { agent } = await agentOn({ ...server, script }, { long: 'split' });
    await teach(agent);
    answered.length = 0;
    const text = `${sentences(15)} ${'жук жил в лампе и жужжал. '.repeat(20)}`;
    await agent.classify(text, { signal });
    expect(answered.join('')).toBe(text);
  });

  test('whatever the tokenizer and the review: all of it is judged in prompts that fit, or the review fails', async () => {
    const runs = fc.record({
      ratio: fc.double({ min: 0.05, max: 2, noNaN: true }),
      context: fc.integer({ min: 64, max: 400 }),
      long: fc.constantFrom<LongStrategy>('fail', 'head', 'tail', 'head-tail', 'split'),
      texts: fc.array(
        fc
          .array(fc.constantFrom('good ', 'The lamp broke. ', '坏了。', '😀', '\n', 'ужас ', '12:45 '), {
            maxLength: 120,
          })
          .map((words) => `x${words.join('')}`),
        { maxLength: 8 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(runs, async ({ ratio, context, long, texts }) => {
        const server = serverOf(ratio);
        const { agent } = await agentOn(server, { long, prompt: promptOf(context) });
        for (const text of texts) {
          const before = server.answered.length;
          const judgement = await agent.classify(text, { signal }).catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'CHORALE_PROMPT_TOO_LONG' });
            return undefined;
          });
          const shown = server.answered.slice(before).map(({ subject }) => subject);
          if (!judgement) continue;
          if (!judgement.long) expect(shown).toEqual([text]);
          else if (long === 'split') expect(shown.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
          else if (long === 'head') expect(text.startsWith(shown[0] ?? '?')).toBe(true);
          else if (long === 'tail') expect(text.endsWith(shown[0] ?? '?')).toBe(true);
          if (judgement.long) expect(shown).toHaveLength(judgement.long.parts);
        }
      }),
    );
  });
});

describe('columns beside the text', () => {
  const title = 'A lamp with a very long name, in seven colours';

  test.each<Exclude<LongStrategy, 'fail'>>(['head', 'tail', 'head-tail', 'split'])(
    '%s cuts the text only: every request has the whole column',
    async (long) => {
      const server = serverOf(0.25);
      const { agent } = await agentOn(server, { long, prompt: titledPrompt });
      const text = sentences(60);
      const { long: handling } = await agent.classify({ text, columns: { title } });
      expect(handling?.strategy).toBe(long);
      expect(server.answered.length).toBe(handling?.parts);
      for (const request of server.answered) expect(promptText(request)).toMatch(new RegExp(`^${title}: .+ Now\\?$`));
      const kept = server.answered.reduce((sum, { subject }) => sum + subject.length, 0);
      if (long === 'split') expect(kept).toBe(text.length);
      else expect(kept).toBeLessThan(text.length);
    },
  );

  test('count for the size: a text that fits alone is too long beside them', async () => {
    const server = serverOf(0.25);
    const { agent } = await agentOn(server, { prompt: titledPrompt });
    const text = sentences(15);
    expect(agent.sizeOf(text).fits).toBe(true);
    expect(agent.sizeOf({ text, columns: { title: title.repeat(10) } }).fits).toBe(false);
    await agent.classify({ text, columns: { title } });
    await expect(agent.classify({ text, columns: { title: title.repeat(10) } })).rejects.toThrow(
      'cut or split it with',
    );
  });

  test.each<LongStrategy>(['fail', 'head', 'split'])(
    'that do not fit alone are a failure that says so, with %s',
    async (long) => {
      const server = serverOf(0.25);
      const { agent } = await agentOn(server, { long, prompt: titledPrompt });
      await expect(agent.classify({ text: 'Fine.', columns: { title: title.repeat(90) } })).rejects.toThrow(
        /^the prompt of about \d+ tokens does not fit into the context of 200 tokens \(about \d+ without the review, \d+ of them in other columns, which are never cut: no part of the review fits\); shorten the review or the columns, or raise contextTokens in the prompt file$/,
      );
      expect(server.answered).toHaveLength(0);
    },
  );
});
