import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { asCompletion, end, type FakeOllama, lines, piece, question, test, unaborted } from './fake-ollama.js';

const completion = question({ input: { kind: 'completion', prompt: 'Good:' } });

/** What the questions so far asked for. */
const asked = (server: FakeOllama) => server.questions.map(({ body }) => body.think);

function thought(thinking: string, more: object = {}): object {
  return piece('', { message: { role: 'assistant', content: '', thinking }, ...more });
}

describe('a model that thinks', () => {
  const capabilities = ['completion', 'thinking'];

  test.for([
    [{ capabilities }, false],
    [{ capabilities, details: { family: 'qwen3' } }, false],
    [{ capabilities, details: { family: 'gptoss' } }, 'low'],
    [{ capabilities, details: { family: 'gpt-oss' } }, 'low'],
    // Newer servers say what can be asked for.
    [{ capabilities, thinking: { values: [true, false], default: true } }, false],
    [{ capabilities, thinking: { values: ['low', 'medium', 'high'], default: 'medium' } }, 'low'],
    [{ capabilities, thinking: { values: [false, 'medium', 'high'] } }, false],
    [{ capabilities, thinking: { values: ['high', 'medium'] } }, 'medium'],
    [{ capabilities, thinking: { values: ['utmost'] } }, false],
    [{ capabilities, thinking: 'yes' }, false],
    [{ capabilities: ['completion'], details: { family: 'gptoss' } }, undefined],
  ] as const)('%j is asked for think: %s', async ([shown, think], { server, expect }) => {
    server.on('show', () => HttpResponse.json(shown));
    await server.model().ask(question(), unaborted());
    expect(asked(server)).toEqual([think]);
  });

  test('one that cannot be kept from it has room for its thoughts, but not in a completion', async ({
    server,
    expect,
  }) => {
    server.on('show', () => HttpResponse.json({ capabilities, details: { family: 'gptoss' } }));
    const model = server.model();
    await model.ask(question(), unaborted());
    await model.ask(completion, unaborted());
    expect(server.questions.map(({ body }) => [body.think, body.options])).toMatchObject([
      ['low', { num_predict: 8 + 1_024 }],
      [false, { num_predict: 8 }],
    ]);
  });

  test('a choice that the server refuses is not made again', async ({ server, expect }) => {
    server.on('show', () => HttpResponse.json({ capabilities, details: { family: 'gptoss' } }));
    server.on('chat', ({ body }) => {
      if (body.think === 'low') {
        return HttpResponse.json({ error: 'think value "low" is not supported for this model' }, { status: 400 });
      }
      if (body.think === false)
        return HttpResponse.json({ error: '"small" does not support thinking' }, { status: 400 });
      return lines(piece('positive'), end());
    });
    const model = server.model();
    for (let times = 0; times < 2; times += 1) {
      expect(await model.ask(question(), unaborted())).toMatchObject({ text: 'positive' });
    }
    expect(asked(server)).toEqual(['low', false, undefined, undefined]);
  });

  test('questions side by side find that out too', async ({ server, expect }) => {
    server.on('show', () => HttpResponse.json({ capabilities }));
    server.on('chat', ({ body }) =>
      'think' in body
        ? HttpResponse.json({ error: '"small" does not support thinking' }, { status: 400 })
        : lines(piece('positive'), end()),
    );
    const model = server.model();
    const answers = await Promise.all(Array.from({ length: 5 }, () => model.ask(question(), unaborted())));
    expect(answers.map(({ text }) => text)).toEqual(Array(5).fill('positive'));
  });

  test.for([
    [400, 'no such option'],
    [500, 'thinking went wrong'],
  ] as const)('another refusal (%i: %s) is none of thinking', async ([status, error], { server, expect }) => {
    server.on('show', () => HttpResponse.json({ capabilities }));
    server.on('chat', () => HttpResponse.json({ error }, { status }));
    await expect(server.model().ask(question(), unaborted())).rejects.toMatchObject({ problem: error });
    expect(asked(server)).toEqual([false]);
  });
});

describe('a thought', () => {
  const token = (text: string) => ({ token: text, logprob: -0.1 });

  test('is no part of the answer, but the answer says that there was one', async ({ server, expect }) => {
    server.on('chat', () => lines(thought('negative?'), piece('positive'), end()));
    expect(await server.model().ask(question(), unaborted())).toMatchObject({ text: 'positive', thought: true });
    server.on('generate', () =>
      lines({ ...asCompletion(piece('')), thinking: 'no' }, ...[piece('positive'), end()].map(asCompletion)),
    );
    expect(await server.model().ask(completion, unaborted())).toMatchObject({ text: 'positive', thought: true });
    server.on('chat', () => lines(piece('positive'), end()));
    expect(await server.model().ask(question(), unaborted())).not.toHaveProperty('thought');
  });

  test('may come without a field for the answer', async ({ server, expect }) => {
    server.on('chat', () => lines(piece('', { message: { thinking: 'hm' } }), piece('positive'), end()));
    expect(await server.model().ask(question(), unaborted())).toMatchObject({ text: 'positive', thought: true });
  });

  test('its tokens are none of the answer', async ({ server, expect }) => {
    server.on('chat', () =>
      lines(
        thought('negative', { logprobs: [token('negative')] }),
        thought('?', { logprobs: [token('?')] }),
        piece('positive', { logprobs: [token('positive')] }),
        end(),
      ),
    );
    const { logprobs } = await server.model().ask(question({ topLogprobs: 2 }), unaborted());
    expect(logprobs?.map((entry) => entry.token)).toEqual(['positive']);
  });

  test('one without end is ended', async ({ server, expect }) => {
    server.on('chat', () =>
      lines(...Array.from({ length: 600 }, (_, index) => thought(['wait', ' no', ','][index % 3] ?? ''))),
    );
    await expect(server.model().ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_ANSWER_INVALID',
      problem: 'repeats itself without end',
    });
  });
});
