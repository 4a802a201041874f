import { oneLine } from '../../foundation/text/message-text.js';
import { explanationBytes, textWithin } from './response-size.js';

/** Characters of a server's explanation that are passed on. */
export const longestProblem = 300;

/** What a server says when it refuses. */
export interface Explanation {
  /** For people: one line of bounded length. */
  readonly problem: string;
  /** The parameter that it is about; null where it does not tell. */
  readonly param: string | null;
  /** Its name for the problem; null where it has none. */
  readonly code: string | null;
}

/** Takes secrets out of a text that a server sent. */
export type Hide = (text: string) => string;

const hideNothing: Hide = (text) => text;

/** What a server says in the field `error`: a text, or an object with a `message`. */
export function problemOf(error: unknown, hide = hideNothing): string {
  if (typeof error === 'string') return oneLine(hide(error), longestProblem);
  if (typeof error === 'object' && error !== null && 'message' in error) return problemOf(error.message, hide);
  return oneLine(hide(JSON.stringify(error) ?? 'no explanation'), longestProblem);
}

/** Reads why a response is none. The page of a proxy is not quoted: its status line says enough. */
export async function readExplanation(response: Response, hide = hideNothing): Promise<Explanation> {
  const text = (await textWithin(response, explanationBytes).catch(() => null)) ?? '';
  try {
    const found = explanationIn(JSON.parse(text), hide);
    if (found) return found;
  } catch {
    // No JSON.
  }
  return { problem: problemOf(response.statusText, hide) || 'no explanation', param: null, code: null };
}

/** The forms that servers give their explanations: `error`, `message`, or FastAPI's `detail`. */
export function explanationIn(body: unknown, hide = hideNothing): Explanation | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const detail = 'error' in body ? body.error : body;
  const names = { param: nameIn(detail, 'param'), code: nameIn(detail, 'code') };
  if ('error' in body) return { problem: problemOf(body.error, hide), ...names };
  if ('message' in body) return { problem: problemOf(body.message, hide), ...names };
  if (!('detail' in body)) return undefined;
  const { detail: details } = body;
  const problem = Array.isArray(details) ? details.map(placeAndMessage).join('; ') : details;
  return { problem: problemOf(problem, hide), ...names };
}

/** Where and what, without the input that is quoted beside them. */
function placeAndMessage(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null || !('msg' in detail)) return problemOf(detail);
  const place = 'loc' in detail && Array.isArray(detail.loc) ? `${detail.loc.join('.')}: ` : '';
  return `${place}${problemOf(detail.msg)}`;
}

function nameIn(detail: unknown, key: 'param' | 'code'): string | null {
  if (typeof detail !== 'object' || detail === null) return null;
  const name = new Map<string, unknown>(Object.entries(detail)).get(key);
  return typeof name === 'string' && name !== '' ? name : null;
}
