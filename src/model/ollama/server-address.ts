import { tryParseJson } from '../../foundation/lossless-json.js';
import { findAddress } from '../http/address.js';
import { sendJson } from '../http/connections.js';
import { readText } from '../http/http-response.js';
import { isNoRoute } from '../http/status-errors.js';
import { ModelAddressError, ModelRejectedError, ModelResponseError } from '../model-errors.js';
import { readVersion } from './model-facts.js';
import type { OllamaApi } from './ollama-client.js';

/**
 * The version of the Ollama server at an address.
 * @throws ModelAddressError if its API is not there, with the right address where one is found; ModelResponseError
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
      const body = response.ok ? tryParseJson(await readText(response)) : undefined;
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
