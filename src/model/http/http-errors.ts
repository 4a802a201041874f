import {
  type ChoraleError,
  ModelBusyError,
  ModelRejectedError,
  ModelResponseError,
  ModelUnavailableError,
  messageOf,
  oneLine,
  systemCodeOf,
} from '../../errors/index.js';

/** Characters of a server's explanation that are passed on. */
const longestProblem = 300;

const busyStatuses = new Set([429, 502, 503, 504]);

/** The failure that an HTTP status other than 2xx means. 404 of a missing model is for the caller to tell. */
export async function errorOfResponse(response: Response, wallTime: number): Promise<ChoraleError> {
  const problem = await explanationOf(response);
  if (busyStatuses.has(response.status)) {
    return new ModelBusyError(response.status, problem, retryAfterMs(response.headers.get('retry-after'), wallTime));
  }
  return new ModelRejectedError(response.status, problem);
}

/** What a refused connection, a name that is not found and the like mean. */
export function errorOfFetch(error: unknown, host: string): ChoraleError {
  return new ModelUnavailableError(host, connectionProblem(error), { cause: error });
}

/** `Retry-After` in milliseconds: seconds, or an HTTP date (RFC 9110, section 10.2.3); null where it is neither. */
export function retryAfterMs(header: string | null, wallTime: number): number | null {
  if (header === null || header.trim() === '') return null;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1_000;
  if (!/[a-z]{3}/i.test(header)) return null;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - wallTime);
}

/** Refuses what a proxy or another program sent instead of Ollama's JSON. */
export function requireJson(response: Response): void {
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('json')) return;
  response.body?.cancel().catch(() => {});
  throw new ModelResponseError(
    `content type '${oneLine(type, longestProblem) || 'none'}' instead of JSON; is this an Ollama server, or a proxy in front of it?`,
  );
}

/** What a server says in the field `error`: a text, or an object with a `message`. */
export function problemOf(error: unknown): string {
  if (typeof error === 'string') return oneLine(error, longestProblem);
  if (typeof error === 'object' && error !== null && 'message' in error) return problemOf(error.message);
  return oneLine(JSON.stringify(error) ?? 'no explanation', longestProblem);
}

async function explanationOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'error' in body) return problemOf(body.error);
  } catch {
    // No JSON: the page of a proxy, of which the status line says enough.
  }
  return oneLine(response.statusText, longestProblem) || 'no explanation';
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
