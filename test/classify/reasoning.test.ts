import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { withoutReasoning } from '../../src/classify/reasoning.js';
import { createAbortController } from '../../src/foundation/abort.js';
import type { ModelAnswer } from '../../src/model/model.js';
import { createScriptedModel, type ScriptStep } from '../../src/testing/index.js';

const { signal } = createAbortController();

async function classify(step: ScriptStep, format = 'label') {
  const prompt = parsePrompt(
    'mine',
    `---\nlabels: [positive, negative]\noutput: { format: ${format} }\n---\n{{review}}`,
  );
  const agent = await createAgent({ model: createScriptedModel(() => step), prompt });
  return agent.classify('a lamp', { signal });
}

/** A token that is as likely as its only rival, or more. */
function token(text: string, share: number, rival = 'rival') {
  const alternatives = [
    { token: text, logprob: Math.log(share) },
    { token: rival, logprob: Math.log(1 - share) },
  ];
  return { token: text, logprob: Math.log(share), alternatives };
}

test('the thoughts that a server counts into its prompt say nothing of the length of prompts', async () => {
  const prompt = parsePrompt('mine', '---\nlabels: [positive, negative]\n---\n{{review}}');
  const says = { text: 'positive', thought: true, usage: { promptTokens: 900, completionTokens: 1 } };
  const agent = await createAgent({ model: createScriptedModel(() => says), prompt });
  const before = agent.sizeOf('a lamp').promptTokens;
  for (let times = 0; times < 5; times += 1) await agent.classify('a lamp', { signal });
  expect(agent.sizeOf('a lamp').promptTokens).toBe(before);
});

describe('a model that thinks although it should not', () => {
  test('is understood, and sure of its answer as the tokens of the answer say', async () => {
    const logprobs = [
      token('<think>', 0.9),
      token('negative', 0.9, 'positive'),
      token('</think>', 0.9),
      token('positive', 0.7, 'negative'),
    ];
    const judgement = await classify({ text: '<think>negative</think>positive', logprobs });
    expect(judgement.label).toBe('positive');
    expect(judgement.confidence).toBeCloseTo(0.7);
  });

  test('does not have its first thought taken for its answer', async () => {
    expect(await classify('<think>The review is negative? No.</think>I say positive.', 'text')).toMatchObject({
      label: 'positive',
    });
    await expect(classify('<think>The review is positive, I', 'text')).rejects.toMatchObject({
      code: 'CHORALE_ANSWER_INVALID',
      message: expect.stringContaining('wrote only into its reasoning'),
    });
  });

  test('fails with what to do where it does not come to an end', async () => {
    const step = {
      text: '<think>Well',
      finishReason: 'length',
      usage: { promptTokens: 9, completionTokens: 8 },
    } as const;
    await expect(classify(step)).rejects.toMatchObject({
      code: 'CHORALE_ANSWER_TRUNCATED',
      message:
        'the model was still thinking when it was cut after 8 tokens; take a model that does not think, or that the server can keep from it, or raise maxOutputTokens in the prompt file',
    });
    await expect(classify({ ...step, text: '', thought: true })).rejects.toMatchObject({ whileThinking: true });
  });
});

function answerOf(text: string, more: Partial<ModelAnswer> = {}): ModelAnswer {
  return {
    text,
    finishReason: 'stop',
    usage: { promptTokens: null, completionTokens: null },
    durations: { totalMs: 0, firstTokenMs: null, queueMs: null, loadMs: null },
    logprobs: null,
    ...more,
  };
}

const tokens = (...texts: string[]) => texts.map((token) => ({ token, logprob: -0.1, alternatives: [] }));

describe('an answer with a thought before it', () => {
  test.each([
    ['<think>It is negative? No.</think>positive', 'positive'],
    [' \n<think>\n\n</think>\n\npositive', '\n\npositive'],
    ['<THINK>So?</THINK> positive', ' positive'],
    ['<thinking>a</thinking>positive', 'positive'],
    ['[THINK]a[/THINK]positive', 'positive'],
    ['<think>a</think><think>b</think>positive', 'positive'],
    // A chat template may have the opening tag in the prompt.
    ['The author likes it.</think>{"sentiment":"positive"}', '{"sentiment":"positive"}'],
  ])('%j is %j', (text, plain) => {
    expect(withoutReasoning(answerOf(text))).toMatchObject({ text: plain, onlyReasoning: false });
  });

  test.each(['positive', '', ' ', '"positive"', '{"rationale":"it says </think>","sentiment":"positive"}', 'a < b'])(
    '%j is left as it is',
    (text) => {
      const answer = answerOf(text, { logprobs: tokens('a', 'b') });
      expect(withoutReasoning(answer)).toEqual({ ...answer, onlyReasoning: false });
    },
  );

  test.each(['<think>', '<think>It is positive, because', ' <think>a', '<think>a</think> <think>b', '[THINK]a'])(
    '%j is nothing but a thought',
    (text) => {
      expect(withoutReasoning(answerOf(text)).onlyReasoning).toBe(true);
    },
  );

  test('an empty answer is one where there was a thought, in the text or beside it', () => {
    expect(withoutReasoning(answerOf('<think>a</think> \n')).onlyReasoning).toBe(true);
    expect(withoutReasoning(answerOf('', { thought: true })).onlyReasoning).toBe(true);
    expect(withoutReasoning(answerOf('positive', { thought: true })).onlyReasoning).toBe(false);
  });

  test('whatever was thought, the answer is what follows', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('positive', '"negative"', '{"sentiment":"positive"}'),
        (thought, said) => {
          const text = `<think>${thought}</think>${said}`;
          expect(withoutReasoning(answerOf(text)).text).toBe(said);
        },
      ),
    );
  });
});

describe('the tokens of a thought', () => {
  test('are none of the answer', () => {
    const logprobs = tokens('<think>', 'positive', '?', '</', 'think>', '\n', 'negative');
    const plain = withoutReasoning(answerOf('<think>positive?</think>\nnegative', { logprobs }));
    expect(plain.logprobs?.map(({ token }) => token)).toEqual(['\n', 'negative']);
  });

  test('a token that ends the thought and begins the answer belongs to it', () => {
    const logprobs = tokens('<think>', 'a', '</think>neg', 'ative');
    const plain = withoutReasoning(answerOf('<think>a</think>negative', { logprobs }));
    expect(plain.logprobs?.map(({ token }) => token)).toEqual(['</think>neg', 'ative']);
  });

  test('where they do not show the end of the thought, there are none', () => {
    expect(
      withoutReasoning(answerOf('<think>a</think>negative', { logprobs: tokens('a', 'negative') })).logprobs,
    ).toBeNull();
    expect(withoutReasoning(answerOf('<think>a</think>negative')).logprobs).toBeNull();
  });
});
