import { describe } from 'vitest';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { done, events, finish, piece, test, textPiece } from './fake-openai.js';

const completion = { kind: 'completion', prompt: 'Good:' } as const;
const token = (text: string, logprob: number, more: object = {}) => ({ token: text, logprob, ...more });
const bytes = (text: string) => ({ bytes: [...Buffer.from(text)] });

const [first, second] = [
  token('pos', -0.1, { ...bytes('pos'), top_logprobs: [token('neg', -2.3, bytes('neg')), token('pos', -0.1)] }),
  token('itive', 0.000001, { top_logprobs: [] }),
];
const expected = [
  {
    token: 'pos',
    logprob: -0.1,
    alternatives: [
      { token: 'pos', logprob: -0.1 },
      { token: 'neg', logprob: -2.3 },
    ],
  },
  { token: 'itive', logprob: 0, alternatives: [] },
];

describe('probabilities of a chat', () => {
  test('they are gathered over the chunks, the likeliest first', async ({ server, expect }) => {
    server.on('chat/completions', () =>
      events(
        piece('pos', { logprobs: { content: [first], refusal: null } }),
        piece('itive', { logprobs: { content: [second] } }),
        finish(),
        done,
      ),
    );
    const { logprobs } = await server.model().ask(question({ topLogprobs: 5 }), unaborted());
    expect(logprobs).toEqual(expected);
  });

  test('several tokens may come in one chunk', async ({ server, expect }) => {
    server.on('chat/completions', () =>
      events(piece('positive', { logprobs: { content: [first, second] } }), finish()),
    );
    const { logprobs } = await server.model().ask(question({ topLogprobs: 5 }), unaborted());
    expect(logprobs).toEqual(expected);
  });

  test('those that nobody asked for are left out', async ({ server, expect }) => {
    server.on('chat/completions', () => events(piece('pos', { logprobs: { content: [first] } }), finish()));
    expect((await server.model().ask(question(), unaborted())).logprobs).toBeNull();
  });

  test('more alternatives than were asked for are cut', async ({ server, expect }) => {
    server.on('chat/completions', () => events(piece('pos', { logprobs: { content: [first] } }), finish()));
    const { logprobs } = await server.model().ask(question({ topLogprobs: 1 }), unaborted());
    expect(logprobs?.[0]?.alternatives).toEqual([{ token: 'pos', logprob: -0.1 }]);
  });

  test.for([
    null,
    undefined,
    5,
    [],
    {},
    { content: null },
    { content: [] },
    { content: [{ token: 'a' }] },
    { tokens: 5 },
  ])('%j are none', async (logprobs, { server, expect }) => {
    server.on('chat/completions', () => events(piece('positive', { logprobs }), finish(), done));
    const answer = await server.model().ask(question({ topLogprobs: 5 }), unaborted());
    expect(answer).toMatchObject({ text: 'positive', logprobs: null });
  });
});

describe('probabilities of a completion', () => {
  const end = textPiece('', { finish_reason: 'length' });

  test('the old form of OpenAI and vLLM', async ({ server, expect }) => {
    server.on('completions', () =>
      events(
        textPiece('pos', {
          logprobs: {
            tokens: ['pos'],
            token_logprobs: [-0.1],
            top_logprobs: [{ neg: -2.3, pos: -0.1 }],
            text_offset: [0],
          },
        }),
        textPiece('itive', { logprobs: { tokens: ['itive'], token_logprobs: [0.000001], top_logprobs: null } }),
        end,
        done,
      ),
    );
    const { logprobs } = await server.model().ask(question({ input: completion, topLogprobs: 5 }), unaborted());
    expect(logprobs).toEqual(expected);
  });

  test('the form of llama.cpp, which is that of chats', async ({ server, expect }) => {
    const ofLlama = [first, second].map((entry, id) => ({ id, ...bytes(entry.token), ...entry }));
    server.on('completions', () => events(textPiece('positive', { logprobs: { content: ofLlama } }), end, done));
    const { logprobs } = await server.model().ask(question({ input: completion, topLogprobs: 5 }), unaborted());
    expect(logprobs).toEqual(expected);
  });

  test('a token without a probability, as the first of an echo, is left out', async ({ server, expect }) => {
    const logprobs = { tokens: ['Good', 'pos'], token_logprobs: [null, -0.1], top_logprobs: [null, { pos: -0.1 }] };
    server.on('completions', () => events(textPiece('pos', { logprobs }), end, done));
    const answer = await server.model().ask(question({ input: completion, topLogprobs: 5 }), unaborted());
    expect(answer.logprobs?.map((entry) => entry.token)).toEqual(['pos']);
  });

  test('a server that gives none is no failure', async ({ server, expect }) => {
    const answer = await server.model().ask(question({ input: completion, topLogprobs: 5 }), unaborted());
    expect(answer).toMatchObject({ text: 'positive', logprobs: null });
  });
});
