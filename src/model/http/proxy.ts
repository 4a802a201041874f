import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';

/** The proxies that an environment names; undefined if it names none. */
export interface Proxies {
  readonly http: URL | undefined;
  readonly https: URL | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `localhost`, 127.0.0.0/8 and ::1: no proxy can reach what runs on this machine. */
const loopback = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/i;

/** Whether a host name, or an address, is that of this machine. */
export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname);
}

/**
 * The proxies that requests to a server may go through: `HTTP_PROXY` and `HTTPS_PROXY`, also in lower case, which comes
 * first; none for this machine. (`NO_PROXY` is undici's affair.)
 * @throws InvalidOptionError when a proxy is not an address; its credentials are not in the message
 */
export function proxiesFor(server: string, environment: Environment): Proxies | undefined {
  if (isLoopback(new URL(server).hostname)) return undefined;
  const http = proxyIn(environment, 'HTTP_PROXY');
  const https = proxyIn(environment, 'HTTPS_PROXY') ?? http;
  return http || https ? { http, https } : undefined;
}

/** What a failed request says about a proxy; undefined if the failure is not the proxy's. */
export function proxyProblem(error: unknown, proxies: Proxies | undefined): string | undefined {
  for (const proxy of proxies ? [proxies.https, proxies.http] : []) {
    for (let cause = error; proxy && cause instanceof Error; cause = cause.cause) {
      const status = /^Proxy response \((\d+)\)/.exec(cause.message)?.[1];
      if (status !== undefined) return `${named(proxy)} answered HTTP ${status}`;
      if (/Proxy Authentication Required/i.test(cause.message)) return `${named(proxy)} wants credentials (HTTP 407)`;
      if (isConnectionTo(proxy, cause)) return named(proxy);
    }
  }
  return undefined;
}

function named({ protocol, host }: URL): string {
  return `the proxy ${protocol}//${host} of the environment`;
}

/** Whether an error of the system is about the connection to the proxy itself. */
function isConnectionTo(proxy: URL, error: Error): boolean {
  const name = proxy.hostname.replace(/^\[|\]$/g, '');
  if ('hostname' in error && error.hostname === name) return true;
  const port = Number(proxy.port) || (proxy.protocol === 'https:' ? 443 : 80);
  if ('port' in error && error.port === port) return true;
  if (error.message.includes(`${name}:${port}`)) return true;
  return (
    error instanceof AggregateError && error.errors.some((one) => one instanceof Error && isConnectionTo(proxy, one))
  );
}

function proxyIn(environment: Environment, name: string): URL | undefined {
  const written = (environment[name.toLowerCase()] ?? environment[name])?.trim();
  if (!written) return undefined;
  const complete = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
  const url = URL.canParse(complete) ? new URL(complete) : undefined;
  if (url && /^(?:https?|socks5?):$/.test(url.protocol) && url.hostname !== '') return url;
  throw new InvalidOptionError(name, 'the address of a proxy such as http://proxy:3128', '(not shown)');
}
