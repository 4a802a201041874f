import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ollama } from '../../../src/model/ollama/ollama-model.js';
import { question, unaborted } from './fake-ollama.js';

/** A server over real connections that says the same piece again and again until somebody goes away. */
async function startEndless(piece: (index: number) => string) {
  let closed: () => void = () => {};
  const left = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/api/show') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ capabilities: ['completion'] }));
      return;
    }
    response.setHeader('content-type', 'application/x-ndjson');
    // The end of a response that was not complete is that of its connection.
    response.on('close', closed);
    sayOn(response, piece, 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: `http://127.0.0.1:${port}`,
    left,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function sayOn(response: ServerResponse, piece: (index: number) => string, index: number): void {
  if (response.destroyed) return;
  const chunk = { message: { role: 'assistant', content: piece(index) }, done: false };
  response.write(`${JSON.stringify(chunk)}\n`, () => setImmediate(() => sayOn(response, piece, index + 1)));
}

describe('a server whose model does not come to an end', () => {
  test.each([
    ['line breaks', () => '\n', 'repeats white space without end'],
    ['a word', () => 'and ', 'repeats itself without end'],
    [
      'line breaks in a JSON string',
      (index: number) => (index === 0 ? '{"rationale": "So' : String.raw`\n`),
      'repeats white space without end',
    ],
  ])('is freed: %s', async (_, piece, problem) => {
    const server = await startEndless(piece);
    const model = ollama({ model: 'small', host: server.host });
    try {
      await expect(model.ask(question(), unaborted())).rejects.toMatchObject({
        code: 'CHORALE_ANSWER_INVALID',
        problem,
      });
      await server.left;
    } finally {
      await model.close();
      await server.close();
    }
  });
});
