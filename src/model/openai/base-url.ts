import { readAddress } from '../http/read-address.js';

/** Where OpenAI itself answers. */
export const defaultBaseUrl = 'https://api.openai.com/v1';

/**
 * The base of an API's paths. A path is taken as it stands, as OpenAI's own clients do (`https://openrouter.ai/api/v1`);
 * where none is written it is `/v1`.
 * @throws InvalidOptionError when it is no address
 */
export function baseUrl(host: string): string {
  const { url } = readAddress(host, 'host', 'http://127.0.0.1:8000/v1');
  const credentials = url.username || url.password ? `${url.username}:${url.password}@` : '';
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.protocol}//${credentials}${url.host}${path === '' ? '/v1' : path}`;
}
