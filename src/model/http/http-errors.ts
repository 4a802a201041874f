import { type ChoraleError, isCodedError, messageOf, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { oneLine } from '../../foundation/text/message-text.js';
import {
  ModelAuthError,
  ModelBusyError,
  ModelCutOffError,
  ModelFailedError,
  ModelOversizeError,
  ModelRejectedError,
  ModelResponseError,
  ModelUnavailableError,
} from '../model-errors.js';
import { longestProblem, readExplanation } from './explanation.js';
import { retryAfterMs } from './retry-after.js';

const authAdvice = 'check the credentials in the address, or put those there that it wants';

/** Whether a status is about credentials. */
export function isAuth(status: number): boolean {
  return status === 401 || status === 403;
}

const proxyAdvice = 'correct HTTP_PROXY or HTTPS_PROXY, or name the server in NO_PROXY';

/** Bytes of headers that Node reads. */
const maxHeaderSize = 16_384;

const busyStatuses = new Set([408, 425, 429, 502, 503, 504]);

/** Statuses that proxies make up where the server behind them is not to be had, or has too much to do. */
const ofProxies = { first: 520, last: 529 };

/**
 * The failure that an HTTP status other than 2xx means. 404 of a missing model is for the caller to tell.
 * @param host address of the server, without credentials
 */
export async function errorOfResponse(response: Response, wallTime: number, host: string): Promise<ChoraleError> {
  const { problem } = await readExplanation(response);
  const { status } = response;
  if (isAuth(status)) return new ModelAuthError(host, status, problem, authAdvice);
  return passingError(response, problem, wallTime) ?? new ModelRejectedError(response.status, problem);
}

/**
 * The failure that a status means which may pass (408, 425, 429 and every 5xx), with the pause that the server asks for;
 * undefined where the same request would be refused again.
 */
export function passingError(
  { status, headers }: Response,
  problem: string,
  wallTime: number,
): ModelBusyError | ModelFailedError | undefined {
  return passingErrorOf(status, status, problem, retryAfterMs(headers, wallTime));
}

/**
 * What an error inside an answer means, under 200: the server has failed, unless it gives a status of its own.
 * @param told the HTTP status that the error has in the server's words; undefined where it has none
 */
export function errorInAnswer(problem: string, told?: number): ChoraleError {
  if (told === undefined) return new ModelFailedError(200, problem);
  return passingErrorOf(told, 200, problem, null) ?? new ModelRejectedError(told, problem);
}

function passingErrorOf(status: number, shown: number, problem: string, pauseMs: number | null) {
  const isBusy = busyStatuses.has(status) || (status >= ofProxies.first && status <= ofProxies.last);
  if (isBusy) return new ModelBusyError(status, problem, pauseMs);
  return status >= 500 ? new ModelFailedError(shown, problem, pauseMs) : undefined;
}

/**
 * What a refused connection, a name that is not found and the like mean.
 * @param ofProxy the proxy, and what it answered, where the failure is not the server's
 */
export function errorOfFetch(error: unknown, host: string, advice?: string, ofProxy?: string): ChoraleError {
  if (hasCode(error, 'UND_ERR_HEADERS_OVERFLOW')) return new ModelOversizeError(maxHeaderSize);
  if (ofProxy === undefined) return new ModelUnavailableError(host, connectionProblem(error), { cause: error, advice });
  const problem = /HTTP \d/.test(ofProxy) ? ofProxy : `${ofProxy}: ${connectionProblem(error)}`;
  return new ModelUnavailableError(host, problem, { cause: error, advice: proxyAdvice });
}

/** Codes of a connection that broke or came too late, as it may on the way to a server that works. */
const passing = [
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
];

/**
 * Whether a failure means that the address cannot be reached: nobody listens, nobody knows the name, the port is a forbidden
 * one, the certificate is wrong. People want to know that at once.
 */
export function isNobodyThere(error: unknown): boolean {
  if (!(error instanceof ModelUnavailableError && error.cause instanceof Error) || isCodedError(error.cause))
    return false;
  return !passing.some((code) => hasCode(error, code));
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
 * @param onPiece called with each piece of it that arrives
 * @throws ModelCutOffError when the connection breaks, ModelOversizeError
 */
export async function readText(response: Response, onPiece?: () => void): Promise<string> {
  if (!onPiece || !response.body) return response.text().catch(failReading);
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read().catch(failReading);
    if (done) return text + decoder.decode();
    onPiece();
    text += decoder.decode(value, { stream: true });
  }
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
