import {
  type ChoraleError,
  isCodedError,
  ModelBusyError,
  ModelCutOffError,
  ModelOversizeError,
  ModelRejectedError,
  ModelResponseError,
  ModelUnavailableError,
  messageOf,
  oneLine,
  systemCodeOf,
} from '../../errors/index.js';
import { longestProblem, readExplanation } from './explanation.js';
import { retryAfterMs } from './retry-after.js';

/** Bytes of headers that Node reads. */
const maxHeaderSize = 16_384;

const busyStatuses = new Set([429, 502, 503, 504]);

/** Whether a status says that the same request may succeed later. */
export function isBusy(status: number): boolean {
  return busyStatuses.has(status);
}

/** The failure that an HTTP status other than 2xx means. 404 of a missing model is for the caller to tell. */
export async function errorOfResponse(response: Response, wallTime: number): Promise<ChoraleError> {
  const { problem } = await readExplanation(response);
  if (isBusy(response.status)) return busyError(response, problem, wallTime);
  return new ModelRejectedError(response.status, problem);
}

/** A busy server's error, with the pause that it asks for. */
export function busyError(response: Response, problem: string, wallTime: number): ModelBusyError {
  return new ModelBusyError(response.status, problem, retryAfterMs(response.headers, wallTime));
}

/** What a refused connection, a name that is not found and the like mean. */
export function errorOfFetch(error: unknown, host: string, advice?: string): ChoraleError {
  if (hasCode(error, 'UND_ERR_HEADERS_OVERFLOW')) return new ModelOversizeError(maxHeaderSize);
  return new ModelUnavailableError(host, connectionProblem(error), { cause: error, advice });
}

/**
 * Refuses what a proxy or another program sent instead of JSON.
 * @param server what should have answered, as in `an Ollama server`
 */
export function requireJson(response: Response, server: string): void {
  if (contentTypeOf(response).includes('json')) return;
  throw wrongContent(response, 'JSON', server);
}

/** A response of another kind than was asked for; its body is let go. */
export function wrongContent(response: Response, wanted: string, server: string): ModelResponseError {
  response.body?.cancel().catch(() => {});
  const type = oneLine(contentTypeOf(response), longestProblem) || 'none';
  return new ModelResponseError(
    `content type '${type}' instead of ${wanted}; is this ${server}, or a proxy in front of it?`,
  );
}

/** The media type that a response says it has; empty where it says none. */
export function contentTypeOf(response: Response): string {
  return response.headers.get('content-type') ?? '';
}

/**
 * The whole body as text.
 * @throws ModelCutOffError when the connection breaks, ModelOversizeError
 */
export async function readText(response: Response): Promise<string> {
  return response.text().catch(failReading);
}

/**
 * Says why reading a body failed.
 * @throws ModelCutOffError when the connection broke, ModelOversizeError
 */
export function failReading(cause: unknown): never {
  throw isCodedError(cause) ? cause : new ModelCutOffError({ cause });
}

function hasCode(error: unknown, code: string): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (systemCodeOf(cause) === code) return true;
  return false;
}

function connectionProblem(error: unknown): string {
  let deepest = error;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = systemCodeOf(cause);
    if (code === 'ECONNREFUSED') return 'connection refused';
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name is not known';
    if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') return 'the connection was reset';
    if (code !== undefined && !(cause.cause instanceof Error)) return code;
    deepest = cause;
  }
  return oneLine(messageOf(deepest), longestProblem);
}
