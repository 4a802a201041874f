import {
  codeOf,
  type ErrorCode,
  ModelBusyError,
  ModelUnavailableError,
  messageOf,
  systemCodeOf,
} from '../errors/index.js';

/** Failures that another host may not have. */
const ofTheHost: ReadonlySet<ErrorCode> = new Set([
  'CHORALE_MODEL_UNAVAILABLE',
  'CHORALE_MODEL_MISSING',
  'CHORALE_MODEL_BUSY',
  'CHORALE_MODEL_CUT_OFF',
  'CHORALE_MODEL_SILENT',
]);

/** Failures by which a host shows that it works. */
const ofTheQuestion: ReadonlySet<ErrorCode> = new Set(['CHORALE_MODEL_REJECTED', 'CHORALE_PROMPT_TOO_LONG']);

/** A connection that broke may be one that the host had just closed for being idle. */
const resets: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** What a failure says about the host: `down` for certain, `failing` perhaps, `alive`, or nothing (`unclear`). */
export type HostVerdict = 'down' | 'failing' | 'alive' | 'unclear';

/** Judges a host by a failure. 429 is a limit of the user's, which a host that works has set. */
export function judgeHost(error: unknown): HostVerdict {
  const code = codeOf(error);
  if (ofTheQuestion.has(code) || isRateLimit(error)) return 'alive';
  if (!ofTheHost.has(code)) return 'unclear';
  const certain = code === 'CHORALE_MODEL_MISSING' || (code === 'CHORALE_MODEL_UNAVAILABLE' && !isReset(error));
  return certain ? 'down' : 'failing';
}

/** Whether the question may be answered by another host. */
export function mayGoElsewhere(error: unknown): boolean {
  const verdict = judgeHost(error);
  return verdict === 'down' || verdict === 'failing';
}

/** Why a host is down, for people. */
export function problemOf(error: unknown): string {
  return error instanceof ModelUnavailableError ? error.problem : messageOf(error);
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
