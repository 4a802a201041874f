import type { Runtime } from '../../foundation/runtime.js';
import { type Connections, send } from '../http/connections.js';
import { findAddress } from '../http/find-address.js';
import { ModelAddressError, ModelRejectedError, ModelResponseError } from '../model-errors.js';
import { clientOf } from './client.js';
import { readVersion } from './server-facts.js';

/**
 * The version of the Ollama server at an address.
 * @throws ModelAddressError where its API is not there, with the address that would be right where one is found;
 * ModelResponseError where something else answers
 */
export async function requireServer(connections: Connections, clock: Runtime, signal: AbortSignal): Promise<string> {
  const { url } = connections;
  const versionAt = (address: string) => readVersion(clientOf({ ...connections, url: address }, clock, signal));
  try {
    return await versionAt(url);
  } catch (error) {
    signal.throwIfAborted();
    const isMissing = error instanceof ModelRejectedError && (error.status === 404 || error.status === 405);
    if (!isMissing && !(error instanceof ModelResponseError)) throw error;
    const problem = `has no Ollama API (${isMissing ? `HTTP ${error.status}` : error.problem})`;
    const right = await findAddress(url, '', (address) => versionAt(address).then(() => true));
    if (right !== undefined) throw new ModelAddressError(url, problem, `it answers at ${right}: give that address`);
    const other = await findAddress(url, '/v1', (address) => listsModels(connections, address, signal));
    signal.throwIfAborted();
    if (other !== undefined) {
      const advice = `an API like OpenAI's answers at ${other}: take the provider openai for it`;
      throw new ModelAddressError(url, problem, advice);
    }
    if (isMissing) throw new ModelAddressError(url, problem, 'check its port and its path');
    throw error;
  }
}

async function listsModels(connections: Connections, address: string, signal: AbortSignal): Promise<boolean> {
  const { headers } = connections;
  const response = await send(connections, `${address}/models`, { headers: { ...headers }, signal });
  const body: unknown = response.ok ? await response.json() : undefined;
  return typeof body === 'object' && body !== null && 'data' in body && Array.isArray(body.data);
}
