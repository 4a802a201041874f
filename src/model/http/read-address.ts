import { InvalidOptionError } from '../../foundation/errors/common-errors.js';

/** An address as somebody wrote it, understood. */
export interface Address {
  /** With its credentials; an address to listen on (`0.0.0.0`) has become this machine. */
  readonly url: URL;
  /** The text that the URL was made of. */
  readonly complete: string;
  /** The scheme was written, too. */
  readonly hasScheme: boolean;
}

/** Stands in messages for an address that cannot be read: nobody can tell where a password is in it. */
const notShown = '(not shown: it may hold a password)';

/**
 * Reads the address of a server as people write it: `host`, `host:port`, `:port`, a URL, an IPv6 address without its
 * brackets; without a scheme it is `http`.
 * @param option name of the option in the error
 * @param example what the error shows
 * @throws InvalidOptionError when it is no address; the message does not show it, since it may hold a password
 */
export function readAddress(written: string, option: string, example: string): Address {
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
    throw new InvalidOptionError(option, `an address such as ${example}`, notShown);
  }
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  return { url, complete, hasScheme };
}

/** `:port` is one of this machine; an IPv6 address may come without its brackets. */
function withHost(written: string): string {
  if (/^:\d+/.test(written)) return `127.0.0.1${written}`;
  return /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i.test(written) ? `[${written}]` : written;
}

/** An address as it may be shown: without credentials and query, which may hold a key. */
export function publicAddress(written: string): string {
  let address: Address;
  try {
    address = readAddress(written, 'host', '');
  } catch {
    return notShown;
  }
  const { protocol, host, pathname } = address.url;
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
}
