import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { credentialForms } from './conceal-secrets.js';

/** An address, parsed. */
interface Address {
  /** With its credentials; an address to listen on (`0.0.0.0`) has become this machine. */
  readonly url: URL;
  /** The text that the URL was made of. */
  readonly complete: string;
  /** The scheme was written, too. */
  readonly hasScheme: boolean;
}

/** Replaces an address that cannot be parsed in messages: it may contain a password anywhere. */
const notShown = '(not shown: it may hold a password)';

/**
 * Reads the address of a server as people write it: `host`, `host:port`, `:port`, a URL, an IPv6 address without its
 * brackets; without a scheme it is `http`.
 * @param example what the error shows
 * @throws InvalidOptionError if this is not an address; the message does not show it, since it may hold a password
 */
export function readAddress(written: string, example: string): Address {
  const text = written
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const complete = hasScheme ? text : `http://${withHost(text)}`;
  const url = URL.canParse(complete) ? new URL(complete) : undefined;
  // Behind a mistyped scheme (`http:/name:password@server`), or a slash in a password, credentials look like a path.
  const isMistyped =
    url !== undefined && (/[^/]+@[\w.-]+(?::\d+)?(?:\/|$)/.test(url.pathname) || /^https?$/.test(url.hostname));
  if (!url || isMistyped || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.port === '0') {
    throw new InvalidOptionError('host', `an address such as ${example}`, notShown);
  }
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  return { url, complete, hasScheme };
}

/** `:port` is one of this machine; an IPv6 address may come without its brackets. */
function withHost(written: string): string {
  if (/^:\d+/.test(written)) return `127.0.0.1${written}`;
  return /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i.test(written) ? `[${written}]` : written;
}

/** An address as text, with its credentials and another path or host. */
export function addressText({ protocol, username, password, host }: URL, path: string, otherHost = host): string {
  const credentials = username || password ? `${username}:${password}@` : '';
  return `${protocol}//${credentials}${otherHost}${path.replace(/\/+$/, '')}`;
}

/** An address as it may be shown: without credentials and query, which may hold a key. */
export function publicAddress(written: string): string {
  try {
    const { protocol, host, pathname } = readAddress(written, '').url;
    return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
  } catch {
    return notShown;
  }
}

/** Addresses that are tried at most. */
const mostTried = 8;

/**
 * The first address near a wrong one at which an API answers: above its path, with and without a part that people leave
 * out (as in `/v1`). Each is asked; none is guessed. What goes wrong meanwhile is not an address.
 * @param suffix the part; empty if there is none
 */
export async function findAddress(
  wrong: string,
  suffix: string,
  answers: (address: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const address of nearby(wrong, suffix)) {
    if (await answers(address).catch(() => false)) return address;
  }
  return undefined;
}

/** From the longest path to none. */
function nearby(wrong: string, suffix: string): readonly string[] {
  const { origin, pathname } = new URL(wrong);
  const parts = pathname.split('/').filter((part) => part !== '');
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index)).concat([[]]);
  const addresses = paths.flatMap((path) => {
    const address = [origin, ...path].join('/');
    return suffix === '' || address.endsWith(suffix) ? [address] : [`${address}${suffix}`, address];
  });
  return [...new Set(addresses)].filter((address) => address !== wrong.replace(/\/+$/, '')).slice(0, mostTried);
}

/** A URL without its credentials, and the header that carries them: `fetch` rejects a URL that has some. */
export interface PublicAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The credentials in the forms in which a server may repeat them. */
  readonly secrets: readonly string[];
}

/** Takes the credentials out of a URL that `hostUrl` made. */
export function splitCredentials(address: string): PublicAddress {
  const parsed = new URL(address);
  const url = address.replace(/\/\/[^/@]*@/, '//');
  if (parsed.username === '' && parsed.password === '') return { url, headers: {}, secrets: [] };
  const [username, password] = [decoded(parsed.username), decoded(parsed.password)];
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  return { url, headers: { authorization: `Basic ${credentials}` }, secrets: credentialForms(username, password) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
