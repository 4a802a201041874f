import { tryParseJson } from '../../foundation/lossless-json.js';
import type { Runtime } from '../../foundation/runtime.js';
import { type Connections, sendJson } from '../http/connections.js';
import { explainedProblem, readExplanation } from '../http/explanation.js';
import {
  type ByteReader,
  discard,
  failReading,
  type HttpResponse,
  readText,
  releaseReader,
  textOf,
} from '../http/http-response.js';
import { lineBytes, requireJson } from '../http/response-body.js';
import { errorInAnswer, errorOfStatus } from '../http/status-errors.js';
import { ModelCutOffError, ModelOversizeError, ModelResponseError } from '../model-errors.js';

/** What a request to an Ollama server needs. */
export interface OllamaApi {
  readonly connections: Connections;
  readonly clock: Runtime;
}

/** One request. Without a body it is a GET. */
export interface OllamaRequest {
  readonly signal: AbortSignal;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly method?: 'DELETE';
  /** What the response may have; reading more of it fails with ModelOversizeError. */
  readonly mostBytes?: number;
}

/** Sends a request, whose response is not read. */
export async function sendOnly(api: OllamaApi, path: string, request: OllamaRequest): Promise<void> {
  discard(await sendOk(api, path, request));
}

/**
 * The JSON object that a server answers.
 * @throws ModelResponseError, ModelFailedError, and what the status means
 */
export async function requestObject(api: OllamaApi, path: string, request: OllamaRequest): Promise<object> {
  const response = await sendOk(api, path, request);
  requireJson(response, 'an Ollama server');
  return requireObject(await readText(response));
}

/** The JSON objects of a streamed answer, one a line. The promise rejects with what the status means. */
export async function requestLines(
  api: OllamaApi,
  path: string,
  request: OllamaRequest,
): Promise<AsyncGenerator<object, void>> {
  const response = await sendOk(api, path, request);
  requireJson(response, 'an Ollama server');
  if (!response.body) throw new ModelResponseError('it is empty');
  const { mostBytes = lineBytes } = request;
  // A whole answer may be in one line.
  return readLines(response.body, Number.isFinite(mostBytes) ? mostBytes : lineBytes);
}

async function sendOk({ connections, clock }: OllamaApi, path: string, request: OllamaRequest): Promise<HttpResponse> {
  const response = await sendJson(connections, path, request, request.mostBytes);
  if (response.ok) return response;
  const { problem } = await readExplanation(response);
  throw errorOfStatus(response, problem, connections, clock.wallTime());
}

const lineEnd = 10;

/** Blank lines keep a connection alive, and are dropped. A line is put together once, when its end is there. */
async function* readLines(reader: ByteReader, longestLine: number): AsyncGenerator<object, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array) => {
    if (part.length > 0) parts.push(part);
    length += part.length;
    if (length > longestLine) throw new ModelOversizeError(longestLine);
  };
  const takeLine = () => {
    const [first] = parts;
    const line = first === undefined ? '' : textOf(parts.length === 1 ? first : Buffer.concat(parts));
    parts = [];
    length = 0;
    return line;
  };
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(failReading);
      ended = done;
      if (done) break;
      if (!value) continue;
      let from = 0;
      for (let at = value.indexOf(lineEnd); at >= 0; at = value.indexOf(lineEnd, from)) {
        add(value.subarray(from, at));
        from = at + 1;
        const line = takeLine();
        if (line.trim() !== '') yield requireObject(line);
      }
      add(value.subarray(from));
    }
    const last = takeLine();
    // A last line without its end may be half of one: the connection ended too early.
    if (last.startsWith('{') && tryParseJson(last) === undefined) throw new ModelCutOffError();
    if (last.trim() !== '') yield requireObject(last);
  } finally {
    if (!ended) releaseReader(reader);
  }
}

/** @throws ModelFailedError for a report of an error, ModelResponseError */
function requireObject(text: string): object {
  const value = tryParseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ModelResponseError('not a JSON object');
  }
  if ('error' in value && value.error) throw errorInAnswer(explainedProblem(value.error));
  return value;
}
