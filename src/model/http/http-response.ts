import { isCodedError } from '../../foundation/errors/chorale-error.js';
import { ModelCutOffError, ModelOversizeError } from '../model-errors.js';

/** The bytes of a body, as they arrive. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  /** Gives up reading; the connection is closed. */
  cancel(reason?: unknown): Promise<void>;
}

/** What a server answered. The body can be read once. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  /** The status is a success. */
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  /** Null if there is none. */
  readonly body: ByteReader | null;
}

/** A response of `fetch` in this form. */
export function fromFetch({ status, statusText, ok, headers, body }: Response): HttpResponse {
  return { status, statusText, ok, headers, body: body?.getReader() ?? null };
}

/** The same response with another body. */
export function withBody(response: HttpResponse, body: ByteReader | null): HttpResponse {
  const { status, statusText, ok, headers } = response;
  return { status, statusText, ok, headers, body };
}

/** The same response, which fails as soon as its body has more bytes (after decompression) than that. */
export function boundResponse(response: HttpResponse, mostBytes: number): HttpResponse {
  const { body } = response;
  return !body || mostBytes === Number.POSITIVE_INFINITY ? response : withBody(response, bounded(body, mostBytes));
}

function bounded(reader: ByteReader, mostBytes: number): ByteReader {
  let received = 0;
  return {
    async read() {
      const step = await reader.read();
      received += step.value?.byteLength ?? 0;
      if (received <= mostBytes) return step;
      const error = new ModelOversizeError(mostBytes);
      reader.cancel(error).catch(() => {});
      throw error;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/**
 * The whole body as text.
 * @param onPiece called with each piece of it that arrives
 * @throws ModelCutOffError when the connection breaks, ModelOversizeError
 */
export async function readText({ body }: HttpResponse, onPiece?: () => void): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const step = await body?.read().catch(failReading);
    if (!step || step.done) return textOf(Buffer.concat(pieces));
    onPiece?.();
    if (step.value) pieces.push(step.value);
  }
}

/** Bytes of UTF-8 as text, without a byte-order mark. */
export function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Throws why reading a body failed: ModelCutOffError when the connection broke. */
export function failReading(cause: unknown): never {
  throw isCodedError(cause) ? cause : new ModelCutOffError({ cause });
}

/** Gives up reading without waiting. Where the end of the body follows, the connection is free for the next request. */
export function releaseReader(reader: ByteReader): void {
  reader
    .read()
    .then(({ done }) => (done ? undefined : reader.cancel()))
    .catch(() => {});
}

/** Lets an unread body go. */
export function discard({ body }: HttpResponse): void {
  body?.cancel().catch(() => {});
}
