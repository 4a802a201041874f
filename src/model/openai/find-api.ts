import { findAddress } from '../http/find-address.js';
import type { ModelRequest } from '../model.js';
import { ModelAddressError } from '../model-errors.js';

/** How an API is asked whether it is there. */
export interface ApiProbe {
  /** The address that was given. */
  readonly url: string;
  /** Whether the API at an address lists its models. */
  readonly lists: (address: string) => Promise<boolean>;
  /** The status of an empty question; nothing is generated for it. */
  readonly statusOf: (path: string) => Promise<number>;
}

/** Statuses of routes that are not there. */
const noSuchRoute: ReadonlySet<number> = new Set([404, 405]);

/**
 * Makes sure that an API which lists no models answers questions.
 * @param found what came in place of the list, as in `HTTP 404`
 * @throws ModelAddressError where it does not, with the address that would be right where one is found
 */
export async function requireApi(probe: ApiProbe, sample: ModelRequest, found: string): Promise<void> {
  const { url, lists, statusOf } = probe;
  const path = sample.input.kind === 'chat' ? '/chat/completions' : '/completions';
  const status = await statusOf(path);
  if (!noSuchRoute.has(status)) return;
  const right = await findAddress(url, '/v1', lists);
  const problem = `has no API like OpenAI's (GET /models: ${found}; POST ${path}: HTTP ${status})`;
  const advice = right === undefined ? 'check its port and its path' : `it answers at ${right}: give that address`;
  throw new ModelAddressError(url, problem, advice);
}
