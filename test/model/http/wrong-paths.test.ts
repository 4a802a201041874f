import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe } from 'vitest';
import { httpService } from '../../../src/model/http-service.js';
import type { ModelRequest } from '../../../src/model/model.js';
import { ollamaServer } from '../../../src/model/ollama/manage-models.js';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { openaiCompatible } from '../../../src/model/openai/openai-model.js';
import { withoutBackoff } from '../../harness/without-backoff.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { type RealServer, test } from '../ollama/real-server.js';

type Routes = Readonly<Record<string, (response: ServerResponse) => void>>;

const json =
  (value: object, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

const page = (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Chat</title>');

const list = json({ object: 'list', data: [{ id: 'small' }] });

function serve(server: RealServer, routes: Routes, otherwise = json({ error: 'no such route' }, 404)): string[] {
  const asked: string[] = [];
  server.answer((response: ServerResponse, { method, url }: IncomingMessage) => {
    asked.push(`${method} ${url}`);
    (routes[`${method} ${url}`] ?? otherwise)(response);
  });
  return asked;
}

/** Why a model cannot be asked. */
async function refusalOf(model: ReturnType<typeof ollama>, sample: ModelRequest = question()): Promise<unknown> {
  const error = await model.prepare(sample, unaborted()).catch((thrown: unknown) => thrown);
  await model.close();
  return error;
}

describe('an address of Ollama with a wrong path', () => {
  const routes = { 'GET /api/version': json({ version: '0.12.11' }) };

  test.for(['/api', '/v1', '/api/chat', '/v1/chat/completions', '/api/'])(
    'is told with the one that is right: %s',
    async (path, { server, expect }) => {
      serve(server, routes);
      const host = `${server.host}${path}`;
      const wanted = {
        code: 'CHORALE_MODEL_ADDRESS',
        message: `${host.replace(/\/$/, '')} has no Ollama API (HTTP 404); it answers at ${server.host}: give that address`,
      };
      expect(await refusalOf(ollama({ model: 'small', clock: withoutBackoff, host }))).toMatchObject(wanted);
      const managed = ollamaServer({ host });
      await expect(managed.version(unaborted())).rejects.toMatchObject(wanted);
      await managed.close();
    },
  );

  test('below a prefix of a proxy', async ({ server, expect }) => {
    serve(server, { 'GET /gpu/api/version': json({ version: '0.12.11' }) }, page);
    expect(
      await refusalOf(ollama({ model: 'small', clock: withoutBackoff, host: `${server.host}/gpu/api` })),
    ).toMatchObject({
      code: 'CHORALE_MODEL_ADDRESS',
      remedy: `it answers at ${server.host}/gpu: give that address`,
    });
  });

  test('is told where an API of another kind answers', async ({ server, expect }) => {
    serve(server, { 'GET /v1/models': list });
    expect(await refusalOf(ollama({ model: 'small', clock: withoutBackoff, host: server.host }))).toMatchObject({
      code: 'CHORALE_MODEL_ADDRESS',
      remedy: `an API like OpenAI's answers at ${server.host}/v1: take the provider openai for it`,
    });
  });

  test('where nothing is right nearby is told as it is', async ({ server, expect }) => {
    serve(server, {});
    expect(await refusalOf(ollama({ model: 'small', clock: withoutBackoff, host: `${server.host}/x` }))).toMatchObject({
      code: 'CHORALE_MODEL_ADDRESS',
      message: `${server.host}/x has no Ollama API (HTTP 404); check its port and its path`,
    });
    serve(server, {}, page);
    expect(await refusalOf(ollama({ model: 'small', clock: withoutBackoff, host: server.host }))).toMatchObject({
      code: 'CHORALE_MODEL_RESPONSE',
      problem: expect.stringContaining("content type 'text/html' instead of JSON"),
    });
  });
});

describe("an address of an API like OpenAI's with a wrong path", () => {
  test.for([
    ['/v1/chat/completions', '/v1'],
    ['/v1/v1', '/v1'],
    ['/chat/completions', '/v1'],
    ['/api', '/v1'],
    ['/api/generate', '/v1'],
    ['/team/v1/models', '/team/v1'],
    ['/team', '/team/v1'],
    ['/openai/v1', '/openai'],
  ] as const)('is told with the one that is right: %s', async ([path, right], { server, expect }) => {
    serve(server, { [`GET ${right}/models`]: list });
    const host = `${server.host}${path}`;
    expect(await refusalOf(openaiCompatible({ model: 'small', clock: withoutBackoff, host }))).toMatchObject({
      code: 'CHORALE_MODEL_ADDRESS',
      message: `${host} has no API like OpenAI's (GET /models: HTTP 404; POST /chat/completions: HTTP 404); it answers at ${server.host}${right}: give that address`,
    });
  });

  test('on a web site that has a page for everything', async ({ server, expect }) => {
    serve(server, { 'GET /v1/models': list }, page);
    expect(
      await refusalOf(openaiCompatible({ model: 'small', clock: withoutBackoff, host: `${server.host}/chat` })),
    ).toMatchObject({
      code: 'CHORALE_MODEL_ADDRESS',
      problem: expect.stringContaining('GET /models: a web page'),
      remedy: `it answers at ${server.host}/v1: give that address`,
    });
  });

  test('where nothing is right nearby is told as it is', async ({ server, expect }) => {
    serve(server, {});
    expect(
      await refusalOf(openaiCompatible({ model: 'small', clock: withoutBackoff, host: server.host })),
    ).toMatchObject({
      code: 'CHORALE_MODEL_ADDRESS',
      remedy: 'check its port and its path',
    });
  });

  test('a server that lists no models is taken as it is where it answers, and gets no review for that', async ({
    server,
    expect,
  }) => {
    const asked = serve(server, {
      'GET /v1/models': json({}, 404),
      'POST /gateway/chat/completions': json({ error: { message: 'messages is required' } }, 400),
    });
    const model = openaiCompatible({ model: 'small', clock: withoutBackoff, host: `${server.host}/gateway` });
    await expect(model.prepare(question(), unaborted())).resolves.toMatchObject({ serverVersion: null });
    expect(asked).toEqual(['GET /gateway/models', 'POST /gateway/chat/completions']);
    await model.close();
  });
});

test('a web site in place of a service is told before the first review', async ({ server, expect }) => {
  serve(server, {}, page);
  expect(await refusalOf(httpService({ host: server.host, clock: withoutBackoff }))).toMatchObject({
    code: 'CHORALE_MODEL_ADDRESS',
    problem: 'answers GET /health with a web page',
  });
});
