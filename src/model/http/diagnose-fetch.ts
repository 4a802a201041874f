import {
  type ChoraleError,
  isCodedError,
  messageOf,
  type Remedy,
  systemCodeOf,
} from '../../foundation/errors/chorale-error.js';
import { oneLine } from '../../foundation/text/message-text.js';
import { ModelOversizeError, ModelUnavailableError } from '../model-errors.js';
import { type Proxies, proxyProblem } from './proxy.js';
import { longestProblem } from './response-body.js';

const proxyRemedy = 'correct HTTP_PROXY or HTTPS_PROXY, or name the server in NO_PROXY';

/** Bytes of headers that Node reads. */
const maxHeaderSize = 16_384;

/** Codes of a connection that broke or came too late, as it may on the way to a server that works. */
const passing = [
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
];

/** What a refused connection, a name that is not found and the like mean. */
export function errorOfFetch(
  cause: unknown,
  server: {
    readonly url: string;
    readonly proxies: Proxies | undefined;
    readonly remedies: { readonly unreachable: Remedy };
  },
): ChoraleError {
  const { url, proxies, remedies } = server;
  if (hasCode(cause, 'UND_ERR_HEADERS_OVERFLOW')) return new ModelOversizeError(maxHeaderSize);
  const ofProxy = proxyProblem(cause, proxies);
  if (ofProxy === undefined) {
    return new ModelUnavailableError(url, connectionProblem(cause), { cause, remedy: remedies.unreachable });
  }
  const problem = /HTTP \d/.test(ofProxy) ? ofProxy : `${ofProxy}: ${connectionProblem(cause)}`;
  return new ModelUnavailableError(url, problem, { cause, remedy: proxyRemedy });
}

/**
 * Whether the address cannot be reached: nobody listens, nobody knows the name, the port is a forbidden one, the certificate
 * is wrong. People want to know that at once.
 */
export function isNobodyThere(error: ModelUnavailableError): boolean {
  if (!(error.cause instanceof Error) || isCodedError(error.cause)) return false;
  return !passing.some((code) => hasCode(error, code));
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
