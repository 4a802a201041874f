import { oneLine } from '../../foundation/text/message-text.js';
import type { ModelRequest } from '../model.js';
import { ModelResponseError } from '../model-errors.js';
import { discard, type HttpResponse } from './http-response.js';

/** Characters of what a server says that a message quotes. */
export const longestProblem = 300;

/** Most bytes of a body that is not an answer: a list of models, facts about a model. */
export const otherBytes = 8_388_608;

/** Bytes of one line of a stream. */
export const lineBytes = 1_048_576;

/** What one token costs on the wire, in bytes: a chunk of its own, and each alternative with its bytes spelled out. */
const tokenBytes = { chunk: 2_048, alternative: 512 };

/** What an answer costs beyond its tokens: fields for the whole, and what some servers repeat of the prompt. */
const overhead = { bytes: 524_288, perContextToken: 16 };

/** Bytes that an answer may have: several times what the output budget needs in the widest form of any server. */
export function answerBytes({ options, topLogprobs }: ModelRequest, outputTokens: number): number {
  const alternatives = topLogprobs === undefined ? 0 : topLogprobs + 1;
  const perToken = tokenBytes.chunk + alternatives * tokenBytes.alternative;
  return overhead.bytes + options.contextTokens * overhead.perContextToken + Math.max(1, outputTokens) * perToken;
}

/** The media type of a response; empty if it names none. */
export function contentTypeOf(response: HttpResponse): string {
  return response.headers.get('content-type') ?? '';
}

/**
 * Rejects what a proxy or another program sent instead of JSON.
 * @param server what should have answered, as in `an Ollama server`
 */
export function requireJson(response: HttpResponse, server: string): void {
  if (!contentTypeOf(response).includes('json')) throw wrongContent(response, 'JSON', server);
}

/** The error for a response of another media type, whose body is let go. */
export function wrongContent(response: HttpResponse, wanted: string, server: string): ModelResponseError {
  discard(response);
  const type = oneLine(contentTypeOf(response), longestProblem) || 'none';
  return new ModelResponseError(
    `content type '${type}' instead of ${wanted}; is this ${server}, or a proxy in front of it?`,
  );
}
