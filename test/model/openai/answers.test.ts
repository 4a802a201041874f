import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { createManualClock } from '../../../src/testing/index.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { answer, done, event, eventStream, events, finish, piece, test, textPiece, usage } from './fake-openai.js';

const completion = { kind: 'completion', prompt: 'Good:' } as const;

/** A body that arrives byte by byte. */
function bytewise(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 1) controller.enqueue(bytes.subarray(at, at + 1));
      controller.close();
    },
  });
}

const whole = [piece('posi'), piece('tive'), finish(), usage()].map(event).join('') + done;

describe('an answer', () => {
  test('text, usage and end are those of the server', async ({ server, expect }) => {
    server.on('chat/completions', () => eventStream(whole));
    expect(await server.model({ clock: createManualClock() }).ask(question(), unaborted())).toEqual({
      text: 'positive',
      finishReason: 'stop',
      usage: { promptTokens: 26, completionTokens: 1 },
      durations: { totalMs: 0, firstTokenMs: 0, queueMs: null, loadMs: null },
      logprobs: null,
    });
  });

  test('so are those of a completion', async ({ server, expect }) => {
    server.on('completions', () =>
      events(textPiece(' pos'), textPiece('itive'), textPiece('', { finish_reason: 'length' }), usage(), done),
    );
    expect(await server.model().ask(question({ input: completion }), unaborted())).toMatchObject({
      text: ' positive',
      finishReason: 'length',
      usage: { promptTokens: 26, completionTokens: 1 },
    });
  });

  test.for([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'other'],
    ['eos_token', 'other'],
  ] as const)('finish_reason %s is %s', async ([reason, finishReason], { server, expect }) => {
    server.on('chat/completions', () => events(piece('positive'), finish(reason), done));
    expect(await server.model().ask(question(), unaborted())).toMatchObject({ text: 'positive', finishReason });
  });

  test('the reason may come with the last piece of the text', async ({ server, expect }) => {
    server.on('chat/completions', () => events(piece('positive', { finish_reason: 'stop' }), done));
    expect(await server.model().ask(question(), unaborted())).toMatchObject({ text: 'positive', finishReason: 'stop' });
  });

  test.for([
    ['none', []],
    ['null', [piece('', {}, { usage: null })]],
    ['noughts, as Ollama sends them with every piece', [piece('', {}, { usage: { prompt_tokens: 0 } })]],
    ['nonsense', [piece('', {}, { usage: { prompt_tokens: -1, completion_tokens: '5' } })]],
    ['no object', [piece('', {}, { usage: 'many' })]],
  ] as const)('without usage (%s) no tokens are counted', async ([, chunks], { server, expect }) => {
    server.on('chat/completions', () => events(piece('positive'), ...chunks, finish(), done));
    const { usage: counted } = await server.model().ask(question(), unaborted());
    expect(counted).toEqual({ promptTokens: null, completionTokens: null });
  });

  test('of usage that grows, the last counts', async ({ server, expect }) => {
    const growing = [1, 2].map((count) => piece('x', {}, { usage: { prompt_tokens: 9, completion_tokens: count } }));
    server.on('chat/completions', () => events(...growing, finish(), done));
    const { usage: counted } = await server.model().ask(question(), unaborted());
    expect(counted).toEqual({ promptTokens: 9, completionTokens: 2 });
  });

  test('it is left as it came: nothing is validated here', async ({ server, expect }) => {
    for (const text of ['', ' \n', '**Positive!**', '```json\n{}\n```', '{"answer": "posi']) {
      server.on('chat/completions', () => answer(text));
      const schema = { type: 'string', enum: ['positive', 'negative'] };
      expect((await server.model().ask(question({ schema }), unaborted())).text).toBe(text);
    }
  });

  test('thoughts are no part of it', async ({ server, expect }) => {
    const thoughts = [
      piece(null, { delta: { reasoning_content: 'negative?' } }),
      piece(null, { delta: { reasoning: 'no' } }),
    ];
    server.on('chat/completions', () => events(...thoughts, piece('positive'), finish(), done));
    expect((await server.model().ask(question(), unaborted())).text).toBe('positive');
  });

  test('a refusal to answer is no answer, and is kept apart', async ({ server, expect }) => {
    const refused = piece(null, { delta: { refusal: 'I cannot judge that.' } });
    server.on('chat/completions', () => events(refused, finish(), done));
    await expect(server.model().ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_ANSWER_REFUSED',
      message: 'the model refused to answer',
      answer: 'I cannot judge that.',
    });
  });

  test('a server that does not stream answers in one piece', async ({ server, expect }) => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'positive' }, finish_reason: 'stop' }];
    const counts = { prompt_tokens: 5, completion_tokens: 1 };
    server.on('chat/completions', () => HttpResponse.json({ object: 'chat.completion', choices, usage: counts }));
    expect(await server.model().ask(question(), unaborted())).toMatchObject({
      text: 'positive',
      finishReason: 'stop',
      usage: { promptTokens: 5, completionTokens: 1 },
    });
  });
});

describe('a stream of events', () => {
  const long = [piece('über 🎉'), finish(), usage()].map(event).join('') + done;

  test.for([
    ['line ends of Windows', long.replaceAll('\n', '\r\n')],
    ['line ends of old', long.replaceAll('\n', '\r')],
    ['no space after the colon', long.replaceAll('data: ', 'data:')],
    ['comments that keep the connection alive', `: OPENROUTER PROCESSING\n\n${long.replaceAll('data:', ':\n\ndata:')}`],
    ['other fields', long.replaceAll('data:', 'id: 5\nevent: message\nretry: 10\nx-custom: 1\ndata:')],
    ['data over several lines', `${event(piece('über 🎉')).replaceAll(',', ',\ndata: ')}${event(finish())}${done}`],
    ['a byte-order mark', `\uFEFF${long}`],
    ['blank lines in between', long.replaceAll('\n\n', '\n\n\n\n')],
    ['no end after the finish', event(piece('über 🎉')) + event(finish())],
    ['no blank line at the end', long.trimEnd()],
    ['no line end after the finish', (event(piece('über 🎉')) + event(finish())).trimEnd()],
    ['half an event after the finish', `${event(piece('über 🎉'))}${event(finish())}data: {"choi`],
    ['more after the end', `${long}${event(piece('!'))}`],
  ])('%s', async ([, text = ''], { server, expect }) => {
    for (const body of [text, bytewise(text)]) {
      server.on('chat/completions', () => eventStream(body));
      expect((await server.model().ask(question(), unaborted())).text).toBe('über 🎉');
    }
  });
});

describe('the time of the first token', () => {
  test.for([
    ['a role is none', piece('', { delta: { role: 'assistant', content: '' } }), 20],
    ['a thought is one', piece(null, { delta: { reasoning_content: 'hm' } }), 10],
    ['a piece of text is one', piece('pos'), 10],
  ] as const)('%s', async ([, first, firstTokenMs], { server, expect }) => {
    const clock = createManualClock();
    const chunks = [event(first), event(piece('positive')), event(finish()) + done];
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const chunk = chunks.shift();
          if (chunk === undefined) return controller.close();
          await clock.advance(10);
          controller.enqueue(new TextEncoder().encode(chunk));
        },
      },
      { highWaterMark: 0 },
    );
    server.on('chat/completions', () => eventStream(body));
    const { durations } = await server.model({ clock }).ask(question(), unaborted());
    expect(durations).toMatchObject({ firstTokenMs, queueMs: null });
  });
});

describe('Ollama behind /v1', () => {
  const ofOllama = (content: string, more: object = {}) => piece(content, more, { system_fingerprint: 'fp_ollama' });

  test('people are told that its own API is the better one', async ({ server, expect }) => {
    const model = server.model();
    await model.ask(question(), unaborted());
    expect(model.caveat).toBeNull();
    server.on('chat/completions', () => events(ofOllama('positive', { finish_reason: 'stop' }), done));
    await model.ask(question(), unaborted());
    expect(model.caveat).toMatch(/^this is an Ollama server, .* the provider 'ollama' does neither$/);
  });

  test('a prompt that it has cut is no answer', async ({ server, expect }) => {
    server.on('chat/completions', () => events(ofOllama('positive', { finish_reason: 'stop' }), usage(4_096, 1), done));
    const input = { kind: 'chat', messages: [{ role: 'user', content: 'word '.repeat(6_000) }] } as const;
    await expect(server.model().ask(question({ input }), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_PROMPT_TOO_LONG',
    });
  });

  test('another server may have a longer context than the prompt asks for', async ({ server, expect }) => {
    server.on('chat/completions', () => events(piece('positive'), finish(), usage(6_012, 1), done));
    const input = { kind: 'chat', messages: [{ role: 'user', content: 'word '.repeat(6_000) }] } as const;
    expect((await server.model().ask(question({ input }), unaborted())).text).toBe('positive');
  });
});
