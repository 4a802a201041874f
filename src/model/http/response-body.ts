import { isCodedError } from '../../foundation/errors/chorale-error.js';
import { oneLine } from '../../foundation/text/message-text.js';
import type { ModelRequest } from '../model.js';
import { ModelCutOffError, ModelOversizeError, ModelResponseError } from '../model-errors.js';

/** Characters of what a server says that a message quotes. */
export const longestProblem = 300;

/** Bytes of a body that is no answer: lists of models, what a server tells about one. */
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

/** The same response, which fails as soon as its body has more bytes (after decompression) than that. */
export function boundResponse(response: Response, mostBytes: number): Response {
  const { body, status, statusText, headers } = response;
  if (!body || mostBytes === Number.POSITIVE_INFINITY) return response;
  const reader = body.getReader();
  let received = 0;
  const bounded = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        received += value.byteLength;
        if (received <= mostBytes) return controller.enqueue(value);
        const error = new ModelOversizeError(mostBytes);
        reader.cancel(error).catch(() => {});
        throw error;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read before somebody wants it.
    { highWaterMark: 0 },
  );
  return new Response(bounded, { status, statusText, headers });
}

/**
 * The whole body as text.
 * @param onPiece called with each piece of it that arrives
 * @throws ModelCutOffError when the connection breaks, ModelOversizeError
 */
export async function readText(response: Response, onPiece?: () => void): Promise<string> {
  if (!onPiece || !response.body) return response.text().catch(failReading);
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read().catch(failReading);
    if (done) return text + decoder.decode();
    onPiece();
    text += decoder.decode(value, { stream: true });
  }
}

/** Throws why reading a body failed: ModelCutOffError when the connection broke. */
export function failReading(cause: unknown): never {
  throw isCodedError(cause) ? cause : new ModelCutOffError({ cause });
}

/** Gives up reading without waiting. Where the end of the body follows, the connection is free for the next request. */
export function releaseReader(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  reader
    .read()
    .then(({ done }) => (done ? undefined : reader.cancel()))
    .catch(() => {});
}

/** Lets an unread body go. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}

/** The media type of a response; empty where it names none. */
export function contentTypeOf(response: Response): string {
  return response.headers.get('content-type') ?? '';
}

/**
 * Rejects what a proxy or another program sent instead of JSON.
 * @param server what should have answered, as in `an Ollama server`
 */
export function requireJson(response: Response, server: string): void {
  if (!contentTypeOf(response).includes('json')) throw wrongContent(response, 'JSON', server);
}

/** The error for a response of another media type, whose body is let go. */
export function wrongContent(response: Response, wanted: string, server: string): ModelResponseError {
  discard(response);
  const type = oneLine(contentTypeOf(response), longestProblem) || 'none';
  return new ModelResponseError(
    `content type '${type}' instead of ${wanted}; is this ${server}, or a proxy in front of it?`,
  );
}
