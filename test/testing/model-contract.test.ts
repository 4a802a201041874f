import { describe, expect, test } from 'vitest';
import type { Model, ModelAnswer, ModelRequest } from '../../src/model/model.js';
import { createScriptedModel, type ModelSubject, modelContract } from '../../src/testing/index.js';

const request: ModelRequest = {
  input: { kind: 'completion', prompt: 'good' },
  subject: 'good',
  labels: ['positive', 'negative'],
  options: { maxOutputTokens: 1, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
};
const accepts = (text: string) => text === 'positive';
const usage = { promptTokens: 5, completionTokens: 1 };
const logprobs = [{ token: 'positive', logprob: -0.1, alternatives: [] }];

/** A model that keeps the contract, but for what is replaced. */
function subjectWith(broken: Partial<Model>, answer: Partial<ModelAnswer> = {}): ModelSubject {
  const model = createScriptedModel(({ topLogprobs }) => {
    return { text: 'positive', usage, logprobs: topLogprobs ? logprobs : null, ...answer };
  });
  const create = () => ({ ...model, ...broken });
  return {
    create,
    requests: [
      { request, accepts },
      { request, accepts },
    ],
    asked: () => model.requests.length,
    createSilent: () => ({
      model: { ...createScriptedModel([{ gate: new Promise(() => {}) }]), ...broken },
      asked: Promise.resolve(),
    }),
    createFailing: () => createScriptedModel([]),
    usage: true,
    probabilities: true,
  };
}

async function brokenRules(subject: ModelSubject): Promise<string[]> {
  const broken: string[] = [];
  for (const { name, run } of modelContract) {
    await run(subject).catch((error: Error) => {
      expect(error.name).toBe('AssertionError');
      broken.push(name);
    });
  }
  return broken;
}

const good = createScriptedModel(() => 'positive');
const [answered, counted, probable] = [
  'it answers with a text, a finish reason and measured times',
  'it counts tokens',
  'it gives the probability of each token, when asked for',
];

describe('the contract of a model', () => {
  test('one that keeps it breaks no rule', async () => {
    expect(await brokenRules(subjectWith({}))).toEqual([]);
  });

  test.each<[string, Partial<Model>, Partial<ModelAnswer>, string[]]>([
    [
      'another text',
      {},
      { text: 'no idea' },
      [answered, 'concurrent requests do not disturb one another, nor does an aborted one'],
    ],
    ['a strange finish reason', {}, { finishReason: 'done' as 'stop' }, [answered]],
    ['half a token', {}, { usage: { promptTokens: 0.5, completionTokens: 1 } }, [answered]],
    ['tokens below 0', {}, { usage: { promptTokens: -1, completionTokens: 1 } }, [answered, counted]],
    ['no tokens', {}, { usage: { promptTokens: null, completionTokens: null } }, [counted]],
    ['time below 0', {}, { durations: { totalMs: -1, firstTokenMs: null, queueMs: null, loadMs: null } }, [answered]],
    [
      'time that is none',
      {},
      { durations: { totalMs: 0, firstTokenMs: Number.NaN, queueMs: null, loadMs: null } },
      [answered],
    ],
    ['a confidence above 1', {}, { confidence: 1.5 }, [answered]],
    ['a confidence that is none', {}, { confidence: Number.NaN }, [answered]],
    ['probabilities that nobody asked for', {}, { logprobs }, [probable]],
    ['a name that is none', { name: '' }, {}, ['it says who answers']],
    ['a caveat that says nothing', { caveat: '' }, {}, ['it says who answers']],
  ])('%s is found', async (_, broken, answer, rules) => {
    expect(await brokenRules(subjectWith(broken, answer))).toEqual(rules);
  });

  test.each([
    ['above 1', [{ token: 'positive', logprob: 0.1, alternatives: [] }]],
    ['of an alternative above 1', [{ token: 'positive', logprob: -1, alternatives: [{ token: 'a', logprob: 1 }] }]],
    ['that are missing', []],
    ['that are too many', Array.from({ length: 3 }, () => ({ token: 'a', logprob: -1, alternatives: [] }))],
  ])('probabilities %s are found', async (_, wrong) => {
    const subject = subjectWith({});
    const create = () =>
      createScriptedModel(({ topLogprobs }) => ({ text: 'positive', usage, logprobs: topLogprobs ? wrong : null }));
    expect(await brokenRules({ ...subject, create })).toEqual(expect.arrayContaining([probable]));
  });

  test('deafness to an abort is found', async () => {
    const deaf = { ask: (asked: ModelRequest) => good.ask(asked, { signal: new AbortController().signal }) };
    expect(await brokenRules(subjectWith(deaf))).toEqual(
      expect.arrayContaining([
        'an aborted signal rejects with its reason',
        'an abort in flight rejects with the reason',
      ]),
    );
  });

  test('errors without a code are found', async () => {
    const createFailing = () => createScriptedModel([new Error('boom')]);
    expect(await brokenRules({ ...subjectWith({}), createFailing })).toEqual(['failures carry a code']);
  });

  test('a case that does not apply says why, and does not pass', async () => {
    const because = 'nobody counts';
    const subject: ModelSubject = { ...subjectWith({}), asked: { because } };
    const skipped = modelContract.filter(({ skipReason }) => skipReason(subject) !== undefined);
    expect(skipped.map(({ name, skipReason }) => [name, skipReason(subject)])).toEqual([
      ['with an aborted signal no request is sent', because],
    ]);
    await expect(skipped[0]?.run(subject)).rejects.toThrow('the case does not apply: nobody counts');
  });
});
