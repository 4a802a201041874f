import type { ModelRequest } from '../model.js';
import { ModelOversizeError } from '../model-errors.js';

/** Bytes that an error body may have; of a longer one nothing is quoted. */
export const explanationBytes = 65_536;

/** Bytes that any other body which is not an answer may have: lists of models, what a server tells about one. */
export const otherBytes = 8_388_608;

/** Bytes that one line of a stream may have. */
export const lineBytes = 1_048_576;

/** What one token costs on the wire, in bytes: a chunk of its own, and each alternative with its bytes spelled out. */
const tokenBytes = { chunk: 2_048, alternative: 512 };

/** What an answer costs beyond its tokens: fields for the whole, and what some servers repeat of the prompt. */
const overhead = { bytes: 524_288, perContextToken: 16 };

/**
 * Bytes that an answer may have: several times what the output budget needs in the widest form of any server.
 * @param outputTokens the budget that the server was given
 */
export function answerBytes({ options, topLogprobs }: ModelRequest, outputTokens: number): number {
  const alternatives = topLogprobs === undefined ? 0 : topLogprobs + 1;
  const perToken = tokenBytes.chunk + alternatives * tokenBytes.alternative;
  return overhead.bytes + options.contextTokens * overhead.perContextToken + Math.max(1, outputTokens) * perToken;
}

/**
 * The same response, which fails as soon as it has more bytes (after decompression) than it may. What follows is not read.
 */
export function boundResponse(response: Response, mostBytes: number): Response {
  const { body, status, statusText, headers } = response;
  if (!body || mostBytes === Number.POSITIVE_INFINITY) return response;
  return new Response(boundStream(body, mostBytes), { status, statusText, headers });
}

/** The whole text of a response; null where it has more bytes than that. What follows is not read. */
export async function textWithin(response: Response, mostBytes: number): Promise<string | null> {
  try {
    return await boundResponse(response, mostBytes).text();
  } catch (error) {
    if (error instanceof ModelOversizeError) return null;
    throw error;
  }
}

function boundStream(body: ReadableStream<Uint8Array>, mostBytes: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let received = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        received += value.byteLength;
        if (received <= mostBytes) {
          controller.enqueue(value);
          return;
        }
        const error = new ModelOversizeError(mostBytes);
        reader.cancel(error).catch(() => {});
        throw error;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read before somebody wants it.
    { highWaterMark: 0 },
  );
}
