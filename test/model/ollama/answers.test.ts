import { describe } from 'vitest';
import { createManualClock } from '../../../src/testing/index.js';
import { end, lines, piece, question, test, unaborted } from './fake-ollama.js';

describe('an answer', () => {
  test('text, usage and times are those of the server', async ({ server, expect }) => {
    server.on('chat', () => lines(piece('posi'), piece('tive'), end()));
    expect(await server.model({ clock: createManualClock() }).ask(question(), unaborted())).toEqual({
      text: 'positive',
      finishReason: 'stop',
      usage: { promptTokens: 26, completionTokens: 1 },
      // 900 in all, of which 100 loading, 300 reading the prompt and 200 generating.
      durations: { totalMs: 0, firstTokenMs: 0, queueMs: 300, loadMs: 100 },
      logprobs: null,
    });
  });

  test.for([
    ['stop', 'stop'],
    ['length', 'length'],
    ['unload', 'other'],
    [undefined, 'other'],
  ] as const)('done_reason %s is %s', async ([reason, finishReason], { server, expect }) => {
    server.on('chat', () => lines(piece('positive'), end({ done_reason: reason })));
    expect(await server.model().ask(question(), unaborted())).toMatchObject({ finishReason });
  });

  test('what the server does not tell is null', async ({ server, expect }) => {
    server.on('chat', () => lines(piece('positive', { done: true })));
    expect(await server.model().ask(question(), unaborted())).toMatchObject({
      usage: { promptTokens: null, completionTokens: null },
      durations: { queueMs: null, loadMs: null },
    });
  });

  test.for([-1, 0.5, '12', null, {}])('a count of %j is none', async (count, { server, expect }) => {
    server.on('chat', () => lines(piece('positive'), end({ prompt_eval_count: count, eval_count: count })));
    const { usage } = await server.model().ask(question(), unaborted());
    expect(usage).toEqual({ promptTokens: null, completionTokens: null });
  });

  test('queue time is never below 0', async ({ server, expect }) => {
    server.on('chat', () => lines(piece('positive'), end({ total_duration: 1 })));
    const { durations } = await server.model().ask(question(), unaborted());
    expect(durations.queueMs).toBe(0);
  });

  test('it is left as it came: nothing is validated here', async ({ server, expect }) => {
    for (const text of ['', ' \n', '**Positive!**', '```json\n{}\n```', 'no idea', '{"sentiment": "posi']) {
      server.on('chat', () => lines(piece(text), end()));
      const schema = { type: 'string', enum: ['positive', 'negative'] };
      expect((await server.model().ask(question({ schema }), unaborted())).text).toBe(text);
    }
  });

  test('characters that are cut in two between chunks of the network arrive whole', async ({ server, expect }) => {
    const bytes = new TextEncoder().encode(
      [piece('über 🎉'), end()].map((chunk) => `${JSON.stringify(chunk)}\n`).join(''),
    );
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 1) controller.enqueue(bytes.subarray(at, at + 1));
        controller.close();
      },
    });
    server.on('chat', () => new Response(body, { headers: { 'content-type': 'application/x-ndjson' } }));
    expect((await server.model().ask(question(), unaborted())).text).toBe('über 🎉');
  });

  test('the line end of the last line may be missing', async ({ server, expect }) => {
    server.on('chat', () => lines(piece('positive'), JSON.stringify(end())));
    expect((await server.model().ask(question(), unaborted())).text).toBe('positive');
  });

  test('thinking is no part of it', async ({ server, expect }) => {
    const thought = { message: { role: 'assistant', content: '', thinking: 'negative?' } };
    server.on('chat', () => lines({ ...piece(''), ...thought }, piece('positive'), end()));
    expect((await server.model().ask(question(), unaborted())).text).toBe('positive');
  });
});

describe('probabilities', () => {
  const token = (text: string, logprob: number) => ({
    token: text,
    logprob,
    bytes: [...new TextEncoder().encode(text)],
  });

  test('they are gathered over the chunks', async ({ server, expect }) => {
    const first = { ...token('pos', -0.1), top_logprobs: [token('pos', -0.1), token('neg', -2.3)] };
    server.on('chat', () =>
      lines(piece('pos', { logprobs: [first] }), piece('itive', { logprobs: [token('itive', 0)] }), end()),
    );
    const { logprobs } = await server.model().ask(question({ topLogprobs: 2 }), unaborted());
    expect(logprobs).toEqual([
      {
        token: 'pos',
        logprob: -0.1,
        alternatives: [
          { token: 'pos', logprob: -0.1 },
          { token: 'neg', logprob: -2.3 },
        ],
      },
      { token: 'itive', logprob: 0, alternatives: [] },
    ]);
  });

  test('bytes are kept where the text does not tell them, and are none where they make no sense', async ({
    server,
    expect,
  }) => {
    const cut = { token: '\uFFFD', logprob: -1, bytes: [0xe6, 0xad] };
    const first = {
      ...cut,
      top_logprobs: [cut, { token: 'x', logprob: -2, bytes: [999] }, { token: 'y', logprob: -3, bytes: null }],
    };
    server.on('chat', () => lines(piece('正', { logprobs: [first] }), end()));
    const { logprobs } = await server.model().ask(question({ topLogprobs: 3 }), unaborted());
    expect(logprobs).toEqual([
      {
        ...cut,
        alternatives: [cut, { token: 'x', logprob: -2 }, { token: 'y', logprob: -3 }],
      },
    ]);
  });

  test('a server that does not know them is no failure', async ({ server, expect }) => {
    const { logprobs } = await server.model().ask(question({ topLogprobs: 2 }), unaborted());
    expect(logprobs).toBeNull();
  });

  test.for([5, 'x', [1], [{ token: 'a' }]])(
    '%j are none, and cost the answer nothing',
    async (logprobs, { server, expect }) => {
      server.on('chat', () => lines(piece('positive', { logprobs }), end()));
      const answer = await server.model().ask(question({ topLogprobs: 2 }), unaborted());
      expect(answer).toMatchObject({ text: 'positive', logprobs: null });
    },
  );
});
