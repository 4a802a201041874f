import { deadline } from '../../foundation/abort.js';
import { isRetryable } from '../../foundation/errors/chorale-error.js';
import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import { defaultRetryPolicy, retry } from '../../foundation/retry.js';
import type { Runtime } from '../../foundation/runtime.js';
import { ModelBusyError, ModelSilentError, ModelTimeoutError, ModelUnavailableError } from '../model-errors.js';
import type { Connections } from './connections.js';
import { isNobodyThere } from './http-errors.js';

/** How long one attempt may take, in milliseconds; Infinity for no limit. */
export interface AttemptLimits {
  /** Until the answer begins, the server's queue included. */
  readonly firstTokenTimeoutMs: number;
  /** Between two pieces of an answer that has begun; undefined: what the caller of `ask` says. */
  readonly idleTimeoutMs: number | undefined;
  /** Until it is complete. */
  readonly totalTimeoutMs: number;
}

/** What the work of one attempt gets. */
export interface Attempt {
  /** Aborted by the caller, by any limit, and when the work fails. */
  readonly signal: AbortSignal;
  /** To be called when the answer begins, and with each further piece of it. */
  readonly heard: () => void;
  /** Milliseconds since the attempt began. */
  readonly elapsedMs: () => number;
}

/** What one call of `ask` says about its attempt. */
export interface AttemptCall {
  readonly signal: AbortSignal;
  readonly idleTimeoutMs?: number | undefined;
  readonly onPiece?: (() => void) | undefined;
}

/** Limits of what is asked before the first request, in milliseconds. */
export const startLimits = {
  /** One light request: the version, a list of models, a health check. */
  checkMs: 10_000,
  /** Loading a model, and waiting for a server that says that it loads one. */
  loadMs: 600_000,
  /** The longest pause between two light requests to such a server. */
  pauseMs: 5_000,
};

/**
 * The limits with their defaults: none, because the time of a text is the limit of its attempts.
 * @throws InvalidOptionError when one is no positive number
 */
export function completeLimits(given: { readonly [K in keyof AttemptLimits]?: number | undefined }): AttemptLimits {
  const { firstTokenTimeoutMs, idleTimeoutMs, totalTimeoutMs } = given;
  for (const [name, limit] of Object.entries({ firstTokenTimeoutMs, idleTimeoutMs, totalTimeoutMs })) {
    if (limit !== undefined && !(limit > 0)) throw new InvalidOptionError(name, 'above 0 (milliseconds)', limit);
  }
  return {
    firstTokenTimeoutMs: firstTokenTimeoutMs ?? Number.POSITIVE_INFINITY,
    idleTimeoutMs,
    totalTimeoutMs: totalTimeoutMs ?? Number.POSITIVE_INFINITY,
  };
}

/**
 * Asks once, within limits. However it ends, no request stays open: the server stops working on it.
 * @throws the signal's reason, ModelSilentError, ModelTimeoutError, or what the work throws
 */
export async function attemptWithin<T>(
  limits: AttemptLimits,
  clock: Runtime,
  call: AttemptCall,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const { firstTokenTimeoutMs, totalTimeoutMs } = limits;
  const idleMs = limits.idleTimeoutMs ?? call.idleTimeoutMs ?? Number.POSITIVE_INFINITY;
  const total = deadline(clock, totalTimeoutMs, () => new ModelTimeoutError(totalTimeoutMs), call.signal);
  const first = deadline(clock, firstTokenTimeoutMs, () => new ModelSilentError(firstTokenTimeoutMs));
  first.signal.addEventListener('abort', () => total.abort(first.signal.reason), { once: true });
  const idle = new IdleLimit(clock, idleMs, () => total.abort(new ModelSilentError(idleMs, 'further')));
  const startedAt = clock.now();
  const heard = () => {
    first.release();
    idle.heard();
    call.onPiece?.();
  };
  try {
    return await work({ signal: total.signal, heard, elapsedMs: () => clock.now() - startedAt });
  } catch (error) {
    total.signal.throwIfAborted();
    // Lets an unread response go.
    total.abort(error);
    throw error;
  } finally {
    idle.end();
    first.release();
    total.release();
  }
}

/** Notices that pieces have stopped to come. One timer for all of them: a timer for each token would cost too much. */
class IdleLimit {
  private heardAt = 0;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Runtime,
    private readonly limitMs: number,
    private readonly onStall: () => void,
  ) {}

  heard(): void {
    this.heardAt = this.clock.now();
    if (!this.cancel && Number.isFinite(this.limitMs)) this.arm(this.limitMs);
  }

  end(): void {
    this.cancel?.();
  }

  private arm(delayMs: number): void {
    this.cancel = this.clock.setTimer(delayMs, () => {
      const restMs = this.heardAt + this.limitMs - this.clock.now();
      // A timer may fire a little before its time.
      if (restMs < 1) this.onStall();
      else this.arm(restMs);
    });
  }
}

/**
 * Asks a server something light before the first request: several times where that may help. One where nobody listens,
 * or that says nothing, is told at once; one that says that it loads a model is waited for as long as loading may take.
 * @throws the signal's reason, ModelUnavailableError, or what the work throws
 */
export async function checkWithin<T>(
  clock: Runtime,
  connections: Connections,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return askAtStart(clock, signal, () => once(clock, connections, signal, work));
}

/** Does something before the first request again where it may pass. */
export async function askAtStart<T>(clock: Runtime, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const endsAt = clock.now() + startLimits.loadMs;
  const { maxRetries } = defaultRetryPolicy;
  return retry(work, {
    policy: { ...defaultRetryPolicy, maxRetries: Number.POSITIVE_INFINITY, maxBackoffMs: startLimits.pauseMs },
    runtime: clock,
    signal,
    remainingMs: () => endsAt - clock.now(),
    mayPass: (error, attempt) =>
      isRetryable(error) &&
      !isToldAtOnce(error) &&
      (attempt <= maxRetries || (isLoading(error) && clock.now() < endsAt)),
  });
}

function silentAtStart(url: string, advice: string | undefined): ModelUnavailableError {
  const cause = new ModelSilentError(startLimits.checkMs);
  return new ModelUnavailableError(url, `no answer within ${startLimits.checkMs} ms`, { advice, cause });
}

/** People want to know at once that nobody listens, that the server says nothing, or that it refuses the health check. */
function isToldAtOnce(error: unknown): boolean {
  if (!(error instanceof ModelUnavailableError)) return false;
  return isNobodyThere(error) || error.cause === undefined || error.cause instanceof ModelSilentError;
}

/** llama.cpp's server and others answer so while they read the weights. */
function isLoading(error: unknown): boolean {
  const told = error instanceof ModelUnavailableError ? error.cause : error;
  return told instanceof ModelBusyError && told.status === 503 && /\bload/i.test(told.problem);
}

async function once<T>(
  clock: Runtime,
  { url, advice }: Connections,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = deadline(clock, startLimits.checkMs, () => silentAtStart(url, advice), signal);
  try {
    const found = await work(limit.signal);
    limit.signal.throwIfAborted();
    return found;
  } catch (error) {
    limit.signal.throwIfAborted();
    limit.abort(error);
    throw error;
  } finally {
    limit.release();
  }
}
