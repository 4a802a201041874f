import { codeOf, type ErrorCode, messageOf, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { ModelBusyError, ModelRejectedError, ModelUnavailableError } from '../model-errors.js';

/** Failures that another host may not have. */
const ofTheHost: ReadonlySet<ErrorCode> = new Set([
  'CHORALE_MODEL_UNAVAILABLE',
  'CHORALE_MODEL_MISSING',
  'CHORALE_MODEL_BUSY',
  'CHORALE_MODEL_CUT_OFF',
  'CHORALE_MODEL_SILENT',
]);

/** Failures that are the host's or the question's: another host can tell. */
const ofEither: ReadonlySet<ErrorCode> = new Set([
  'CHORALE_MODEL_REJECTED',
  'CHORALE_MODEL_FAILED',
  'CHORALE_MODEL_RESPONSE',
  'CHORALE_MODEL_OVERSIZE',
]);

/** Failures that every further question would meet at this host. */
const ofEveryQuestion: ReadonlySet<ErrorCode> = new Set(['CHORALE_MODEL_AUTH', 'CHORALE_MODEL_ADDRESS']);

/** Statuses of a question that every host would refuse. */
const badQuestion: ReadonlySet<number> = new Set([400, 413, 422]);

/** A connection that broke may be one that the host had just closed for being idle. */
const resets: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * What a failure says about the host: `excluded`, it will answer no question of this run; `down` for certain, `failing`
 * perhaps; `suspect`, it is to blame where another host answers the same question; `alive`; or nothing (`unclear`).
 */
export type HostVerdict = 'excluded' | 'down' | 'failing' | 'suspect' | 'alive' | 'unclear';

/** Judges a host by a failure. 429 is a limit of the user's, which a host that works has set. */
export function judgeHost(error: unknown): HostVerdict {
  const code = codeOf(error);
  if (ofEveryQuestion.has(code)) return 'excluded';
  if (code === 'CHORALE_PROMPT_TOO_LONG' || isBadQuestion(error) || isRateLimit(error)) return 'alive';
  if (ofEither.has(code)) return 'suspect';
  if (!ofTheHost.has(code)) return 'unclear';
  const certain = code === 'CHORALE_MODEL_MISSING' || (code === 'CHORALE_MODEL_UNAVAILABLE' && !isReset(error));
  return certain ? 'down' : 'failing';
}

/** Whether the question may be answered by another host. */
export function mayGoElsewhere(error: unknown): boolean {
  const verdict = judgeHost(error);
  return verdict !== 'alive' && verdict !== 'unclear';
}

/** Why a host is down, for people. */
export function problemOf(error: unknown): string {
  return error instanceof ModelUnavailableError ? error.problem : messageOf(error);
}

function isBadQuestion(error: unknown): boolean {
  return error instanceof ModelRejectedError && badQuestion.has(error.status);
}

function isRateLimit(error: unknown): boolean {
  return error instanceof ModelBusyError && error.status === 429;
}

function isReset(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (resets.has(systemCodeOf(cause) ?? '')) return true;
  }
  return false;
}
