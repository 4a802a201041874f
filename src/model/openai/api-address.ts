import * as z from 'zod';
import { addressText, findAddress, readAddress } from '../http/address.js';
import type { Remedies } from '../http/connections.js';
import { isNoRoute } from '../http/status-errors.js';
import type { ModelRequest } from '../model.js';
import { ModelAddressError } from '../model-errors.js';

/** Where the key comes from, for people who have to fix it. */
const variable = 'the environment variable OPENAI_API_KEY';

/**
 * The base of an API's paths. A path is taken as it stands, as OpenAI's own clients do (`https://openrouter.ai/api/v1`);
 * where none is written it is `/v1`.
 * @throws InvalidOptionError if this is not an address
 */
export function baseUrl(host: string): string {
  const { url } = readAddress(host, 'http://127.0.0.1:8000/v1');
  return addressText(url, url.pathname.replace(/\/+$/, '') || '/v1');
}

/** @param key whether a key is set; credentials in the address go before */
export function remediesOf(address: string, key: string | undefined): Remedies {
  const { username, password } = new URL(address);
  const ofKey = key === undefined ? `set the API key in ${variable}` : `check the API key in ${variable}`;
  return {
    unreachable: ['start the server, or name another with ', { option: 'host' }, ' or OPENAI_BASE_URL'],
    credentials: username || password ? 'check the credentials in the address' : ofKey,
  };
}

/** The request that finds out whether an API answers. */
export interface ApiProbe {
  /** The address that was given. */
  readonly url: string;
  /** Whether the API at an address lists its models. */
  readonly lists: (address: string) => Promise<boolean>;
  /** The status of an empty request; nothing is generated for it. */
  readonly statusOf: (path: string) => Promise<number>;
}

/**
 * Makes sure that an API which lists no models answers requests.
 * @param found what came in place of the list, as in `HTTP 404`
 * @throws ModelAddressError if it does not, with the right address where one is found
 */
export async function requireApi(
  { url, lists, statusOf }: ApiProbe,
  sample: ModelRequest,
  found: string,
): Promise<void> {
  const path = sample.input.kind === 'chat' ? '/chat/completions' : '/completions';
  const status = await statusOf(path);
  if (status === 501 || !isNoRoute(status)) return;
  const right = await findAddress(url, '/v1', lists);
  const problem = `has no API like OpenAI's (GET /models: ${found}; POST ${path}: HTTP ${status})`;
  const remedy = right === undefined ? 'check its port and its path' : `it answers at ${right}: give that address`;
  throw new ModelAddressError(url, problem, remedy);
}

const entries = z.array(z.object({ id: z.string() }));
const listBody = z.union([entries, z.object({ data: entries.nullish(), has_more: z.boolean().optional() })]);

/** The names of all models of a server; null if the body is not a complete list. */
export function namesIn(body: unknown): readonly string[] | null {
  const { data: list } = listBody.safeParse(body);
  if (list === undefined) return null;
  if (Array.isArray(list)) return list.map(({ id }) => id);
  if (list.has_more === true || list.data === undefined) return null;
  return list.data?.map(({ id }) => id) ?? [];
}

/** Whether a list has a model. Ollama implies the tag `latest`, and Google's names stand in a folder. */
export function listsModel(names: readonly string[], model: string): boolean {
  return [model, `${model}:latest`, `models/${model}`].some((name) => names.includes(name));
}
