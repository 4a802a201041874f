import { deadline, type Host } from '../../concurrency/index.js';
import { InvalidOptionError, ModelSilentError, ModelTimeoutError, ModelUnavailableError } from '../../errors/index.js';
import type { Connections } from './connections.js';

/** How long one attempt may take, in milliseconds; Infinity for no limit. */
export interface AttemptLimits {
  /** Until the answer begins, the server's queue included. */
  readonly firstTokenTimeoutMs: number;
  /** Until it is complete. */
  readonly totalTimeoutMs: number;
}

/** What the work of one attempt gets. */
export interface Attempt {
  /** Aborted by the caller, by either limit, and when the work fails. */
  readonly signal: AbortSignal;
  /** To be called when the answer begins; may be called again. */
  readonly begun: () => void;
  /** Milliseconds since the attempt began. */
  readonly elapsedMs: () => number;
}

export const defaultLimits: AttemptLimits = { firstTokenTimeoutMs: 60_000, totalTimeoutMs: 300_000 };

/**
 * The limits with their defaults.
 * @throws InvalidOptionError when one is no positive number
 */
export function completeLimits(given: { readonly [K in keyof AttemptLimits]?: number | undefined }): AttemptLimits {
  const { firstTokenTimeoutMs, totalTimeoutMs } = given;
  for (const [name, limit] of Object.entries({ firstTokenTimeoutMs, totalTimeoutMs })) {
    if (limit !== undefined && !(limit > 0)) throw new InvalidOptionError(name, 'above 0 (milliseconds)', limit);
  }
  return {
    firstTokenTimeoutMs: firstTokenTimeoutMs ?? defaultLimits.firstTokenTimeoutMs,
    totalTimeoutMs: totalTimeoutMs ?? defaultLimits.totalTimeoutMs,
  };
}

/**
 * Asks once, within limits. However it ends, no request stays open: the server stops working on it.
 * @throws the signal's reason, ModelSilentError, ModelTimeoutError, or what the work throws
 */
export async function attemptWithin<T>(
  limits: AttemptLimits,
  clock: Host,
  signal: AbortSignal,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const { firstTokenTimeoutMs, totalTimeoutMs } = limits;
  const total = deadline(clock, totalTimeoutMs, () => new ModelTimeoutError(totalTimeoutMs), signal);
  const first = deadline(clock, firstTokenTimeoutMs, () => new ModelSilentError(firstTokenTimeoutMs));
  first.signal.addEventListener('abort', () => total.abort(first.signal.reason), { once: true });
  const startedAt = clock.now();
  try {
    return await work({ signal: total.signal, begun: first.release, elapsedMs: () => clock.now() - startedAt });
  } catch (error) {
    total.signal.throwIfAborted();
    // Lets an unread response go.
    total.abort(error);
    throw error;
  } finally {
    first.release();
    total.release();
  }
}

/**
 * Asks a server something before the first question, for as long as it may take until an answer begins.
 * @throws the signal's reason, ModelUnavailableError, or what the work throws
 */
export async function checkWithin<T>(
  { firstTokenTimeoutMs }: AttemptLimits,
  clock: Host,
  { url, advice }: Connections,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const silence = () => new ModelUnavailableError(url, `no answer within ${firstTokenTimeoutMs} ms`, { advice });
  const limit = deadline(clock, firstTokenTimeoutMs, silence, signal);
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
