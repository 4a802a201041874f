import { InvalidOptionError } from '../../errors/index.js';
import { withoutCredentials } from './public-address.js';

/** An address as somebody wrote it, understood. */
export interface Address {
  /** With its credentials; an address to listen on (`0.0.0.0`) has become this machine. */
  readonly url: URL;
  /** The text that the URL was made of. */
  readonly complete: string;
  /** The scheme was written, too. */
  readonly hasScheme: boolean;
}

/**
 * Reads the address of a server as people write it: `host`, `host:port`, `:port`, a URL, an IPv6 address without its
 * brackets; without a scheme it is `http`.
 * @param option name of the option in the error
 * @param example what the error shows
 * @throws InvalidOptionError when it is no address; credentials are not in the message
 */
export function readAddress(written: string, option: string, example: string): Address {
  const text = written
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const complete = hasScheme ? text : `http://${withHost(text)}`;
  const url = URL.canParse(complete) ? new URL(complete) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.port === '0') {
    throw new InvalidOptionError(option, `an address such as ${example}`, withoutCredentials(written));
  }
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  return { url, complete, hasScheme };
}

/** `:port` is one of this machine; an IPv6 address may come without its brackets. */
function withHost(written: string): string {
  if (/^:\d+/.test(written)) return `127.0.0.1${written}`;
  return /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i.test(written) ? `[${written}]` : written;
}
