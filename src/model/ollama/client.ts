import { Ollama } from 'ollama';
import { Agent, fetch as undiciFetch } from 'undici';
import type { Host } from '../../concurrency/index.js';
import { isCodedError, ModelCutOffError, ModelResponseError } from '../../errors/index.js';
import { type PublicAddress, splitCredentials } from './host-url.js';
import { errorOfFetch, errorOfResponse, requireJson } from './http-errors.js';
import { checkJsonLines, checkObject } from './json-lines.js';

/** `fetch` of the platform, or one that behaves the same. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The connections to one server. */
export interface Connections extends PublicAddress {
  readonly fetch: Fetch;
  close(): Promise<void>;
}

/**
 * Connections without time limits of their own: waiting in a server's queue may take as long as the caller allows.
 * @param address what `hostUrl` made
 */
export function openConnections(address: string, fetch?: Fetch): Connections {
  const target = splitCredentials(address);
  if (fetch) return { ...target, fetch, close: async () => {} };
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 512, keepAliveTimeout: 30_000 });
  const ownFetch: Fetch = (url, init) =>
    undiciFetch(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>;
  return { ...target, fetch: ownFetch, close: () => dispatcher.destroy() };
}

/**
 * Ollama's client, bound to one call: its signal reaches the request before the first byte, every failure is an error of
 * the catalogue, and nothing that the client prints on its own can happen.
 * @param form what the response is: one JSON object, or a stream of them, one a line
 */
export function clientOf(
  connections: Connections,
  host: Host,
  signal: AbortSignal,
  form: 'object' | 'lines' = 'object',
): Ollama {
  const guarded = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const response = await send(connections, String(url), { ...init, signal });
    if (!response.ok) throw await errorOfResponse(response, host.wallTime());
    requireJson(response);
    const body = form === 'lines' ? linesOf(response) : await objectOf(response);
    const headers = { 'content-type': response.headers.get('content-type') ?? '' };
    return new Response(body, { status: response.status, headers });
  };
  return new Ollama({ host: connections.url, headers: { ...connections.headers }, fetch: guarded as typeof fetch });
}

async function send(connections: Connections, url: string, init: RequestInit): Promise<Response> {
  try {
    return await connections.fetch(url, init);
  } catch (error) {
    init.signal?.throwIfAborted();
    throw errorOfFetch(error, connections.url);
  }
}

function linesOf(response: Response): ReadableStream<Uint8Array> {
  if (!response.body) throw new ModelResponseError('it is empty');
  return checkJsonLines(response.body, response.status);
}

async function objectOf(response: Response): Promise<string> {
  try {
    const text = await response.text();
    checkObject(text, response.status);
    return text;
  } catch (cause) {
    throw isCodedError(cause) ? cause : new ModelCutOffError({ cause });
  }
}
