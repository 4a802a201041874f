import { Ollama } from 'ollama';
import type { Host } from '../../concurrency/index.js';
import { ModelResponseError } from '../../errors/index.js';
import { type Connections, send } from '../http/connections.js';
import { errorOfResponse, readText, requireJson } from '../http/http-errors.js';
import { checkJsonLines, checkObject } from './json-lines.js';

/**
 * Ollama's client, bound to one call: its signal reaches the request before the first byte, every failure is an error of
 * the catalogue, and nothing that the client prints on its own can happen.
 * @param form what the response is: one JSON object, a stream of them, one a line, or anything that nobody reads
 */
export function clientOf(
  connections: Connections,
  host: Host,
  signal: AbortSignal,
  form: 'object' | 'lines' | 'anything' = 'object',
): Ollama {
  const guarded = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const response = await send(connections, String(url), { ...init, signal });
    if (!response.ok) throw await errorOfResponse(response, host.wallTime());
    if (form === 'anything') return response;
    requireJson(response, 'an Ollama server');
    const body = form === 'lines' ? linesOf(response) : await objectOf(response);
    const headers = { 'content-type': response.headers.get('content-type') ?? '' };
    return new Response(body, { status: response.status, headers });
  };
  return new Ollama({ host: connections.url, headers: { ...connections.headers }, fetch: guarded as typeof fetch });
}

function linesOf(response: Response): ReadableStream<Uint8Array> {
  if (!response.body) throw new ModelResponseError('it is empty');
  return checkJsonLines(response.body, response.status);
}

async function objectOf(response: Response): Promise<string> {
  const text = await readText(response);
  checkObject(text, response.status);
  return text;
}
