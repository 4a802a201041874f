import { describe, expect, test } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import { parsePrompt } from '../../src/classify/prompt/parse-prompt.js';
import { createAbortController } from '../../src/foundation/abort.js';
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
