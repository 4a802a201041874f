import type { ServerResponse } from 'node:http';
import type { Runtime } from '../../src/foundation/runtime.js';
import { httpService } from '../../src/model/http-service.js';
import type { Model } from '../../src/model/model.js';
import { ollama } from '../../src/model/ollama/ollama-model.js';
import { openaiCompatible } from '../../src/model/openai/openai-model.js';
import { end, piece } from './ollama/fake-ollama.js';
import * as openai from './openai/fake-openai.js';

/** What the models of all providers take. */
interface ModelLimits {
  readonly clock?: Runtime | undefined;
  readonly firstTokenTimeoutMs?: number | undefined;
  readonly totalTimeoutMs?: number | undefined;
}

/** How the model of a provider is made, and how a server of its kind answers. */
export interface Provider {
  readonly name: string;
  readonly create: (host: string, limits?: ModelLimits) => Model;
  /** The content type of an answer. */
  readonly type: string;
  /** The answer `positive`, in two pieces. */
  readonly pieces: readonly [string, string];
}

/** A provider whose servers send an answer token by token. */
export interface StreamingProvider extends Provider {
  /** A token, as it is sent. */
  readonly token: (content: string) => string;
  /** What follows the last token. */
  readonly end: string;
}

const line = (value: object) => `${JSON.stringify(value)}\n`;

export const ollamaProvider: StreamingProvider = {
  name: 'ollama',
  create: (host, limits) => ollama({ model: 'small', host, ...limits }),
  type: 'application/x-ndjson',
  pieces: [line(piece('posi')), line(piece('tive')) + line(end())],
  token: (content) => line(piece(content)),
  end: line(end()),
};

export const openaiProvider: StreamingProvider = {
  name: 'openai',
  create: (host, limits) => openaiCompatible({ model: 'small', host, apiKey: 'sk-s3cret', ...limits }),
  type: 'text/event-stream',
  pieces: [openai.event(openai.piece('posi')), openai.event(openai.piece('tive')) + openai.event(openai.finish())],
  token: (content) => openai.event(openai.piece(content)),
  end: openai.event(openai.finish()) + openai.done,
};

const httpProvider: Provider = {
  name: 'http',
  create: (host, limits) => httpService({ host, ...limits }),
  type: 'application/json',
  pieces: ['{"label":"posi', 'tive"}'],
};

export const streamingProviders: readonly StreamingProvider[] = [ollamaProvider, openaiProvider];

export const providers: readonly Provider[] = [...streamingProviders, httpProvider];

/** Begins the answer of a provider's server. */
export function beginAnswer({ type }: Provider, response: ServerResponse, ...chunks: readonly string[]): void {
  response.writeHead(200, { 'content-type': type });
  response.flushHeaders();
  for (const chunk of chunks) response.write(chunk);
}
