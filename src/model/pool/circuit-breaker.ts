import { codeOf, type ErrorCode, messageOf, systemCodeOf } from '../../foundation/errors/chorale-error.js';
import { ModelBusyError, ModelMissingError, ModelRejectedError, ModelUnavailableError } from '../model-errors.js';

/** Pause before the first health check of a host that has just gone down, and the longest one, in milliseconds. */
const pauses = { shortest: 500, longest: 30_000 };

/** A pause is this part of the time that the trouble has lasted. */
const share = 1 / 4;

/**
 * Keeps requests from a host that is down. `closed`: it gets requests. `open`: it gets none. `half-open`: its health check
 * has passed, and it gets one request at a time as a probe; an answer closes the breaker, a failure opens it.
 */
export class CircuitBreaker {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  private failures = 0;
  /** When the trouble began that no answer has ended yet, in milliseconds. */
  private troubleSince: number | undefined;

  /** @param threshold failures in a row after which it opens; one that is certain is enough */
  constructor(private readonly threshold: number) {}

  /** An answer came, or a failure that proves the host alive. */
  succeed(): void {
    if (this.state === 'open') return;
    this.state = 'closed';
    this.failures = 0;
    this.troubleSince = undefined;
  }

  /** Counts a failure, and returns whether the breaker should open now. */
  shouldOpen(kind: FailureKind): boolean {
    if (kind === 'alive') this.succeed();
    if (kind === 'suspect') return this.state === 'half-open';
    if (kind === 'alive' || kind === 'unclear') return false;
    return this.countFailure(kind !== 'failing');
  }

  /** A failure was the host's: another host has answered the request. */
  blame(): boolean {
    return this.countFailure(false);
  }

  private countFailure(isCertain: boolean): boolean {
    this.failures += 1;
    return this.state !== 'open' && (isCertain || this.state === 'half-open' || this.failures >= this.threshold);
  }

  open(now: number): void {
    this.state = 'open';
    this.troubleSince ??= now;
  }

  halfOpen(): void {
    this.state = 'half-open';
  }

  /**
   * Pause until the next health check, in milliseconds. It grows with the time that the trouble has lasted, so that
   * a host loses at most about a quarter of it; half of it is jitter.
   */
  pauseMs(now: number, random: number): number {
    const bound = Math.min(pauses.longest, Math.max(pauses.shortest, (now - (this.troubleSince ?? now)) * share));
    return bound * (0.5 + random / 2);
  }
}

/** Failures that another host may not have. */
const ofTheHost: ReadonlySet<ErrorCode> = new Set([
  'CHORALE_MODEL_UNAVAILABLE',
  'CHORALE_MODEL_MISSING',
  'CHORALE_MODEL_BUSY',
  'CHORALE_MODEL_CUT_OFF',
  'CHORALE_MODEL_SILENT',
]);

/** Failures that are the host's or the request's: another host shows which. */
const ofEither: ReadonlySet<ErrorCode> = new Set([
  'CHORALE_MODEL_REJECTED',
  'CHORALE_MODEL_FAILED',
  'CHORALE_MODEL_RESPONSE',
  'CHORALE_MODEL_OVERSIZE',
]);

/** Failures that every further request would meet at this host. */
const ofEveryRequest: ReadonlySet<ErrorCode> = new Set(['CHORALE_MODEL_AUTH', 'CHORALE_MODEL_ADDRESS']);

/** Statuses of a request that every host would reject. */
const badRequest: ReadonlySet<number> = new Set([400, 413, 422]);

/** A connection that broke may be one that the host had just closed for being idle. */
const resets: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/**
 * What a failure says about the host: `excluded`, it will answer no request of this run; `down` for certain, `failing`
 * perhaps; `suspect`, it is to blame where another host answers the same request; `alive`; or nothing (`unclear`).
 */
type FailureKind = 'excluded' | 'down' | 'failing' | 'suspect' | 'alive' | 'unclear';

/** 429 is a limit of the user's, which a host that works has set. */
export function classifyFailure(error: unknown): FailureKind {
  const code = codeOf(error);
  if (ofEveryRequest.has(code)) return 'excluded';
  if (code === 'CHORALE_PROMPT_TOO_LONG') return 'alive';
  if (error instanceof ModelRejectedError && badRequest.has(error.status)) return 'alive';
  if (error instanceof ModelBusyError && error.status === 429) return 'alive';
  if (ofEither.has(code)) return 'suspect';
  if (!ofTheHost.has(code)) return 'unclear';
  const certain = code === 'CHORALE_MODEL_MISSING' || (code === 'CHORALE_MODEL_UNAVAILABLE' && !isReset(error));
  return certain ? 'down' : 'failing';
}

/** Whether another host may answer the request. */
export function mayFailOver(error: unknown): boolean {
  const kind = classifyFailure(error);
  return kind !== 'alive' && kind !== 'unclear';
}

/** Why a host is down, for people. */
export function failureProblem(error: unknown): string {
  const hasProblem = error instanceof ModelUnavailableError || error instanceof ModelMissingError;
  return hasProblem ? error.problem : messageOf(error);
}

function isReset(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (resets.has(systemCodeOf(cause) ?? '')) return true;
  }
  return false;
}
