import type { Dispatcher } from 'undici';
import { onAbort } from '../../foundation/abort.js';
import type { ByteReader, HttpResponse } from './http-response.js';

/** One request, with a body of text or none. */
export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

/** Sends a request, and resolves when the headers of the response are there. Redirects are not followed. */
export type Exchange = (url: string, request: HttpRequest) => Promise<HttpResponse>;

/** Bytes that wait for their reader before the connection is told to wait. */
const mostWaiting = 65_536;

type Step = Awaited<ReturnType<ByteReader['read']>>;

const end: Step = { done: true };

/**
 * Exchanges over the connections of undici. Its `fetch` would cost several times as much, for streams, headers and signals of
 * the web platform.
 * @throws the signal's reason; what undici throws
 * @internal
 */
export function exchangeOver(dispatcher: Dispatcher): Exchange {
  // Nearly all requests of a run have the same URL.
  let latest: { readonly url: string; readonly origin: string; readonly path: string } | undefined;
  const targetOf = (url: string) => {
    if (latest?.url === url) return latest;
    const { origin, pathname, search } = new URL(url);
    latest = { url, origin, path: `${pathname}${search}` };
    return latest;
  };
  return (url, request) => {
    if (request.signal.aborted) return Promise.reject(request.signal.reason);
    const { origin, path } = targetOf(url);
    const { method, headers, body = null, signal } = request;
    return new Promise<HttpResponse>((resolve, reject) => {
      const handler = new ResponseHandler(signal, resolve, reject);
      dispatcher.dispatch({ origin, path, method, headers, body }, handler);
    }).then(decompressed);
  };
}

/** Takes what a connection tells of one response, and keeps the pieces of its body until somebody reads them. */
class ResponseHandler implements Dispatcher.DispatchHandler, ByteReader {
  private controller: Dispatcher.DispatchController | undefined;
  private readonly release: () => void;
  private readonly pieces: Uint8Array[] = [];
  private waiting = 0;
  private reader: { resolve(step: Step): void; reject(error: unknown): void } | undefined;
  /** How it has ended, when nothing more comes. */
  private ending: { readonly error?: unknown; readonly failed: boolean } | undefined;

  constructor(
    signal: AbortSignal,
    private readonly begin: (response: HttpResponse) => void,
    private readonly fail: (error: unknown) => void,
  ) {
    this.release = onAbort(signal, (reason) => this.abandon({ error: reason, failed: true }));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.ending) controller.abort(new Error('the request was given up'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    statusText = '',
  ): void {
    if (status < 200) return;
    const get = (name: string) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    };
    this.begin({ status, statusText, ok: status < 300, headers: { get }, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    const { reader } = this;
    if (reader) {
      this.reader = undefined;
      reader.resolve({ done: false, value: piece });
      return;
    }
    this.pieces.push(piece);
    this.waiting += piece.byteLength;
    if (this.waiting > mostWaiting) controller.pause();
  }

  onResponseEnd(): void {
    this.finish({ failed: false });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.finish({ error, failed: true });
  }

  read(): Promise<Step> {
    const value = this.pieces.shift();
    if (value) {
      this.waiting -= value.byteLength;
      if (this.waiting <= mostWaiting && this.controller?.paused) this.controller.resume();
      return Promise.resolve({ done: false, value });
    }
    const { ending } = this;
    if (ending) return ending.failed ? Promise.reject(ending.error) : Promise.resolve(end);
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  async cancel(): Promise<void> {
    this.abandon({ failed: false });
  }

  /** Closes the connection, so that the server stops working on the request. */
  private abandon(ending: NonNullable<ResponseHandler['ending']>): void {
    if (this.ending) return;
    this.pieces.length = 0;
    this.finish(ending);
    this.controller?.abort(new Error('the request was given up'));
  }

  private finish(ending: NonNullable<ResponseHandler['ending']>): void {
    if (this.ending) return;
    this.ending = ending;
    this.release();
    const { error, failed } = ending;
    // Settled already, where the headers have come.
    if (failed) this.fail(error);
    if (failed) this.reader?.reject(error);
    else this.reader?.resolve(end);
    this.reader = undefined;
  }
}

/** Content codings that the platform takes off. */
const codings: ReadonlyMap<string, 'gzip' | 'deflate'> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
]);

/** Takes a compression off that nobody asked for. */
function decompressed(response: HttpResponse): HttpResponse {
  const coding = codings.get(response.headers.get('content-encoding')?.trim().toLowerCase() ?? '');
  const { body } = response;
  if (coding === undefined || !body) return response;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await body.read();
        if (done) controller.close();
        else if (value) controller.enqueue(value);
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, ok, headers } = response;
  const plain: ReadableStream<Uint8Array> = stream.pipeThrough(new DecompressionStream(coding));
  return { status, statusText, ok, headers, body: plain.getReader() };
}
