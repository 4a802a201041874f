import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test as quietTest } from '../quiet-test.js';

/** A server on 127.0.0.1, for what happens below HTTP. */
export interface RealServer {
  readonly host: string;
  /** Connections that were opened so far. */
  readonly connections: number;
  /** Answers the questions; a look-up of the model is answered with nothing special. */
  answer(reply: (response: ServerResponse, request: IncomingMessage) => void): void;
}

/** An address at which nobody listens. */
export async function hostOfNobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** The end of an exchange that the other side closes. */
export function closed(response: ServerResponse): Promise<unknown> {
  return once(response, 'close');
}

/** A promise and what settles it. */
export function signalOf<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}

/** A quiet test with a real server of its own. */
export const test = quietTest.extend<{ server: RealServer }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  server: async ({}, use) => {
    let connections = 0;
    let reply: Parameters<RealServer['answer']>[0] = (response) => void response.writeHead(500).end();
    const server = createServer(async (request, response) => {
      await request.resume().toArray();
      if (request.url !== '/api/show') return reply(response, request);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"capabilities":["completion"]}');
    });
    server.on('connection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await use({
      host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      get connections() {
        return connections;
      },
      answer: (next) => {
        reply = next;
      },
    });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  },
});
