import { tryParseJson } from '../../foundation/lossless-json.js';
import { oneLine } from '../../foundation/text/message-text.js';
import { withoutSecrets } from './conceal-secrets.js';
import { boundResponse, type HttpResponse, readText } from './http-response.js';
import { longestProblem } from './response-body.js';

/** Bytes of an error body; a longer one is not quoted. */
const explanationBytes = 65_536;

/** What servers leave of a key when they quote it (`sk-12***89`). */
const maskedKey = /[^\s'"]*\*{3,}[^\s'"]*/g;

/** What a server says when it rejects a request. */
export interface Explanation {
  /** For people: one line of bounded length. */
  readonly problem: string;
  /** The parameter that it is about; null if it names none. */
  readonly param: string | null;
  /** Its name for the problem; null if it has none. */
  readonly code: string | null;
}

/** What a server says in the field `error`: a text, or an object with a `message`. @param secrets not in it then */
export function explainedProblem(error: unknown, secrets: readonly string[] = []): string {
  if (typeof error === 'object' && error !== null && 'message' in error)
    return explainedProblem(error.message, secrets);
  const text = typeof error === 'string' ? error : (JSON.stringify(error) ?? 'no explanation');
  return oneLine(withoutSecrets(text, secrets).replace(maskedKey, '[hidden]'), longestProblem);
}

/** Reads why a response is an error. The page of a proxy is not quoted: its status line says enough. */
export async function readExplanation(response: HttpResponse): Promise<Explanation> {
  const text = await readText(boundResponse(response, explanationBytes)).catch(() => '');
  const statusText = { problem: explainedProblem(response.statusText) || 'no explanation', param: null, code: null };
  return explanationIn(tryParseJson(text)) ?? statusText;
}

/** The forms of explanations: `error`, `message`, or FastAPI's `detail`. @param secrets not in the problem then */
export function explanationIn(body: unknown, secrets: readonly string[] = []): Explanation | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const detail = 'error' in body ? body.error : body;
  const names = { param: nameIn(detail, 'param'), code: nameIn(detail, 'code') };
  if ('error' in body) return { problem: explainedProblem(body.error, secrets), ...names };
  if ('message' in body) return { problem: explainedProblem(body.message, secrets), ...names };
  if (!('detail' in body)) return undefined;
  const { detail: details } = body;
  const problem = Array.isArray(details) ? details.map((one) => placeAndMessage(one, secrets)).join('; ') : details;
  return { problem: explainedProblem(problem, secrets), ...names };
}

/** Where and what, without the input that is quoted beside them. */
function placeAndMessage(detail: unknown, secrets: readonly string[]): string {
  if (typeof detail !== 'object' || detail === null || !('msg' in detail)) return explainedProblem(detail, secrets);
  const place = 'loc' in detail && Array.isArray(detail.loc) ? `${detail.loc.join('.')}: ` : '';
  return `${place}${explainedProblem(detail.msg, secrets)}`;
}

function nameIn(detail: unknown, key: 'param' | 'code'): string | null {
  if (typeof detail !== 'object' || detail === null) return null;
  const name: unknown = Object.entries(detail).find(([found]) => found === key)?.[1];
  return typeof name === 'string' && name !== '' ? name : null;
}
