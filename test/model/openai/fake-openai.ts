import { HttpResponse } from 'msw';
import type { Model } from '../../../src/model/model.js';
import { type OpenAICompatibleOptions, openaiCompatible } from '../../../src/model/openai/openai-model.js';
import { withoutBackoff } from '../../harness/without-backoff.js';
import { type MswServer, startMswServer } from '../msw-server.js';
import { test as quietTest } from '../quiet-test.js';

/** An OpenAI-compatible server of msw's. It answers `positive` to every question until it is told otherwise. */
export interface FakeOpenAI extends MswServer<'chat/completions' | 'completions' | 'models'> {
  /** A model on it. */
  model(options?: Partial<OpenAICompatibleOptions>): Model;
}

export const host = 'http://openai.test';

/** A stream of events; a text goes as it stands. */
export function events(...chunks: readonly (string | object)[]): Response {
  return eventStream(chunks.map((chunk) => (typeof chunk === 'string' ? chunk : event(chunk))).join(''));
}

/** A stream of events from its text, or its bytes. */
export function eventStream(body: ReadableStream<Uint8Array> | string | null): Response {
  return new HttpResponse(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}

/** The text of one event. */
export function event(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** A piece of a chat's answer. */
export function piece(content: string | null, more: object = {}, chunk: object = {}): object {
  const choices = [{ index: 0, delta: { content }, finish_reason: null, logprobs: null, ...more }];
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_795_263_566,
    model: 'small',
    choices,
    ...chunk,
  };
}

/** A piece of a completion's answer. */
export function textPiece(text: string, more: object = {}): object {
  const choices = [{ index: 0, text, finish_reason: null, logprobs: null, ...more }];
  return { id: 'cmpl-1', object: 'text_completion', created: 1_795_263_567, model: 'small', choices };
}

/** Why the model stopped. */
export function finish(reason: string | null = 'stop'): object {
  return piece('', { delta: {}, finish_reason: reason });
}

export function usage(prompt = 26, completion = 1): object {
  const counts = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [], usage: counts };
}

export const done = 'data: [DONE]\n\n';

/** An answer in one piece, with everything that belongs to it. */
export function answer(text: string, more: object = {}): Response {
  return events(piece(text, more), finish(), usage(), done);
}

/** A refusal, in OpenAI's form. */
export function refusal(
  status: number,
  message: string,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const error = { message, type: 'invalid_request_error', param: null, code: null, ...more };
  return HttpResponse.json({ error }, { status, headers });
}

/** Starts the fake. */
export function startFake(): FakeOpenAI {
  const server = startMswServer(`${host}/v1/`, {
    models: () => HttpResponse.json({ object: 'list', data: [{ id: 'big' }, { id: 'small' }] }),
    'chat/completions': () => answer('positive'),
    completions: () => events(textPiece('positive'), textPiece('', { finish_reason: 'stop' }), usage(), done),
  });
  // msw replaces the platform's fetch and does not see undici's.
  const model: FakeOpenAI['model'] = (options) =>
    openaiCompatible({ model: 'small', host, fetch: globalThis.fetch, clock: withoutBackoff, ...options });
  return Object.assign(server, { model });
}

/** A quiet test with a fake server of its own. */
export const test = quietTest.extend<{ server: FakeOpenAI }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's needs from the pattern.
  server: async ({}, use) => {
    const server = startFake();
    await use(server);
    server.close();
  },
});
