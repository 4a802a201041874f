import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe } from 'vitest';
import { ollamaServer } from '../../../src/model/ollama/manage-models.js';
import { question, unaborted } from '../ollama/fake-ollama.js';
import { test } from '../ollama/real-server.js';
import { ollamaProvider, openaiProvider, providers, streamingProviders } from '../providers.js';

const megabyte = 1_048_576;

const bomb = gzipSync(Buffer.alloc(32 * megabyte, 32));

/** Sends a piece again and again until somebody goes away, as fast as the other side takes it. */
async function pour(response: ServerResponse, piece: (index: number) => string | Buffer): Promise<number> {
  let sent = 0;
  for (let index = 0; !response.destroyed; index += 1) {
    const bytes = piece(index);
    sent += bytes.length;
    if (response.write(bytes)) continue;
    await new Promise<void>((resolve) => {
      const next = () => {
        response.off('drain', next).off('close', next);
        resolve();
      };
      response.on('drain', next).on('close', next);
    });
  }
  return sent;
}

/** Text that differs from piece to piece, so that it is no loop. */
function words(index: number, count: number): string {
  return Array.from({ length: count }, (_, word) => `${(index * count + word).toString(36)} `).join('');
}

/** A valid chunk of a streamed answer with the text. */
function chunkOf(provider: string, text: string, field: 'content' | 'reasoning' | 'thinking' = 'content'): string {
  return provider === 'openai'
    ? `data: ${JSON.stringify({ choices: [{ delta: { [field]: text } }] })}\n\n`
    : `${JSON.stringify({ message: { role: 'assistant', [field]: text }, done: false })}\n`;
}

describe.each(providers)('an answer of $name that does not end', ({ name: provider, type, create }) => {
  const opening = provider === 'openai' ? 'data: {"choices":[{"delta":{"content":"' : '{"message":{"content":"';

  test.for<[string, string, (index: number) => string | Buffer]>([
    ['a JSON text', type, (index) => (index === 0 ? opening : 'a'.repeat(65_536))],
    [
      'a JSON object that is not streamed',
      'application/json',
      (index) => (index === 0 ? opening : words(index, 9_000)),
    ],
    ['white space', type, () => ' '.repeat(65_536)],
    ['tokens of a megabyte', type, (index) => chunkOf(provider, words(index, 170_000))],
    ['small tokens', type, (index) => chunkOf(provider, words(index, 200))],
    ['empty lines', type, () => '\n'.repeat(65_536)],
  ])('fails as too large, and the server is left: %s', async ([, contentType, piece], { server, expect }) => {
    const sent = new Promise<number>((resolve) => {
      server.answer((response) => {
        response.writeHead(200, { 'content-type': contentType });
        void pour(response, piece).then(resolve);
      });
    });
    const model = create(server.host);
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_OVERSIZE' });
    // What the connection had taken before it was closed is more than the limit, but no multiple of it.
    expect(await sent).toBeLessThan(16 * megabyte);
    await model.close();
  });

  test('fails as too large when it is compressed', async ({ server, expect }) => {
    server.answer((response) => {
      response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' });
      void pour(response, () => bomb);
    });
    const model = create(server.host);
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_OVERSIZE' });
    await model.close();
  });

  test('an explanation of a refusal without end is not quoted', async ({ server, expect }) => {
    server.answer((response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      void pour(response, (index) => (index === 0 ? '{"error":"' : 'a'.repeat(65_536)));
    });
    const model = create(server.host);
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_REJECTED', status: 400, problem: 'Bad Request' });
    await model.close();
  });

  test('headers of a megabyte fail', async ({ server, expect }) => {
    server.answer((response) => {
      response.socket?.write(`HTTP/1.1 200 OK\r\nx-long: ${'y'.repeat(megabyte)}\r\n`);
    });
    const model = create(server.host);
    const error = await model.ask(question(), unaborted()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CHORALE_MODEL_OVERSIZE', mostBytes: 16_384 });
    await model.close();
  });
});

test.for(streamingProviders)(
  'reasoning of $name without end fails as too large',
  async ({ name, type, create }, { server, expect }) => {
    const field = name === 'ollama' ? 'thinking' : 'reasoning';
    server.answer((response) => {
      response.writeHead(200, { 'content-type': type });
      void pour(response, (index) => chunkOf(name, words(index, 2_000), field));
    });
    const model = create(server.host);
    await expect(model.ask(question(), unaborted())).rejects.toMatchObject({ code: 'CHORALE_MODEL_OVERSIZE' });
    await model.close();
  },
);

describe('a check before the first request', () => {
  test.for<[string, (host: string) => Promise<unknown>]>([
    ['the list of models', (host) => openaiProvider.create(host).prepare(question(), unaborted())],
    ['the version of Ollama', (host) => ollamaServer({ host }).version(unaborted())],
    ['what is loaded', (host) => ollamaServer({ host }).loaded('small', unaborted())],
    ['a line of a download', (host) => ollamaServer({ host }).pull('small', unaborted())],
  ])('%s is bounded, too', async ([, check], { server, expect }) => {
    server.answer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      void pour(response, (index) => (index === 0 ? '{"status":"' : 'a'.repeat(65_536)));
    });
    await expect(check(server.host)).rejects.toMatchObject({ code: 'CHORALE_MODEL_OVERSIZE' });
  });
});

test('an answer within a generous output budget counts, with all its probabilities', async ({ server, expect }) => {
  const token = { token: ' great', logprob: -0.123456789, bytes: [32, 103, 114, 101, 97, 116] };
  const entry = { ...token, top_logprobs: Array.from({ length: 20 }, () => token) };
  const line = (content: string) => JSON.stringify({ message: { content }, done: false, logprobs: [entry] });
  server.answer((response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (let index = 0; index < 150; index += 1) response.write(`${line(words(index, 1))}\n`);
    response.end(`${JSON.stringify({ done: true, done_reason: 'length', message: { content: '' } })}\n`);
  });
  const model = ollamaProvider.create(server.host);
  const options = { ...question().options, maxOutputTokens: 150 };
  const answer = await model.ask(question({ options, topLogprobs: 20 }), unaborted());
  expect(answer.logprobs).toHaveLength(150);
  await model.close();
});
