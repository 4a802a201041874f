import { HttpResponse } from 'msw';
import { describe } from 'vitest';
import { isRetryable } from '../../../src/foundation/errors/chorale-error.js';
import { createManualClock } from '../../../src/testing/index.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import {
  answer,
  done,
  event,
  eventStream,
  events,
  type FakeOpenAI,
  finish,
  host,
  piece,
  refusal,
  test,
} from './fake-openai.js';

const html = '<!doctype html><html><body><h1>Gateway</h1></body></html>';
const apiKey = 'sk-s3cret-key-0123';
const completion = { kind: 'completion', prompt: 'Good:' } as const;

/** What the model throws for one question. */
async function failureOf(server: FakeOpenAI, more = {}, options = {}): Promise<Error> {
  return server
    .model({ clock: createManualClock(), ...options })
    .ask(question(more), unaborted())
    .then(
      ({ text }) => new Error(`answered: ${text}`),
      (error: Error) => error,
    );
}

describe('a stream under 200', () => {
  test.for([
    ['an error at once', () => events({ error: { message: 'out\nof memory' } }), 'FAILED', 'HTTP 200: out of memory'],
    [
      'an error in the middle',
      () => events(piece('pos'), { error: 'it stopped' }, done),
      'FAILED',
      'HTTP 200: it stopped',
    ],
    ['an event called error', () => events('event: error\ndata: {"message":"no"}\n\n'), 'FAILED', 'HTTP 200: no'],
    ['an event called error that is no JSON', () => events('event: error\ndata: no\n\n'), 'FAILED', 'HTTP 200: no'],
    ['an error that is no event', () => events(piece('pos'), '{"error":"no"}\n'), 'FAILED', 'HTTP 200: no'],
    [
      'an error with a status of its own',
      () => events(piece('pos'), { error: { message: 'overloaded', code: 503 } }),
      'BUSY',
      'HTTP 503: overloaded',
    ],
    ['no end', () => events(piece('positive')), 'CUT_OFF', 'before the answer was complete'],
    ['an end, but neither text nor reason', () => events(piece(''), done), 'CUT_OFF', 'before the answer was complete'],
    ['nothing', () => eventStream(''), 'CUT_OFF', 'before the answer was complete'],
    ['no body', () => eventStream(null), 'CUT_OFF', 'before the answer was complete'],
    ['half a line', () => events(piece('pos'), event(finish()).slice(0, 40)), 'CUT_OFF', 'before the answer'],
    ['half a field', () => events(piece('pos'), 'dat'), 'CUT_OFF', 'before the answer'],
    ['garbage in between', () => events(piece('pos'), 'data: oops\n\n', finish()), 'RESPONSE', 'not JSON'],
    ['JSON that is no object', () => events('data: 5\n\n', finish()), 'RESPONSE', 'a wrong form'],
    ['null', () => events('data: null\n\n'), 'RESPONSE', 'a wrong form'],
    ['a list', () => events('data: []\n\n'), 'RESPONSE', 'a wrong form'],
    ['another object', () => events({ status: 'ok' }), 'RESPONSE', 'no choices'],
    ['choices that are none', () => events({ choices: 'many' }), 'RESPONSE', 'a wrong choices'],
    [
      'a text that is none',
      () => events(piece(null, { delta: { content: 5 } })),
      'RESPONSE',
      'choices.0.delta.content',
    ],
  ] as const)('%s', async ([, reply, code, message], { server, expect }) => {
    server.on('chat/completions', reply);
    const error = await failureOf(server);
    expect(error).toMatchObject({ code: `CHORALE_MODEL_${code}`, message: expect.stringContaining(message) });
    expect(isRetryable(error)).toBe(true);
  });

  test.for([
    [{ object: 'error', message: 'no room', code: 400 }, 'HTTP 400: no room'],
    [{ object: 'error', message: 'no room', type: 'BadRequestError' }, 'HTTP 400: no room'],
    [{ error: { message: 'no', type: 'invalid_request_error', code: null } }, 'HTTP 400: no'],
    [{ error: { message: 'no', code: 'insufficient_quota' } }, 'HTTP 400: no'],
    [{ error: { message: 'too long', code: 413 } }, 'HTTP 413: too long'],
  ] as const)('%j is a refusal that stands', async ([sent, message], { server, expect }) => {
    server.on('chat/completions', () => events(piece('pos'), sent, done));
    const error = await failureOf(server);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_REJECTED', message: expect.stringContaining(message) });
    expect(isRetryable(error)).toBe(false);
  });

  test.for([500, 503, 529])(
    'an error inside the stream with a status of its own, %i, may pass',
    async (code, { server, expect }) => {
      server.on('chat/completions', () => events({ error: { message: 'later', code } }));
      expect(isRetryable(await failureOf(server))).toBe(true);
    },
  );

  test('an event without end is more than a response can need', async ({ server, expect }) => {
    server.on('chat/completions', () => eventStream(`data: ${'x'.repeat(4_200_000)}`));
    expect(await failureOf(server)).toMatchObject({
      code: 'CHORALE_MODEL_OVERSIZE',
      message: expect.stringContaining('was disconnected'),
    });
  });

  test('white space without end is a wrong answer', async ({ server, expect }) => {
    server.on('chat/completions', () => events(...Array.from({ length: 300 }, () => piece('\n'))));
    expect(await failureOf(server)).toMatchObject({
      code: 'CHORALE_ANSWER_INVALID',
      message: expect.stringContaining('white space'),
    });
  });

  test('a page of a proxy', async ({ server, expect }) => {
    server.on('chat/completions', () => HttpResponse.html(html));
    const error = await failureOf(server);
    expect(error).toMatchObject({
      code: 'CHORALE_MODEL_RESPONSE',
      message: expect.stringContaining("content type 'text/html' instead of an event stream"),
    });
    expect(String(error)).not.toContain('Gateway');
  });

  test.for([
    ['{"error":"not today"}', 'CHORALE_MODEL_FAILED'],
    ['{"choices":[', 'CHORALE_MODEL_RESPONSE'],
    ['{}', 'CHORALE_MODEL_RESPONSE'],
    ['{"choices":[]}', 'CHORALE_MODEL_CUT_OFF'],
  ])('a body of JSON that is no answer: %s', async ([body, code], { server, expect }) => {
    server.on('chat/completions', () => new HttpResponse(body, { headers: { 'content-type': 'application/json' } }));
    expect(await failureOf(server)).toMatchObject({ code });
  });
});

describe('an HTTP status', () => {
  test.for([408, 425, 429, 502, 503, 504, 520, 524, 529])(
    '%i is worth another attempt',
    async (status, { server, expect }) => {
      server.on('chat/completions', () => refusal(status, 'server busy'));
      const error = await failureOf(server);
      expect(error).toMatchObject({ code: 'CHORALE_MODEL_BUSY', status, problem: 'server busy', retryAfterMs: null });
      expect(isRetryable(error)).toBe(true);
    },
  );

  test.for([500, 501, 507])(
    '%i is a failure of the server, and worth another attempt',
    async (status, { server, expect }) => {
      server.on('chat/completions', () => refusal(status, 'it stopped', {}, { 'retry-after': '2' }));
      const error = await failureOf(server);
      expect(error).toMatchObject({ code: 'CHORALE_MODEL_FAILED', status, problem: 'it stopped', retryAfterMs: 2_000 });
      expect(isRetryable(error)).toBe(true);
    },
  );

  test.for([400, 404, 405, 413, 422])('%i is not', async (status, { server, expect }) => {
    server.on('chat/completions', () => refusal(status, 'no such thing'));
    const error = await failureOf(server);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_REJECTED', status, problem: 'no such thing' });
    expect(isRetryable(error)).toBe(false);
  });

  test('429 because nothing is left to spend is not', async ({ server, expect }) => {
    server.on('chat/completions', () => refusal(429, 'You exceeded …', { code: 'insufficient_quota' }));
    expect(await failureOf(server)).toMatchObject({
      code: 'CHORALE_MODEL_REJECTED',
      message: expect.stringContaining('check its plan and billing'),
    });
  });

  test.for([
    [{ 'retry-after': '5' }, 5_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1_000],
    [{ 'x-ratelimit-reset-requests': '120ms', 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [
      {
        'x-ratelimit-reset-requests': '120ms',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-tokens': '6m0s',
        'x-ratelimit-remaining-tokens': '500',
      },
      120,
    ],
    [{ 'x-ratelimit-reset-tokens': '1h2m59.56s' }, 3_779_560],
    [{ 'x-ratelimit-reset-requests': '12' }, 12_000],
    [{ 'retry-after': '3', 'x-ratelimit-reset-tokens': '6m0s' }, 3_000],
    [{ 'x-ratelimit-reset-tokens': 'tomorrow' }, null],
    [{}, null],
  ] as const)('%j: wait for %j ms', async ([headers, retryAfterMs], { server, expect }) => {
    server.on('chat/completions', () => refusal(429, 'slow down', {}, headers));
    const clock = createManualClock({ epochMs: Date.UTC(2026, 0, 1) });
    const error = await failureOf(server, {}, { clock });
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_BUSY', retryAfterMs });
  });

  test.for([
    ['{"error":{"message":"no"}}', 'no'],
    ['{"error":"no"}', 'no'],
    ['{"object":"error","message":"no","code":400}', 'no'],
    ['{"detail":"no"}', 'no'],
    ['{"detail":[{"loc":["body","x"],"msg":"not permitted","input":"the review"}]}', 'body.x: not permitted'],
    [html, 'Bad Request'],
    ['', 'Bad Request'],
  ])('%s is explained with %s', async ([body, problem], { server, expect }) => {
    server.on('chat/completions', () => new HttpResponse(body, { status: 400, statusText: 'Bad Request' }));
    expect(await failureOf(server)).toMatchObject({ code: 'CHORALE_MODEL_REJECTED', problem });
  });
});

describe('credentials', () => {
  test.for([401, 403])('%i without a key says where to put one', async (status, { server, expect }) => {
    server.on('chat/completions', () => refusal(status, 'no key'));
    const error = await failureOf(server);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_AUTH', status });
    expect(error.message).toBe(
      `${host}/v1 denies access (HTTP ${status}: no key); set the API key in the environment variable OPENAI_API_KEY`,
    );
    expect(isRetryable(error)).toBe(false);
  });

  test('a key that is refused is not shown, in whichever form the server repeats it', async ({ server, expect }) => {
    const says = `Incorrect API key provided: ${apiKey}, or sk-s3***********0123. You can find your key at …`;
    server.on('models', () => refusal(401, says, { code: 'invalid_api_key' }));
    const error = await server
      .model({ apiKey })
      .prepare(question(), unaborted())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'CHORALE_MODEL_AUTH',
      message: expect.stringMatching(
        /provided: \[hidden\], or \[hidden\] You can .*; check the API key in .* OPENAI_API_KEY/,
      ),
    });
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toMatch(/s3/);
  });

  test('the key is in no other error either', async ({ server, expect }) => {
    const replies = [
      () => refusal(500, `Authorization: Bearer ${apiKey}`),
      () => refusal(429, `${'x'.repeat(290)} ${apiKey}`),
      () => events({ error: { message: `key ${apiKey}` } }),
      () => events(`event: error\ndata: ${apiKey}\n\n`),
      () => HttpResponse.error(),
      () => new HttpResponse('', { status: 400, statusText: apiKey }),
    ];
    for (const reply of replies) {
      server.on('chat/completions', reply);
      const error = await failureOf(server, {}, { apiKey });
      expect(JSON.stringify([error, String(error), error.stack, String(error.cause)])).not.toMatch(/s3c/);
    }
  });

  test('a short key is in no error inside an answer, and an answer that has its letters stays', async ({
    server,
    expect,
  }) => {
    const short = 'neg9';
    const replies = [
      () => events({ error: { message: `key ${short}` } }),
      () => events({ error: `${'x'.repeat(296)} ${short}` }),
      () => events(`event: error\ndata: ${short}\n\n`),
      () => HttpResponse.json({ object: 'error', message: short }),
    ];
    for (const reply of replies) {
      server.on('chat/completions', reply);
      expect((await failureOf(server, {}, { apiKey: short })).message).not.toMatch(/neg/);
    }
    server.on('chat/completions', () => answer(short));
    expect((await failureOf(server, {}, { apiKey: short })).message).toBe(`answered: ${short}`);
  });

  test('those of the address are neither', async ({ server, expect }) => {
    const url = host.replace('//', '//ann:s3cret@');
    server.on('chat/completions', () => refusal(401, `Basic ${btoa('ann:s3cret')} is wrong`));
    const error = await failureOf(server, {}, { host: url });
    expect(error.message).toBe(
      `${host}/v1 denies access (HTTP 401: Basic [hidden] is wrong); check the credentials in the address`,
    );
  });
});

describe('a model that is not there', () => {
  test.for([
    ['The model `small` does not exist or you do not have access to it.', { code: 'model_not_found' }, 404],
    ["model 'small' not found", {}, 404],
    ['The model is unknown', { code: 'model_not_found' }, 400],
  ] as const)('%s', async ([message, more, status], { server, expect }) => {
    server.on('chat/completions', () => refusal(status, message, more));
    server.on('models', () => HttpResponse.json({ data: [{ id: 'big' }] }));
    expect(await failureOf(server)).toMatchObject({
      code: 'CHORALE_MODEL_MISSING',
      message: `${host}/v1 has no model 'small'; installed: big; choose another with model`,
    });
  });

  test.for([() => refusal(500, 'no'), () => HttpResponse.html(html), () => HttpResponse.error()])(
    'a list that cannot be had is left out (%#)',
    async (models, { server, expect }) => {
      server.on('chat/completions', () => refusal(404, "model 'small' not found"));
      server.on('models', models);
      const error = await failureOf(server);
      expect(error.message).toBe(`${host}/v1 has no model 'small'; choose another with model`);
    },
  );

  test('404 from something else is no missing model', async ({ server, expect }) => {
    server.on('chat/completions', () => HttpResponse.html(html, { status: 404, statusText: 'Not Found' }));
    expect(await failureOf(server)).toMatchObject({ code: 'CHORALE_MODEL_REJECTED', problem: 'Not Found' });
  });
});

describe('a refusal that only the caller can mend says how', () => {
  const schema = { type: 'object', properties: {}, required: [] };

  test.for([
    [
      'a schema',
      { schema },
      () => refusal(400, 'This response_format type is unavailable now'),
      'does not hold answers to a JSON schema: take a prompt whose output.format is label or text',
    ],
    [
      'a temperature',
      {},
      () =>
        refusal(400, "Unsupported value: 'temperature' does not support 0 with this model.", { param: 'temperature' }),
      'set config.temperature in the prompt file',
    ],
    [
      'stop sequences',
      { options: { ...question().options, stopSequences: ['\n'] } },
      () => refusal(400, "Unsupported parameter: 'stop' is not supported with this model.", { param: 'stop' }),
      'leave config.stopSequences out of the prompt file',
    ],
    [
      'a completion of a chat model',
      { input: completion },
      () => refusal(404, 'This is a chat model and not supported in the v1/completions endpoint.', { param: 'model' }),
      'take a chat prompt, such as sentiment',
    ],
    [
      'a completion where there is no such route',
      { input: completion },
      () => new HttpResponse('404 page not found', { status: 404 }),
      'take a chat prompt, such as sentiment',
    ],
  ] as const)('%s', async ([, more, reply, advice], { server, expect }) => {
    server.on('chat/completions', reply);
    server.on('completions', reply);
    expect(await failureOf(server, more)).toMatchObject({
      code: 'CHORALE_MODEL_REJECTED',
      message: expect.stringContaining(advice),
    });
    expect(server.questions).toHaveLength(1);
  });

  test.for([
    ["This model's maximum context length is 2048 tokens. However, you requested 5000 tokens.", {}, 2_048],
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 50. This model's maximum context length is 2048 tokens",
      {},
      2_048,
    ],
    ['The decoder prompt (length 5000) is longer than the maximum model length of 2048.', {}, 2_048],
    ['the request exceeds the available context size, try increasing it', {}, null],
    [
      'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
      {},
      4_096,
    ],
    ['Please reduce the length of the messages', { code: 'context_length_exceeded' }, null],
  ] as const)('too long a prompt: %s', async ([message, more, contextTokens], { server, expect }) => {
    server.on('chat/completions', () => refusal(400, message, more));
    const error = await failureOf(server);
    expect(error).toMatchObject({ code: 'CHORALE_PROMPT_TOO_LONG', contextTokens });
    expect(error.message).toMatch(/shorten the review or give the model a longer context$/);
    expect(server.questions).toHaveLength(1);
  });
});

test('a server that was refused once answers the next question', async ({ server, expect }) => {
  const model = server.model();
  server.on('chat/completions', () => refusal(503, 'loading'));
  await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ code: 'CHORALE_MODEL_BUSY' });
  server.on('chat/completions', () => answer('positive'));
  expect((await model.ask(question(), unaborted())).text).toBe('positive');
});
