import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { isRetryable } from '../../../src/foundation/errors/chorale-error.js';
import { createManualClock } from '../../../src/testing/index.js';
import { end, type FakeOllama, lines, piece, question, test, unaborted } from './fake-ollama.js';

const html = '<!doctype html><html><body><h1>Gateway</h1></body></html>';

/** What the model throws for one question. */
async function failureOf(server: FakeOllama, clock = createManualClock()): Promise<unknown> {
  return server
    .model({ clock })
    .ask(question(), unaborted())
    .then(
      (answer) => new Error(`answered: ${answer.text}`),
      (error: unknown) => error,
    );
}

describe('a stream under 200', () => {
  test.for([
    ['an error at once', lines.bind(undefined, '{"error":"out\\nof memory"}\n'), 'FAILED', 'HTTP 200: out of memory'],
    [
      'an error in the middle',
      () => lines(piece('pos'), { error: 'the runner stopped' }),
      'FAILED',
      'HTTP 200: the runner stopped',
    ],
    ['an error as an object', () => lines({ error: { message: 'no', code: 5 } }), 'FAILED', 'HTTP 200: no'],
    ['an error that is an empty object', () => lines({ error: {} }), 'FAILED', 'HTTP 200: {}'],
    ['nothing but that there is no error', () => lines({ error: null }), 'RESPONSE', 'has no text'],
    ['no end', () => lines(piece('positive')), 'CUT_OFF', 'before the answer was complete'],
    ['nothing', () => lines(), 'CUT_OFF', 'before the answer was complete'],
    ['half a line', () => lines(piece('pos'), JSON.stringify(end()).slice(0, 40)), 'CUT_OFF', 'before the answer'],
    [
      'half a line, cut in a character',
      () => lines(piece('pos'), '{"message": {"content": "\uFFFD'),
      'CUT_OFF',
      'before',
    ],
    ['garbage in between', () => lines(piece('pos'), 'oops\n', end()), 'RESPONSE', 'not a JSON object'],
    ['garbage at the end', () => lines(piece('pos'), 'upstream went away'), 'RESPONSE', 'not a JSON object'],
    ['JSON that is no object', () => lines('5\n', end()), 'RESPONSE', 'not a JSON object'],
    ['null', () => lines('null\n'), 'RESPONSE', 'not a JSON object'],
    ['a list', () => lines('[]\n'), 'RESPONSE', 'not a JSON object'],
    ['a chunk without text', () => lines({ done: false }, end()), 'RESPONSE', 'a chunk of the stream has no text'],
    ['a text that is none', () => lines(piece('', { message: { content: 5 } })), 'RESPONSE', 'wrong message.content'],
    [
      'the same a few times, and no end',
      () => lines(...Array.from({ length: 20 }, () => piece('no'))),
      'CUT_OFF',
      'before the answer was complete',
    ],
  ] as const)('%s', async ([, reply, code, message], { server, expect }) => {
    server.on('chat', reply);
    const error = await failureOf(server);
    expect(error).toMatchObject({ code: `CHORALE_MODEL_${code}`, message: expect.stringContaining(message) });
    expect(isRetryable(error)).toBe(true);
  });

  test.for([
    ['white space', () => lines(...Array.from({ length: 300 }, () => piece('\n'))), 'white space without end'],
    [
      'a loop that the server gave up, without a last line',
      () => lines(piece('So'), ...Array.from({ length: 31 }, (_, index) => piece(index % 2 ? ' no' : 'no '))),
      'repeats itself without end, and the server gave it up',
    ],
  ] as const)('%s is a wrong answer', async ([, reply, message], { server, expect }) => {
    server.on('chat', reply);
    expect(await failureOf(server)).toMatchObject({
      code: 'CHORALE_ANSWER_INVALID',
      message: expect.stringContaining(message),
    });
  });

  test('a page of a proxy', async ({ server, expect }) => {
    server.on('chat', () => HttpResponse.html(html));
    const error = await failureOf(server);
    expect(error).toMatchObject({
      code: 'CHORALE_MODEL_RESPONSE',
      message: expect.stringContaining("content type 'text/html' instead of JSON"),
    });
    expect(String(error)).not.toContain('Gateway');
  });

  test('a body of one JSON object, which a stream is not', async ({ server, expect }) => {
    server.on('chat', () => HttpResponse.json({ error: 'not today' }));
    expect(await failureOf(server)).toMatchObject({ code: 'CHORALE_MODEL_FAILED', problem: 'not today' });
  });

  test('garbage that calls itself JSON', async ({ server, expect }) => {
    server.on('chat', () => new HttpResponse(`${html}\n`, { headers: { 'content-type': 'application/json' } }));
    expect(await failureOf(server)).toMatchObject({ code: 'CHORALE_MODEL_RESPONSE' });
  });

  test('no body at all', async ({ server, expect }) => {
    server.on('chat', () => new HttpResponse(null, { headers: { 'content-type': 'application/x-ndjson' } }));
    expect(await failureOf(server)).toMatchObject({ code: expect.stringMatching(/CUT_OFF|RESPONSE/) });
  });
});

describe('an HTTP status', () => {
  test.for([408, 425, 429, 502, 503, 504, 520, 524, 529])(
    '%i is worth another attempt',
    async (status, { server, expect }) => {
      server.on('chat', () => HttpResponse.json({ error: 'server busy' }, { status }));
      const error = await failureOf(server);
      expect(error).toMatchObject({ code: 'CHORALE_MODEL_BUSY', status, problem: 'server busy', retryAfterMs: null });
      expect(isRetryable(error)).toBe(true);
    },
  );

  test.for([500, 501, 507, 530, 599])(
    '%i is a failure of the server, and worth another attempt',
    async (status, { server, expect }) => {
      server.on('chat', () =>
        HttpResponse.json({ error: 'the runner stopped' }, { status, headers: { 'retry-after': '2' } }),
      );
      const error = await failureOf(server);
      expect(error).toMatchObject({
        code: 'CHORALE_MODEL_FAILED',
        status,
        problem: 'the runner stopped',
        retryAfterMs: 2_000,
      });
      expect(isRetryable(error)).toBe(true);
    },
  );

  test.for([400, 401, 403, 404, 405, 413, 422])('%i is not', async (status, { server, expect }) => {
    server.on('chat', () => HttpResponse.json({ error: 'no such thing' }, { status }));
    const error = await failureOf(server);
    const code = status === 401 || status === 403 ? 'CHORALE_MODEL_AUTH' : 'CHORALE_MODEL_REJECTED';
    expect(error).toMatchObject({ code, status, problem: 'no such thing' });
    expect(isRetryable(error)).toBe(false);
  });

  test.for([
    ['5', 5_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['soon', null],
    ['', null],
    ['-5', null],
    ['1.5', null],
  ] as const)('Retry-After: %j is %j ms', async ([value, retryAfterMs], { server, expect }) => {
    server.on('chat', () => new HttpResponse('', { status: 503, headers: { 'retry-after': value } }));
    const clock = createManualClock({ epochMs: Date.UTC(2026, 0, 1) });
    expect(await failureOf(server, clock)).toMatchObject({ code: 'CHORALE_MODEL_BUSY', retryAfterMs });
  });

  test('a page of a proxy is not quoted', async ({ server, expect }) => {
    server.on('chat', () => HttpResponse.html(html, { status: 502, statusText: 'Bad Gateway' }));
    const error = await failureOf(server);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_BUSY', problem: 'Bad Gateway' });
  });

  test('an explanation is one line of bounded length', async ({ server, expect }) => {
    server.on('chat', () => HttpResponse.json({ error: `bad\n\tthing ${'x'.repeat(5_000)}` }, { status: 400 }));
    const { message } = (await failureOf(server)) as Error;
    expect(message).toMatch(/HTTP 400: bad thing x+/);
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain('\n');
  });
});

describe('a model that is not there', () => {
  const gone = () => HttpResponse.json({ error: 'model "small" not found, try pulling it first' }, { status: 404 });
  const none = 'http://ollama.test:11434 has no model';

  test('prepare lists those that are, and says what to do', async ({ server, expect }) => {
    server.on('show', gone);
    await expect(server.model().prepare(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_MISSING',
      message: `${none} 'small'; installed: llama3.2:3b, qwen3:4b; get it with: chorale pull small host=http://ollama.test:11434`,
    });
  });

  test('so does a question, when it is removed meanwhile', async ({ server, expect }) => {
    const model = server.model();
    await model.prepare(question(), unaborted());
    server.on('chat', gone);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_MISSING',
      installed: ['llama3.2:3b', 'qwen3:4b'],
    });
  });

  test('there may be none', async ({ server, expect }) => {
    server.on('show', gone);
    server.on('tags', () => HttpResponse.json({ models: [] }));
    expect(await failureOf(server)).toMatchObject({
      message: `${none} 'small'; installed: none; get it with: chorale pull small host=http://ollama.test:11434`,
    });
  });

  test.for([
    () => HttpResponse.json({}, { status: 500 }),
    () => HttpResponse.json({ models: 5 }),
    () => HttpResponse.html(html),
    () => HttpResponse.error(),
  ])('a list that cannot be had is left out (%#)', async (tags, { server, expect }) => {
    server.on('show', gone);
    server.on('tags', tags);
    expect(await failureOf(server)).toMatchObject({
      message: `${none} 'small'; get it with: chorale pull small host=http://ollama.test:11434`,
    });
  });

  test('404 from something that is no Ollama server is no missing model', async ({ server, expect }) => {
    server.on('show', () => HttpResponse.html(html, { status: 404, statusText: 'Not Found' }));
    expect(await failureOf(server)).toMatchObject({ code: 'CHORALE_MODEL_REJECTED', problem: 'Not Found' });
  });
});
