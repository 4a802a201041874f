import { oneLine } from '../../foundation/text/message-text.js';
import { ModelAddressError } from '../model-errors.js';
import { discard, type HttpResponse } from './http-response.js';
import { longestProblem } from './response-body.js';

/** Redirects within one server that are followed in a row. */
const mostRedirects = 5;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Statuses after which a request is sent again as it was; after the others that holds for GET only. */
const keepsMethod: ReadonlySet<number> = new Set([307, 308]);

/**
 * Follows redirects within one server. One to another host is not followed: the reviews and the credentials of this server
 * would go there.
 * @param request sends the request to a URL, without following redirects itself
 * @throws ModelAddressError
 */
export async function followWithinHost(
  url: string,
  isGet: boolean,
  request: (url: string) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  let at = url;
  for (let count = 0; count <= mostRedirects; count += 1) {
    const response = await request(at);
    const location = redirects.has(response.status) ? response.headers.get('location') : null;
    if (location === null) return response;
    discard(response);
    const { origin } = new URL(at);
    const target = URL.canParse(location, at) ? new URL(location, at) : undefined;
    if (!target || !/^https?:$/.test(target.protocol)) {
      throw new ModelAddressError(origin, 'redirects to an invalid address', 'look into its configuration');
    }
    const shown = oneLine(target.origin + target.pathname, longestProblem);
    if (target.origin !== origin) {
      throw new ModelAddressError(
        origin,
        `redirects to ${shown}, which gets neither reviews nor credentials`,
        'if that is the right server, give its address as the host',
      );
    }
    if (!isGet && !keepsMethod.has(response.status)) {
      const advice = `give an address at which it answers (HTTP ${response.status} turns a POST into a GET)`;
      throw new ModelAddressError(origin, `redirects to ${shown}`, advice);
    }
    at = target.href;
  }
  throw new ModelAddressError(new URL(url).origin, 'redirects in a loop', 'look into its configuration');
}
