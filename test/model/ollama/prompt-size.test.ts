import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { end, lines, piece, question, test, unaborted } from './fake-ollama.js';

const contextTokens = 1_000;

function longQuestion(bytes: number) {
  const { options } = question();
  const messages = [{ role: 'user', content: 'é'.repeat(bytes / 2) }] as const;
  return question({ input: { kind: 'chat', messages }, options: { ...options, contextTokens } });
}

describe('a prompt that does not fit', () => {
  test.for([
    'input length exceeds the context length',
    'the input length exceeds the context length',
    'input length exceeds maximum context length',
    'the request exceeds the available context size. try increasing the context size',
  ])('the server says: %s', async (error, { server, expect }) => {
    for (const reply of [() => HttpResponse.json({ error }, { status: 400 }), () => lines({ error })]) {
      server.on('chat', reply);
      await expect(server.model().ask(longQuestion(10_000), unaborted())).rejects.toMatchObject({
        code: 'CHORALE_PROMPT_TOO_LONG',
        contextTokens,
        message: expect.stringContaining('does not fit into the context of 1000 tokens'),
      });
    }
  });

  test.for([
    // Older servers keep about half and 2 tokens, newer ones all that fits.
    [500, 'CHORALE_PROMPT_TOO_LONG'],
    [502, 'CHORALE_PROMPT_TOO_LONG'],
    [504, 'CHORALE_PROMPT_TOO_LONG'],
    [999, 'CHORALE_PROMPT_TOO_LONG'],
    [1_000, 'CHORALE_PROMPT_TOO_LONG'],
    [499, undefined],
    [505, undefined],
    [998, undefined],
  ] as const)('10,000 bytes of which the server read %i tokens: %s', async ([count, code], { server, expect }) => {
    server.on('chat', () => lines(piece('positive'), end({ prompt_eval_count: count })));
    const answer = server.model().ask(longQuestion(10_000), unaborted());
    if (code) await expect(answer).rejects.toMatchObject({ code, problem: `the server kept ${count} tokens of it` });
    else await expect(answer).resolves.toMatchObject({ text: 'positive' });
  });

  test.for([
    // A token is at least a byte: so many bytes cannot be more tokens than the context has.
    [1_000, 502],
    [500, 999],
    [500, 1_000],
    [20, 502],
    [20, 26],
  ])('%i bytes of which the server read %i tokens are answered', async ([bytes = 0, count], { server, expect }) => {
    server.on('chat', () => lines(piece('positive'), end({ prompt_eval_count: count })));
    await expect(server.model().ask(longQuestion(bytes), unaborted())).resolves.toMatchObject({ text: 'positive' });
  });

  test.for([
    // Also where the server does not know `truncate: false`, which is sent with both.
    [502, 'CHORALE_PROMPT_TOO_LONG'],
    [1_000, 'CHORALE_PROMPT_TOO_LONG'],
    [700, undefined],
  ] as const)('a completion of which the server read %i tokens: %s', async ([count, code], { server, expect }) => {
    server.on('generate', () =>
      lines({ response: 'positive', done: false }, { response: '', ...end(), prompt_eval_count: count }),
    );
    const { options } = longQuestion(2);
    const input = { kind: 'completion', prompt: 'x'.repeat(3_000) } as const;
    const answer = server.model().ask(question({ input, options }), unaborted());
    if (code) await expect(answer).rejects.toMatchObject({ code });
    else await expect(answer).resolves.toMatchObject({ text: 'positive' });
    expect(server.questions[0]?.body).toMatchObject({ truncate: false, shift: false, raw: true });
  });

  test.for([
    [{ atLeast: 400, atMost: 600 }, undefined],
    // It would not fit, or the count is not what was to be expected.
    [{ atLeast: 400, atMost: 1_000 }, 'CHORALE_PROMPT_TOO_LONG'],
    [{ atLeast: 600, atMost: 900 }, 'CHORALE_PROMPT_TOO_LONG'],
    [{ atLeast: 100, atMost: 400 }, 'CHORALE_PROMPT_TOO_LONG'],
  ] as const)(
    '502 tokens of a prompt of which %j are expected: %s',
    async ([promptTokens, code], { server, expect }) => {
      server.on('chat', () => lines(piece('positive'), end({ prompt_eval_count: 502 })));
      const answer = server.model().ask(longQuestion(10_000), { ...unaborted(), promptTokens });
      if (code) await expect(answer).rejects.toMatchObject({ code });
      else await expect(answer).resolves.toMatchObject({ text: 'positive' });
    },
  );

  test('a model that was made for less has the context that it was made for', async ({ server, expect }) => {
    const model_info = { 'general.architecture': 'llama', 'llama.context_length': 400, 'clip.context_length': 77 };
    server.on('show', () => HttpResponse.json({ capabilities: ['completion'], model_info }));
    server.on('chat', () => lines(piece('positive'), end({ prompt_eval_count: 202 })));
    await expect(server.model().ask(longQuestion(10_000), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_PROMPT_TOO_LONG',
      contextTokens: 400,
    });
  });

  test('a refusal may tell the size', async ({ server, expect }) => {
    const error = 'request (1407 tokens) exceeds the available context size (1000 tokens), try increasing it';
    server.on('chat', () => HttpResponse.json({ error: { message: error, code: 400 } }, { status: 400 }));
    await expect(server.model().ask(longQuestion(10_000), unaborted())).rejects.toMatchObject({
      length: { counted: 1_407, estimated: null },
      message: expect.stringContaining('the prompt of 1407 tokens does not fit into the context of 1000 tokens'),
    });
  });

  test('a refusal by a model that was made for less tells its context too', async ({ server, expect }) => {
    const model_info = { 'general.architecture': 'llama', 'llama.context_length': 400 };
    server.on('show', () => HttpResponse.json({ capabilities: ['completion'], model_info }));
    server.on('chat', () => HttpResponse.json({ error: 'input length exceeds the context length' }, { status: 400 }));
    await expect(server.model().ask(longQuestion(10_000), unaborted())).rejects.toMatchObject({ contextTokens: 400 });
  });

  test('a server that counts nothing is believed', async ({ server, expect }) => {
    server.on('chat', () => lines(piece('positive', { done: true })));
    await expect(server.model().ask(longQuestion(10_000), unaborted())).resolves.toMatchObject({ text: 'positive' });
  });
});
