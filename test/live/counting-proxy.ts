import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server said about a text, and when, in the clock of `performance.now`. */
export interface HeardAnswer {
  readonly text: string;
  readonly label: string;
  readonly at: number;
}

/** Stands before a real server and counts what passes. */
export interface CountingProxy {
  readonly host: string;
  /** Questions that passed; loading the model is none. */
  readonly asked: number;
  /** Requests to the path of the questions, loading the model included. */
  readonly requests: number;
  /** Answers that passed in whole, in their order. */
  readonly answers: readonly HeardAnswer[];
  /** Told after each question with their number so far. */
  onQuestion: (asked: number) => void;
  close(): Promise<void>;
}

/** Starts a proxy before an Ollama server that is asked by completions of a review. */
export async function startCountingProxy(real: string): Promise<CountingProxy> {
  const answers: HeardAnswer[] = [];
  const server = createServer((request, response) => void forward(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: 0,
    requests: 0,
    answers,
    onQuestion: (_: number) => {},
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return proxy;

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const text = count(request.url ?? '', body);
    const sent = body === '' ? {} : { body, headers: { 'content-type': 'application/json' } };
    const answer = await fetch(real + request.url, { method: request.method ?? 'GET', signal: gone.signal, ...sent });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
    let said = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      said += decoder.decode(chunk, { stream: true });
      response.write(chunk);
    }
    response.end();
    if (text !== null) answers.push({ text, label: labelIn(said), at: performance.now() });
  }

  /** The text that is asked about; null for other requests. */
  function count(url: string, body: string): string | null {
    if (url !== '/api/generate') return null;
    proxy.requests += 1;
    const { prompt } = JSON.parse(body);
    if (prompt === '') return null;
    proxy.asked += 1;
    proxy.onQuestion(proxy.asked);
    return /\nReview: ((?:(?!\nReview: )[\s\S])*)\nSentiment:$/.exec(prompt)?.[1] ?? prompt;
  }
}

/** Of an answer in lines of JSON. */
function labelIn(said: string): string {
  const lines = said.trim().split('\n');
  return lines
    .map((line) => JSON.parse(line).response ?? '')
    .join('')
    .trim()
    .toLowerCase();
}
