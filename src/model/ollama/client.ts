import { Ollama } from 'ollama';
import type { Runtime } from '../../foundation/runtime.js';
import { type Connections, send } from '../http/connections.js';
import { errorOfResponse, readText, requireJson } from '../http/http-errors.js';
import { lineBytes } from '../http/response-size.js';
import { ModelResponseError } from '../model-errors.js';
import { checkJsonLines, checkObject } from './json-lines.js';

/** What a response is: one JSON object, a stream of them, one a line, or anything that nobody reads. */
export type ResponseForm = 'object' | 'lines' | 'anything';

/**
 * Ollama's client, bound to one call: its signal reaches the request before the first byte, every failure is an error of
 * the catalogue, and nothing that the client prints on its own can happen.
 * @param mostBytes what a response may have; reading more of it fails with ModelOversizeError
 */
export function clientOf(
  connections: Connections,
  runtime: Runtime,
  signal: AbortSignal,
  form: ResponseForm = 'object',
  mostBytes?: number,
): Ollama {
  const guarded = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const response = await send(connections, String(url), { ...init, signal }, mostBytes);
    if (!response.ok) throw await errorOfResponse(response, runtime.wallTime(), connections.url);
    if (form === 'anything') {
      response.body?.cancel().catch(() => {});
      return response;
    }
    requireJson(response, 'an Ollama server');
    const body = form === 'lines' ? linesOf(response, mostBytes) : await objectOf(response);
    const headers = { 'content-type': response.headers.get('content-type') ?? '' };
    return new Response(body, { status: response.status, headers });
  };
  return new Ollama({ host: connections.url, headers: { ...connections.headers }, fetch: guarded as typeof fetch });
}

/** A whole answer may be in one line. */
function linesOf(response: Response, mostBytes = lineBytes): ReadableStream<Uint8Array> {
  if (!response.body) throw new ModelResponseError('it is empty');
  const longestLine = Number.isFinite(mostBytes) ? mostBytes : lineBytes;
  return checkJsonLines(response.body, longestLine);
}

async function objectOf(response: Response): Promise<string> {
  return checkObject(await readText(response));
}
