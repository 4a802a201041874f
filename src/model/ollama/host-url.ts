import { defaults } from '../../foundation/defaults.js';
import { addressText, readAddress, splitCredentials } from '../http/address.js';

const defaultPort = '11434';

/**
 * The URL of a server as Ollama's own client understands what people write: `host`, `host:port`, `:port`, a URL;
 * `0.0.0.0` (an address to listen on, not to call) means this machine. Without a scheme the port is 11434.
 * @throws InvalidOptionError if this is not an address
 */
export function hostUrl(host: string): string {
  const { url, complete, hasScheme } = readAddress(host, defaults.ollamaHost);
  const implied = url.protocol === 'https:' ? '443' : '80';
  // A URL drops its scheme's port. Where the scheme is ours, it counts only when it was written.
  const port = url.port || (hasScheme || writesPort(complete, implied) ? implied : defaultPort);
  return addressText(url, url.pathname, `${url.hostname}:${port}`);
}

function writesPort(url: string, port: string): boolean {
  const [authority = ''] = url.slice(url.indexOf('//') + 2).split(/[/?#]/, 1);
  return new RegExp(`:0*${port}$`).test(authority);
}

/** The same without credentials, for people to see. */
export function publicHostUrl(host: string): string {
  return splitCredentials(hostUrl(host)).url;
}
