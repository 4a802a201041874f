import { Agent, fetch as undiciFetch } from 'undici';
import { concealSecrets } from './conceal-secrets.js';
import { errorOfFetch } from './http-errors.js';
import { type PublicAddress, splitCredentials } from './public-address.js';
import { boundResponse, otherBytes } from './response-size.js';

/** `fetch` of the platform, or one that behaves the same. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** The connections to one server. */
export interface Connections extends PublicAddress {
  readonly fetch: Fetch;
  /** What to do when nobody answers; undefined where it is what Ollama needs. */
  readonly advice: string | undefined;
  close(): Promise<void>;
}

/**
 * Connections without time limits of their own: waiting in a server's queue may take as long as the caller allows.
 * @param address a URL, perhaps with credentials
 * @param advice what to do when nobody answers
 * @param key a secret that is sent besides the credentials of the address
 */
export function openConnections(address: string, fetch?: Fetch, advice?: string, key?: string): Connections {
  const split = splitCredentials(address);
  const target = { ...split, secrets: key === undefined ? split.secrets : [...split.secrets, key], advice };
  if (fetch) return { ...target, fetch, close: async () => {} };
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 512, keepAliveTimeout: 30_000 });
  const ownFetch: Fetch = (url, init) =>
    undiciFetch(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>;
  return { ...target, fetch: ownFetch, close: () => dispatcher.destroy() };
}

/**
 * Sends one request. Secrets that the server repeats are not in the response.
 * @param mostBytes what the body may have; reading more of it fails with ModelOversizeError
 * @throws the signal's reason, or ModelUnavailableError
 */
export async function send(
  connections: Connections,
  url: string,
  init: RequestInit,
  mostBytes = otherBytes,
): Promise<Response> {
  try {
    const response = concealSecrets(await connections.fetch(url, init), connections.secrets);
    return boundResponse(response, mostBytes);
  } catch (error) {
    init.signal?.throwIfAborted();
    throw errorOfFetch(error, connections.url, connections.advice);
  }
}
