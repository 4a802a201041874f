import { describe, expect, it } from 'vitest';
import { createAgent } from '../../../src/classify/agent.js';
import { parsePrompt } from '../../../src/classify/prompt/prompt-file.js';
import { checkTemplate } from '../../../src/measure/doctor/server-checks.js';
import { createScriptedModel } from '../../../src/testing/index.js';

const { signal } = new AbortController();
const entry = (token: string, probability: number) => ({ token, logprob: Math.log(probability) });

/** The check of a model whose labels have so much probability; null: it gives none. */
async function check(
  mass: number | null,
  { says = 'positive', probabilities }: { says?: string; probabilities?: boolean } = {},
) {
  const listed = mass === null ? null : [entry('positive', mass), entry('It', 1 - mass)];
  const logprobs = listed && [{ ...entry('positive', mass ?? 1), alternatives: listed }];
  const model = createScriptedModel(() => ({ text: says, finishReason: 'stop', logprobs }));
  const text = '---\nlabels: [positive, negative]\noutput: { probabilities: false }\n---\n{{review}}';
  const agent = await createAgent({ model, prompt: parsePrompt('p', text), probabilities, retry: { maxRetries: 0 } });
  const inputs = ['Good.', 'It broke, and nobody answers.', 'Fine.', 'Bad.'].map((review) => ({ text: review }));
  const found = await checkTemplate(agent, inputs, signal);
  return { found, asked: model.requests.map(({ subject }) => subject) };
}

describe('the check of the chat template', () => {
  it('classifies three short texts, and is ok where the labels have some probability', async () => {
    const { found, asked } = await check(0.05);
    expect(found).toMatchObject({ name: 'template', status: 'ok', says: 'the labels have 0.05 of the probability' });
    expect([...asked].sort()).toEqual(['Bad.', 'Fine.', 'Good.']);
  });

  it.each([
    [0.0003, {}, /^the template of this model probably does not fit: the labels have 0\.0003 .*sentiment-completion/],
    [
      0.9,
      { says: 'Hello, how can I help?' },
      /^none of 3 short reviews was answered with a label: .*completion prompt/,
    ],
  ])('warns, and says what helps, at %s with %o', async (mass, given, says) => {
    expect((await check(mass, given)).found).toMatchObject({ status: 'warning', says: expect.stringMatching(says) });
  });

  it('is unknown where the server gives no probabilities, and undefined where none may be requested', async () => {
    expect((await check(null)).found).toMatchObject({ status: 'unknown' });
    expect(await check(0.9, { probabilities: false })).toEqual({ found: undefined, asked: [] });
  });
});
