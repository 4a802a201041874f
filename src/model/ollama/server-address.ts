import { addressText, findAddress, readAddress, splitCredentials } from '../http/address.js';
import { sendJson } from '../http/connections.js';
import { isNoRoute } from '../http/status-errors.js';
import { ModelAddressError, ModelRejectedError, ModelResponseError } from '../model-errors.js';
import { readVersion } from './model-facts.js';
import type { OllamaApi } from './ollama-client.js';

const defaultPort = '11434';

/**
 * The URL of a server as Ollama's own client understands what people write: `host`, `host:port`, `:port`, a URL;
 * `0.0.0.0` (an address to listen on, not to call) means this machine. Without a scheme the port is 11434.
 * @throws InvalidOptionError when it is no address
 */
export function hostUrl(host: string): string {
  const { url, complete, hasScheme } = readAddress(host, 'http://127.0.0.1:11434');
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

/**
 * The version of the Ollama server at an address.
 * @throws ModelAddressError where its API is not there, with the right address where one is found; ModelResponseError
 * where something else answers
 */
export async function requireServer(api: OllamaApi, signal: AbortSignal): Promise<string> {
  const { connections } = api;
  const { url } = connections;
  const at = (address: string) => ({ ...connections, url: address });
  try {
    return await readVersion(api, signal);
  } catch (error) {
    signal.throwIfAborted();
    const isMissing = error instanceof ModelRejectedError && error.status !== 501 && isNoRoute(error.status);
    if (!isMissing && !(error instanceof ModelResponseError)) throw error;
    const problem = `has no Ollama API (${isMissing ? `HTTP ${error.status}` : error.problem})`;
    const right = await findAddress(url, '', async (address) => {
      await readVersion({ ...api, connections: at(address) }, signal);
      return true;
    });
    if (right !== undefined) throw new ModelAddressError(url, problem, `it answers at ${right}: give that address`);
    const other = await findAddress(url, '/v1', async (address) => {
      const response = await sendJson(at(address), '/models', { signal });
      const body: unknown = response.ok ? await response.json() : undefined;
      return typeof body === 'object' && body !== null && 'data' in body && Array.isArray(body.data);
    });
    signal.throwIfAborted();
    if (other !== undefined) {
      const remedy = `an API like OpenAI's answers at ${other}: take the provider openai for it`;
      throw new ModelAddressError(url, problem, remedy);
    }
    if (isMissing) throw new ModelAddressError(url, problem, 'check its port and its path');
    throw error;
  }
}
