import type { ServerResponse } from 'node:http';
import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { describe } from 'vitest';
import { createAgent } from '../../src/classify/agent.js';
import { parsePrompt } from '../../src/classify/prompt/prompt-file.js';
import { InvalidOptionError, isRetryable } from '../../src/foundation/errors/chorale-error.js';
import { nodeRuntime } from '../../src/foundation/runtime.js';
import { type HttpServiceOptions, httpService } from '../../src/model/http-service.js';
import type { Model } from '../../src/model/model.js';
import { createManualClock } from '../../src/testing/index.js';
import { question, unaborted } from './ollama/fake-ollama.js';
import { closed, hostOfNobody, test as realTest, signalOf } from './ollama/real-server.js';
import { test as quietTest } from './quiet-test.js';
import { watchTimer } from './watch-timer.js';

const host = 'http://service.test:8000';
const completion = { kind: 'completion', prompt: 'Good:' } as const;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Headers;
}

/** A service of msw's. It is healthy and answers `positive` until it is told otherwise. */
interface FakeService {
  readonly sent: readonly Sent[];
  on(path: '/health' | '/api/process', reply: () => Response): void;
  model(options?: Partial<HttpServiceOptions>): Model;
}

const test = quietTest.extend<{ service: FakeService }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  service: async ({}, use) => {
    const sent: Sent[] = [];
    const replies = new Map<string, () => Response>([
      ['/health', () => HttpResponse.json({ status: 'ok', version: '1.2.3' })],
      ['/api/process', () => HttpResponse.json({ label: 'positive' })],
    ]);
    const server = setupServer(
      http.all(`${host}/*`, async ({ request }) => {
        const path = new URL(request.url).pathname;
        const text = await request.text();
        sent.push({ method: request.method, path, body: text && JSON.parse(text), headers: request.headers });
        return replies.get(path)?.() ?? new HttpResponse('not found', { status: 404 });
      }),
    );
    server.listen({ onUnhandledRequest: 'error' });
    await use({
      sent,
      on: (path, reply) => void replies.set(path, reply),
      model: (options) => httpService({ host, fetch: globalThis.fetch, clock: createManualClock(), ...options }),
    });
    server.close();
  },
});

async function failureOf(asked: Promise<unknown>): Promise<Error> {
  return asked.then(
    () => new Error('answered'),
    (error: Error) => error,
  );
}

describe('a question', () => {
  test('the text is posted with the labels and the prompt', async ({ service, expect }) => {
    await service.model({ model: 'small' }).ask(question(), unaborted());
    expect(service.sent.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      {
        method: 'POST',
        path: '/api/process',
        body: {
          text: 'it works',
          labels: ['positive', 'negative'],
          prompt: [{ role: 'user', content: 'Review: it works' }],
          model: 'small',
        },
      },
    ]);
    expect(service.sent[0]?.headers.get('content-type')).toBe('application/json');
  });

  test('a completion is a text, and without a model none is named', async ({ service, expect }) => {
    await service.model().ask(question({ input: completion }), unaborted());
    expect(service.sent[0]?.body).toEqual({ text: 'it works', labels: ['positive', 'negative'], prompt: 'Good:' });
  });

  test.for([`${host}/`, `${host}/api/process`, ' service.test:8000 '])(
    '%s is an address of it',
    async (written, { service, expect }) => {
      const model = service.model({ host: written });
      await model.ask(question(), unaborted());
      expect(service.sent[0]?.path).toBe('/api/process');
      expect(model).toMatchObject({ provider: 'http', name: host, caveat: null });
    },
  );

  test('credentials in the address are sent as a header, and are in no error', async ({ service, expect }) => {
    const model = service.model({ host: host.replace('//', '//ann:s3cret@') });
    await model.prepare(question(), unaborted());
    await model.ask(question(), unaborted());
    for (const { headers } of service.sent) expect(headers.get('authorization')).toBe(`Basic ${btoa('ann:s3cret')}`);
    service.on('/api/process', () => HttpResponse.json({ error: 'no' }, { status: 401 }));
    const error = await failureOf(model.ask(question(), unaborted()));
    expect(error.message).toBe(
      `${host} denies access (HTTP 401: no); write the credentials into the address, as in host=http://name:password@host`,
    );
    expect(model.name).toBe(host);
  });

  test('whoever wants to know is told where it goes', async ({ service, expect }) => {
    const told: string[] = [];
    await service.model().ask(question(), { ...unaborted(), onSend: async (to) => void told.push(to) });
    expect(told).toEqual([host]);
  });
});

describe('an answer', () => {
  test.for([
    ['{"label":"positive"}', { text: 'positive' }],
    ['{"sentiment":"positive"}', { text: 'positive' }],
    ['{"label":"negative","sentiment":"positive"}', { text: 'negative' }],
    ['{"label":null,"sentiment":"positive"}', { text: 'positive' }],
    ['{"label":"nonsense"}', { text: 'nonsense' }],
    ['{"label":""}', { text: '' }],
    ['{"label":"a","confidence":0.75,"rationale":"It works."}', { confidence: 0.75, rationale: 'It works.' }],
    ['{"label":"a","confidence":0}', { confidence: 0 }],
    ['{"label":"a","confidence":1}', { confidence: 1 }],
    ['{"label":"a","confidence":1.01}', { confidence: undefined }],
    ['{"label":"a","confidence":-0.1}', { confidence: undefined }],
    ['{"label":"a","confidence":"0.9"}', { confidence: undefined }],
    ['{"label":"a","confidence":null,"rationale":5}', { confidence: undefined, rationale: undefined }],
    [
      '{"label":"a","usage":{"prompt_tokens":5,"completion_tokens":1}}',
      { usage: { promptTokens: 5, completionTokens: 1 } },
    ],
    [
      '{"label":"a","usage":{"prompt_tokens":-5,"completion_tokens":"1"}}',
      { usage: { promptTokens: null, completionTokens: null } },
    ],
    ['{"label":"a","usage":"much","more":{}}', { usage: { promptTokens: null, completionTokens: null } }],
    ['{"label":"a","error":null}', { text: 'a' }],
  ] as const)('%s', async ([body, expected], { service, expect }) => {
    service.on('/api/process', () => new HttpResponse(body, { headers: { 'content-type': 'application/json' } }));
    expect(await service.model().ask(question(), unaborted())).toMatchObject({
      finishReason: 'stop',
      durations: { totalMs: 0, firstTokenMs: null, queueMs: null, loadMs: null },
      logprobs: null,
      ...expected,
    });
  });

  test('where the prompt wants a JSON object, it is one', async ({ service, expect }) => {
    const { text } = await service.model().ask(question({ schema: { type: 'object' } }), unaborted());
    expect(JSON.parse(text)).toEqual({ sentiment: 'positive' });
  });

  test.for([
    ['{"label":5}', 'RESPONSE', 'not an object with a text "label" or "sentiment" (docs/http-provider.md)'],
    ['{}', 'RESPONSE', 'not an object with a text "label"'],
    ['["positive"]', 'RESPONSE', 'not an object'],
    ['null', 'RESPONSE', 'not an object'],
    ['{"lab', 'RESPONSE', 'not JSON'],
    ['', 'RESPONSE', 'not JSON'],
    ['{"error":"model crashed"}', 'FAILED', 'HTTP 200: model crashed'],
  ])('%s is none', async ([body, code, message], { service, expect }) => {
    service.on('/api/process', () => new HttpResponse(body, { headers: { 'content-type': 'application/json' } }));
    const error = await failureOf(service.model().ask(question(), unaborted()));
    expect(error).toMatchObject({ code: `CHORALE_MODEL_${code}`, message: expect.stringContaining(message ?? '') });
    expect(isRetryable(error)).toBe(true);
  });

  test('a page is none', async ({ service, expect }) => {
    service.on('/api/process', () => HttpResponse.html('<html>Log in</html>'));
    const error = await failureOf(service.model().ask(question(), unaborted()));
    expect(error.message).toMatch(/'text\/html' instead of JSON; is this a service that answers POST \/api\/process/);
  });
});

describe('an HTTP status', () => {
  test.for([408, 425, 429, 502, 503, 504, 520, 524, 529])(
    '%i is worth another attempt',
    async (status, { service, expect }) => {
      const headers = { 'retry-after': '2' };
      service.on('/api/process', () => HttpResponse.json({ detail: 'busy' }, { status, headers }));
      const error = await failureOf(service.model().ask(question(), unaborted()));
      expect(error).toMatchObject({ code: 'CHORALE_MODEL_BUSY', status, problem: 'busy', retryAfterMs: 2_000 });
      expect(isRetryable(error)).toBe(true);
    },
  );

  test.for([500, 501, 507])(
    '%i is a failure of the service, and worth another attempt',
    async (status, { service, expect }) => {
      service.on('/api/process', () => HttpResponse.json({ message: 'it stopped' }, { status }));
      const error = await failureOf(service.model().ask(question(), unaborted()));
      expect(error.message).toBe(`the server failed (HTTP ${status}: it stopped)`);
      expect(isRetryable(error)).toBe(true);
    },
  );

  test.for([400, 413, 422])('%i is not', async (status, { service, expect }) => {
    service.on('/api/process', () => HttpResponse.json({ message: 'no' }, { status }));
    const error = await failureOf(service.model().ask(question(), unaborted()));
    expect(error.message).toBe(`the server rejected the request (HTTP ${status}: no)`);
    expect(isRetryable(error)).toBe(false);
  });

  test.for([404, 405])('%i says which route is missing', async (status, { service, expect }) => {
    service.on('/api/process', () => new HttpResponse('', { status }));
    const error = await failureOf(service.model().ask(question(), unaborted()));
    expect(error.message).toContain('the service must answer POST /api/process (docs/http-provider.md)');
  });
});

describe('the health check', () => {
  test('it tells the version, where the service does', async ({ service, expect }) => {
    const model = service.model();
    expect(await model.prepare(question(), unaborted())).toEqual({ serverVersion: '1.2.3', loadMs: null });
    for (const body of ['ok', '', '{}', '{"version":""}', '{"version":5}']) {
      service.on('/health', () => new HttpResponse(body));
      expect(await model.prepare(question(), unaborted())).toEqual({ serverVersion: null, loadMs: null });
    }
    expect(service.sent.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(6).fill('GET /health'));
  });

  test.for([404, 405, 501])('a service without one (%i) is taken as it is', async (status, { service, expect }) => {
    service.on('/health', () => HttpResponse.json({ version: 'of the error page' }, { status }));
    expect(await service.model().prepare(question(), unaborted())).toEqual({ serverVersion: null, loadMs: null });
  });

  test.for([500, 503, 429])('%i: it is not there', async (status, { service, expect }) => {
    service.on('/health', () => HttpResponse.json({ error: 'no weights' }, { status }));
    const clock = { ...nodeRuntime, random: () => 0 };
    const error = await failureOf(service.model({ clock }).prepare(question(), unaborted()));
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_UNAVAILABLE' });
    expect(error.message).toBe(
      `no model server answers at ${host} (GET /health: HTTP ${status}: no weights); look into the log of your service`,
    );
  });

  test.for([401, 403])('%i: it wants credentials', async (status, { service, expect }) => {
    service.on('/health', () => new HttpResponse('', { status, statusText: 'Unauthorized' }));
    const error = await failureOf(service.model().prepare(question(), unaborted()));
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_AUTH', status });
  });
});

describe('an agent on a service', () => {
  function promptWith(format: string) {
    return parsePrompt('mine', `---\nlabels: [positive, negative]\noutput: { format: ${format} }\n---\n{{review}}`);
  }

  test.for(['label', 'enum', 'json', 'text'])(
    'with a prompt of the form %s it gives label, confidence and rationale',
    async (format, { service, expect }) => {
      const body = { label: 'Positive', confidence: 0.75, rationale: ' It works. ' };
      service.on('/api/process', () => HttpResponse.json(body));
      const agent = await createAgent({ model: service.model(), prompt: promptWith(format) });
      expect(await agent.classify('it works', unaborted())).toMatchObject({
        label: 'positive',
        confidence: 0.75,
        rationale: 'It works.',
      });
    },
  );

  test('what the service does not say is null', async ({ service, expect }) => {
    const agent = await createAgent({ model: service.model(), prompt: promptWith('label') });
    expect(await agent.classify('it works', unaborted())).toMatchObject({ confidence: null, rationale: null });
  });

  test('a label that is none of the labels is no answer', async ({ service, expect }) => {
    service.on('/api/process', () => HttpResponse.json({ label: 'great', confidence: 1 }));
    const agent = await createAgent({ model: service.model(), prompt: promptWith('label') });
    await expect(agent.classify('it works', unaborted())).rejects.toMatchObject({ code: 'CHORALE_ANSWER_INVALID' });
  });
});

describe('below HTTP', () => {
  const firstTokenTimeoutMs = 60_000;
  const totalTimeoutMs = 300_000;

  realTest('a service that is not there', async ({ expect }) => {
    const nobody = await hostOfNobody();
    const model = httpService({ host: nobody });
    await expect(model.prepare(question(), unaborted())).rejects.toMatchObject({
      code: 'CHORALE_MODEL_UNAVAILABLE',
      message: `no model server answers at ${nobody} (connection refused); start your service, or correct host`,
    });
    await model.close();
  });

  realTest('a connection that breaks in the middle of the answer', async ({ server, expect }) => {
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"label":"posi', () => response.socket?.resetAndDestroy());
    });
    const model = httpService({ host: server.host });
    const error = await failureOf(model.ask(question(), unaborted()));
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_CUT_OFF' });
    expect(isRetryable(error)).toBe(true);
    await model.close();
  });

  realTest.for([
    ['no answer begins', false, firstTokenTimeoutMs, 'CHORALE_MODEL_SILENT'],
    ['it does not end', true, totalTimeoutMs, 'CHORALE_MODEL_TIMEOUT'],
  ] as const)('in time %s', async ([, begins, limitMs, code], { server, expect }) => {
    const asked = signalOf<ServerResponse>();
    server.answer((response) => {
      if (begins) response.writeHead(200, { 'content-type': 'application/json' }).write('{');
      asked.resolve(response);
    });
    const { clock, calledOff } = watchTimer(firstTokenTimeoutMs);
    const model = httpService({ host: server.host, clock, firstTokenTimeoutMs, totalTimeoutMs });
    const answer = failureOf(model.ask(question(), unaborted()));
    const gone = closed(await asked.promise);
    if (begins) await calledOff;
    await clock.advance(limitMs);
    expect(await answer).toMatchObject({ code, afterMs: limitMs });
    await gone;
    expect(clock.pendingTimers).toBe(0);
    await model.close();
  });

  realTest.for(['ask', 'prepare'] as const)(
    'an abort of %s closes the connection',
    async (verb, { server, expect }) => {
      const asked = signalOf<ServerResponse>();
      server.answer((response) => asked.resolve(response));
      const model = httpService({ host: server.host });
      const stopped = new AbortController();
      const answer = model[verb](question(), { signal: stopped.signal }).catch((error: unknown) => error);
      const gone = closed(await asked.promise);
      stopped.abort('enough');
      expect(await answer).toBe('enough');
      await gone;
      await model.close();
    },
  );
});

describe('options', () => {
  test.for([
    [{ host: 'a b' }, 'host'],
    [{ host, model: ' ' }, 'model'],
    [{ host, firstTokenTimeoutMs: 0 }, 'firstTokenTimeoutMs'],
    [{ host, totalTimeoutMs: -1 }, 'totalTimeoutMs'],
  ] as const)('%j is refused', ([given, option], { expect }) => {
    expect(() => httpService(given)).toThrow(InvalidOptionError);
    expect(() => httpService(given)).toThrow(`option ${option} must be`);
  });
});
