import type { ChoraleError } from '../../foundation/errors/chorale-error.js';
import { ModelAuthError, ModelBusyError, ModelFailedError, ModelRejectedError } from '../model-errors.js';
import type { Connections } from './connections.js';
import type { HttpResponse } from './http-response.js';

const busyStatuses = new Set([408, 425, 429, 502, 503, 504]);

/** Statuses that proxies make up where the server behind them cannot be reached, or is overloaded. */
const ofProxies = { first: 520, last: 529 };

/** Whether a status is about credentials. */
export function isAuth(status: number): boolean {
  return status === 401 || status === 403;
}

/** Whether a status means that the server does not have the route. */
export function isNoRoute(status: number): boolean {
  return status === 404 || status === 405 || status === 501;
}

/**
 * The failure that an HTTP status other than 2xx means. 404 of a missing model is for the caller to tell.
 * @param remedy for a request that the server would reject again
 */
export function errorOfStatus(
  response: HttpResponse,
  problem: string,
  { url, remedies }: Pick<Connections, 'url' | 'remedies'>,
  wallTime: number,
  remedy?: string,
): ChoraleError {
  const { status } = response;
  if (isAuth(status)) return new ModelAuthError(url, status, problem, remedies.credentials);
  return passingError(response, problem, wallTime) ?? new ModelRejectedError(status, problem, remedy);
}

/**
 * The failure that a status means which may pass (408, 425, 429 and every 5xx), with the pause that the server asks for;
 * undefined if the server would reject the same request again.
 */
export function passingError({ status, headers }: HttpResponse, problem: string, wallTime: number) {
  return passingErrorOf(status, status, problem, retryAfterMs(headers, wallTime));
}

/**
 * The failure that an error inside an answer (under 200) means: the server failed, unless it names a status of its own.
 * @param named the HTTP status that the error names; undefined if it names none
 */
export function errorInAnswer(problem: string, named?: number): ChoraleError {
  if (named === undefined) return new ModelFailedError(200, problem);
  return passingErrorOf(named, 200, problem, null) ?? new ModelRejectedError(named, problem);
}

function passingErrorOf(status: number, shown: number, problem: string, pauseMs: number | null) {
  const isBusy = busyStatuses.has(status) || (status >= ofProxies.first && status <= ofProxies.last);
  if (isBusy) return new ModelBusyError(status, problem, pauseMs);
  return status >= 500 ? new ModelFailedError(shown, problem, pauseMs) : undefined;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * How long a busy server asks to wait, in milliseconds; null if it does not say: `retry-after-ms`, else `Retry-After`,
 * else the longest of the `x-ratelimit-reset-…` whose `x-ratelimit-remaining-…` is used up (or of all, where none is
 * said to be).
 * @param wallTime milliseconds since the epoch
 */
function retryAfterMs(headers: HttpResponse['headers'], wallTime: number): number | null {
  const exact = headers.get('retry-after-ms');
  if (exact !== null && /^\s*\d+(\.\d+)?\s*$/.test(exact)) return Number(exact);
  return ofRetryAfter(headers.get('retry-after'), wallTime) ?? ofRateLimits(headers);
}

/** Seconds, or an HTTP date (RFC 9110, section 10.2.3). */
function ofRetryAfter(header: string | null, wallTime: number): number | null {
  if (header === null || header.trim() === '') return null;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1_000;
  if (!/[a-z]{3}/i.test(header)) return null;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - wallTime);
}

function ofRateLimits(headers: HttpResponse['headers']): number | null {
  const limits = ['requests', 'tokens'].flatMap((kind) => {
    const resetMs = durationMs(headers.get(`x-ratelimit-reset-${kind}`));
    return resetMs === null ? [] : [{ resetMs, usedUp: headers.get(`x-ratelimit-remaining-${kind}`)?.trim() === '0' }];
  });
  const usedUp = limits.filter((limit) => limit.usedUp);
  const counted = usedUp.length > 0 ? usedUp : limits;
  return counted.length === 0 ? null : Math.max(...counted.map(({ resetMs }) => resetMs));
}

/** As OpenAI writes them (`6m0s`, `120ms`, `2m59.56s`), or seconds. */
function durationMs(text: string | null): number | null {
  if (text === null) return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(text)) return Number(text) * 1_000;
  if (!/^\s*(\d+(\.\d+)?(ms|s|m|h))+\s*$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0), 0);
}
