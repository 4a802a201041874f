import { HttpResponse } from 'msw';
import type { Model, ModelRequest } from '../../../src/model/model.js';
import { type OllamaOptions, ollama } from '../../../src/model/ollama/ollama-model.js';
import { withoutBackoff } from '../../harness/without-backoff.js';
import { type MswServer, startMswServer } from '../msw-server.js';
import { test as quietTest } from '../quiet-test.js';

/** An Ollama server of msw's. It answers `positive` to every question until it is told otherwise. */
export interface FakeOllama extends MswServer {
  /** A model on it. */
  model(options?: Partial<OllamaOptions>): Model;
}

export const host = 'http://ollama.test:11434';

/** A stream of JSON lines; a text goes as it stands. */
export function lines(...chunks: readonly (string | object)[]): Response {
  const text = chunks.map((chunk) => (typeof chunk === 'string' ? chunk : `${JSON.stringify(chunk)}\n`)).join('');
  return new HttpResponse(text, { headers: { 'content-type': 'application/x-ndjson' } });
}

/** A piece of a chat's answer. */
export function piece(content: string, more: object = {}): object {
  return {
    model: 'small',
    created_at: '2026-01-01T00:00:00Z',
    message: { role: 'assistant', content },
    done: false,
    ...more,
  };
}

/** The last line of a chat's answer; times in nanoseconds. */
export function end(more: object = {}): object {
  return piece('', {
    done: true,
    done_reason: 'stop',
    total_duration: 900e6,
    load_duration: 100e6,
    prompt_eval_count: 26,
    prompt_eval_duration: 300e6,
    eval_count: 1,
    eval_duration: 200e6,
    ...more,
  });
}

/** The same as the answer to a completion. */
export function asCompletion(chunk: object): object {
  const { message, ...rest } = chunk as { readonly message: { readonly content: string } };
  return { ...rest, response: message.content };
}

/** A question of a chat. */
export function question(more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    input: { kind: 'chat', messages: [{ role: 'user', content: 'Review: it works' }] },
    subject: 'it works',
    labels: ['positive', 'negative'],
    options: { maxOutputTokens: 8, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
    ...more,
  };
}

/** A call that nobody aborts. */
export function unaborted(): { readonly signal: AbortSignal } {
  return { signal: new AbortController().signal };
}

/** Starts the fake. */
export function startFake(): FakeOllama {
  const server = startMswServer<string>(`${host}/api/`, {
    version: () => HttpResponse.json({ version: '0.12.11' }),
    tags: () => HttpResponse.json({ models: [{ name: 'llama3.2:3b' }, { name: 'qwen3:4b' }] }),
    show: () => HttpResponse.json({ capabilities: ['completion'] }),
    chat: () => lines(piece('positive'), end()),
    generate: ({ body }) => (body.stream ? lines(...[piece('positive'), end()].map(asCompletion)) : loaded()),
  });
  // msw replaces the platform's fetch and does not see undici's.
  const model: FakeOllama['model'] = (options) =>
    ollama({ model: 'small', host, fetch: globalThis.fetch, clock: withoutBackoff, ...options });
  return Object.assign(server, { model });
}

function loaded(): Response {
  return HttpResponse.json({ ...asCompletion(end({ done_reason: 'load' })), load_duration: 5e6 });
}

/** A quiet test with a fake server of its own. */
export const test = quietTest.extend<{ server: FakeOllama }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  server: async ({}, use) => {
    const server = startFake();
    await use(server);
    server.close();
  },
});
