import { readApiKey } from '../http/api-key.js';
import { type Connections, type Fetch, openConnections } from '../http/connections.js';
import { isLoopback } from '../http/proxy.js';
import { startOllama } from '../model-errors.js';
import { hostUrl } from './host-url.js';

/** Where the key comes from, for people who have to fix it. */
const variable = 'the environment variable OLLAMA_API_KEY';

/**
 * Connections to an Ollama server. A key is sent as a bearer token, to other machines and over TLS only: a local server
 * wants none, and on a plain connection everybody could read it. Credentials in the address come first.
 * @param apiKey as Ollama's cloud gives it
 * @throws InvalidOptionError if this is not an address, or the key cannot be sent
 */
export function openOllama(host: string, apiKey: string | undefined, fetch?: Fetch): Connections {
  const address = hostUrl(host);
  const { protocol, hostname, username, password } = new URL(address);
  const takesKey = protocol === 'https:' && !isLoopback(hostname) && !username && !password;
  const key = takesKey ? readApiKey(apiKey) : undefined;
  const credentials = takesKey
    ? key === undefined
      ? `set the API key in ${variable}, or put credentials into the address`
      : `check the API key in ${variable}`
    : 'check the credentials in the address, or put those there that it wants';
  const connections = openConnections(address, { unreachable: startOllama, credentials }, fetch, key);
  if (key === undefined) return connections;
  return { ...connections, headers: { ...connections.headers, authorization: `Bearer ${key}` } };
}
