import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import type { Remedy } from '../../foundation/errors/chorale-error.js';
import { type PublicAddress, splitCredentials } from './address.js';
import { concealSecrets } from './conceal-secrets.js';
import { errorOfFetch } from './diagnose-fetch.js';
import { type Exchange, exchangeOver, type HttpRequest } from './exchange.js';
import { boundResponse, fromFetch, type HttpResponse } from './http-response.js';
import { type Proxies, proxiesFor } from './proxy.js';
import { followWithinHost } from './redirect.js';
import { otherBytes } from './response-body.js';

/** `fetch` of the platform, or one that behaves the same. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What to do if no server answers, or if the server rejects the credentials. */
export interface Remedies {
  readonly unreachable: Remedy;
  readonly credentials: Remedy;
}

/** The connections to one server. */
export interface Connections extends PublicAddress {
  readonly exchange: Exchange;
  /** The proxy for requests; undefined if there is none. */
  readonly proxies: Proxies | undefined;
  readonly remedies: Remedies;
  close(): Promise<void>;
}

/** No time limits but undici's for opening one (10 s): waiting in a server's queue may take as long as the caller allows. */
const limits = { headersTimeout: 0, bodyTimeout: 0, connections: 512, keepAliveTimeout: 30_000 };

/** Plain HTTP goes to a proxy as it stands, as everywhere: many allow no tunnels to other ports than 443. */
function throughProxies({ http, https }: Proxies): Dispatcher {
  return new EnvHttpProxyAgent({
    ...limits,
    proxyTunnel: false,
    // undici would open the connections to the proxy without the limits.
    factory: (origin, given) => new Pool(origin, { ...given, ...limits }),
    httpProxy: http?.href ?? '',
    httpsProxy: https?.href ?? '',
  });
}

/**
 * Connections without time limits of their own.
 * @param address a URL, perhaps with credentials
 * @param key a secret that is sent besides the credentials of the address
 */
export function openConnections(address: string, remedies: Remedies, fetch?: Fetch, key?: string): Connections {
  const split = splitCredentials(address);
  const target = { ...split, secrets: key === undefined ? split.secrets : [...split.secrets, key], remedies };
  if (fetch) return { ...target, exchange: exchangeBy(fetch), proxies: undefined, close: async () => {} };
  const proxies = proxiesFor(target.url, process.env);
  const dispatcher = proxies ? throughProxies(proxies) : new Agent(limits);
  return { ...target, exchange: exchangeOver(dispatcher), proxies, close: () => dispatcher.destroy() };
}

function exchangeBy(fetch: Fetch): Exchange {
  return async (url, { method, headers, body, signal }) => {
    const init = { method, headers, signal, redirect: 'manual' } as const;
    return fromFetch(await fetch(url, body === undefined ? init : { ...init, body }));
  };
}

/**
 * Sends one request. Secrets that the server repeats are not in the response.
 * @param mostBytes what the body may have; reading more of it fails with ModelOversizeError
 * @throws the signal's reason, ModelUnavailableError, or ModelAddressError for a redirect to another host
 */
export async function send(
  connections: Connections,
  url: string,
  request: HttpRequest,
  mostBytes = otherBytes,
): Promise<HttpResponse> {
  const exchange = async (at: string) => {
    try {
      const response = concealSecrets(await connections.exchange(at, request), connections.secrets);
      if (response.status === 407 && connections.proxies) throw new Error('Proxy Authentication Required (407)');
      return response;
    } catch (error) {
      request.signal.throwIfAborted();
      throw errorOfFetch(error, connections);
    }
  };
  return boundResponse(await followWithinHost(url, request.method === 'GET', exchange), mostBytes);
}

/** One request with a JSON body, or without a body a GET. */
export interface JsonRequest {
  readonly signal: AbortSignal;
  readonly body?: unknown;
  /** @default POST */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

const userAgent = 'chorale';

/** Sends one request to a path below the address. */
export function sendJson(
  connections: Connections,
  path: string,
  { signal, body, method = 'POST', headers: more }: JsonRequest,
  mostBytes?: number,
): Promise<HttpResponse> {
  const headers = { accept: 'application/json', 'user-agent': userAgent, ...connections.headers, ...more };
  const request: HttpRequest =
    body === undefined
      ? { method: 'GET', headers, signal }
      : { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body), signal };
  return send(connections, `${connections.url}${path}`, request, mostBytes);
}
