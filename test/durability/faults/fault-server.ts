import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerWell, type FaultKind } from './fault-kinds.js';

/** What a server does to an item's attempt; undefined: it answers well. Attempts count from 1. */
export type FaultPlan = (item: string, attempt: number) => FaultKind | undefined;

/** A real HTTP server that speaks as much of Ollama's API as a run needs, and goes wrong as it is told. */
export interface FaultServer {
  readonly host: string;
  /** Requests that came for each item. */
  readonly requests: ReadonlyMap<string, number>;
  /** Faults done so far. */
  readonly injected: number;
  /** Lets go of all connections and refuses new ones. */
  goDown(): Promise<void>;
  /** Listens again, at the same port. */
  comeUp(): Promise<void>;
}

/** Finds the item in a question: its text ends in `item 17`. */
const itemPattern = /\bitem (\d+)(?!.*\bitem \d)/s;

/** Starts a fault server; `goDown` ends it. */
export async function startFaultServer(plan: FaultPlan): Promise<FaultServer> {
  const requests = new Map<string, number>();
  let injected = 0;
  let server: Server | undefined;
  let port = 0;

  async function listen(): Promise<void> {
    const started = createServer(async (request, response) => {
      // A client that goes away in the middle is one of the things that happen here.
      const body = await request.toArray().catch(() => []);
      const json = (value: unknown) =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      if (request.url === '/api/version') return json({ version: '0.12.11' });
      if (request.url === '/api/show') return json({ capabilities: ['completion'] });
      if (request.url === '/api/generate') return json({ model: 'small', response: '', done: true });
      const item = itemPattern.exec(Buffer.concat(body).toString())?.[1] ?? '';
      const attempt = (requests.get(item) ?? 0) + 1;
      requests.set(item, attempt);
      const fault = plan(item, attempt);
      if (!fault) return answerWell(response);
      injected += 1;
      fault.act(response);
    });
    started.listen(port, '127.0.0.1');
    await once(started, 'listening');
    port = (started.address() as AddressInfo).port;
    server = started;
  }

  await listen();
  return {
    host: `http://127.0.0.1:${port}`,
    requests,
    get injected() {
      return injected;
    },
    async goDown() {
      if (!server) return;
      const ended = once(server, 'close');
      server.close();
      server.closeAllConnections();
      server = undefined;
      await ended;
    },
    comeUp: listen,
  };
}
