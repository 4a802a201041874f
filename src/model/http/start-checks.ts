import { deadline } from '../../foundation/abort.js';
import { isRetryable } from '../../foundation/errors/chorale-error.js';
import { defaultRetryPolicy, retry } from '../../foundation/retry.js';
import type { Runtime } from '../../foundation/runtime.js';
import { ModelBusyError, ModelSilentError, ModelUnavailableError } from '../model-errors.js';
import type { Connections } from './connections.js';
import { isNobodyThere } from './diagnose-fetch.js';

/** Limits of the checks before the first request, in milliseconds. */
export const startLimits = {
  /** One light request: the version, a list of models, a health check. */
  checkMs: 10_000,
  /** Loading a model, and waiting for a server that says that it loads one. */
  loadMs: 600_000,
  /** The longest pause between two light requests to such a server. */
  pauseMs: 5_000,
};

/**
 * Sends something light before the first request, and tries it again where the failure may pass. A server that nobody
 * reaches, or that says nothing, fails at once; one that says that it loads a model has as long as loading may take.
 * @throws the signal's reason, ModelUnavailableError, or what the work throws
 */
export async function checkWithin<T>(
  clock: Runtime,
  { url, remedies }: Connections,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const silent = () =>
    new ModelUnavailableError(url, `no answer within ${startLimits.checkMs} ms`, {
      remedy: remedies.unreachable,
      cause: new ModelSilentError(startLimits.checkMs),
    });
  return retryAtStart(clock, signal, () => limited(clock, startLimits.checkMs, silent, signal, work));
}

/** Tries something before the first request again where the failure may pass. */
export async function retryAtStart<T>(clock: Runtime, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const endsAt = clock.now() + startLimits.loadMs;
  const { maxRetries } = defaultRetryPolicy;
  return retry(work, {
    policy: { ...defaultRetryPolicy, maxRetries: Number.POSITIVE_INFINITY, maxBackoffMs: startLimits.pauseMs },
    runtime: clock,
    signal,
    remainingMs: () => endsAt - clock.now(),
    mayPass: (error, attempt) =>
      isRetryable(error) && !isFinal(error) && (attempt <= maxRetries || (isLoading(error) && clock.now() < endsAt)),
  });
}

/** Runs `work` with a signal that is aborted after `limitMs`, and when the work fails. */
export async function limited<T>(
  clock: Runtime,
  limitMs: number,
  reason: () => unknown,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = deadline(clock, limitMs, reason, signal);
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

/** Nobody listens, the server says nothing, or it fails the health check: people want to know that at once. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof ModelUnavailableError)) return false;
  return isNobodyThere(error) || error.cause === undefined || error.cause instanceof ModelSilentError;
}

/** llama.cpp's server and others answer so while they read the weights. */
function isLoading(error: unknown): boolean {
  const reported = error instanceof ModelUnavailableError ? error.cause : error;
  return reported instanceof ModelBusyError && reported.status === 503 && /\bload/i.test(reported.problem);
}
