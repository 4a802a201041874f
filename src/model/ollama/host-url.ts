import { InvalidOptionError } from '../../errors/index.js';
import { splitCredentials } from '../http/public-address.js';

const defaultPort = '11434';

/**
 * The URL of a server as Ollama's own client understands what people write: `host`, `host:port`, `:port`, a URL;
 * `0.0.0.0` (an address to listen on, not to call) means this machine. Without a scheme the port is 11434.
 * @throws InvalidOptionError when it is no address
 */
export function hostUrl(host: string): string {
  const { url, complete, hasScheme } = readAddress(host, 'host', 'http://127.0.0.1:11434');
  const implied = url.protocol === 'https:' ? '443' : '80';
  // A URL drops its scheme's port. Where the scheme is ours, it counts only when it was written.
  const port = url.port || (hasScheme || writesPort(complete, implied) ? implied : defaultPort);
  const credentials = url.username || url.password ? `${url.username}:${url.password}@` : '';
  return `${url.protocol}//${credentials}${name}:${port}${url.pathname}`.replace(/\/+$/, '');
}

/** The same without credentials, for people to see. */
export function publicHostUrl(host: string): string {
  return splitCredentials(hostUrl(host)).url;
}

/** `:port` is one of this machine; an IPv6 address may come without its brackets. */
function withHost(written: string): string {
  if (/^:\d+/.test(written)) return `127.0.0.1${written}`;
  return /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i.test(written) ? `[${written}]` : written;
}

function writesPort(url: string, port: string): boolean {
  const [authority = ''] = url.slice(url.indexOf('//') + 2).split(/[/?#]/, 1);
  return new RegExp(`:0*${port}$`).test(authority);
}
