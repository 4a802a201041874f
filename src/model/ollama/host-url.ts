import { InvalidOptionError } from '../../errors/index.js';

const defaultPort = '11434';

/**
 * The URL of a server as Ollama's own client understands what people write: `host`, `host:port`, `:port`, a URL;
 * `0.0.0.0` (an address to listen on, not to call) means this machine. Without a scheme the port is 11434.
 * @throws InvalidOptionError when it is no address
 */
export function hostUrl(host: string): string {
  const written = host
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim();
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(written);
  const complete = hasScheme ? written : `http://${withHost(written)}`;
  const url = URL.canParse(complete) ? new URL(complete) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '' || url.port === '0') {
    const shown = host.replace(/^(\s*[a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1');
    throw new InvalidOptionError('host', 'an address such as http://127.0.0.1:11434', shown);
  }
  const name = url.hostname === '0.0.0.0' || url.hostname === '[::]' ? '127.0.0.1' : url.hostname;
  const implied = url.protocol === 'https:' ? '443' : '80';
  // A URL drops its scheme's port. Where the scheme is ours, it counts only when it was written.
  const port = url.port || (hasScheme || writesPort(complete, implied) ? implied : defaultPort);
  const credentials = url.username || url.password ? `${url.username}:${url.password}@` : '';
  return `${url.protocol}//${credentials}${name}:${port}${url.pathname}`.replace(/\/+$/, '');
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
