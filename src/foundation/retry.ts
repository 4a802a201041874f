import { sleep } from './abort.js';
import { defaults } from './defaults.js';
import { InvalidOptionError, isRetryable, isWorthAnotherSeed } from './errors/chorale-error.js';
import { requireKnown } from './known-options.js';
import type { Runtime } from './runtime.js';

/** How often and after which pauses something is tried again. */
export interface RetryPolicy {
  /** Further attempts after the first; 0 for none. @default 3 */
  readonly maxRetries: number;
  /** Upper bound of the first pause, in milliseconds. @default 1000 */
  readonly initialBackoffMs: number;
  /** Upper bound of every pause that the server did not ask for, in milliseconds. @default 30000 */
  readonly maxBackoffMs: number;
  /** Full jitter: a pause is drawn evenly between 0 and its upper bound. @default true */
  readonly jitter: boolean;
  /** Longest pause that a server may ask for, in milliseconds; one that asks for more is not waited for. @default Infinity */
  readonly maxServerWaitMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  maxRetries: defaults.maxRetries,
  initialBackoffMs: defaults.initialBackoffMs,
  maxBackoffMs: defaults.maxBackoffMs,
  jitter: true,
  maxServerWaitMs: Number.POSITIVE_INFINITY,
};

/**
 * A complete policy from a partial one.
 * @throws InvalidOptionError
 */
export function completeRetryPolicy(given: Partial<RetryPolicy> = {}): RetryPolicy {
  requireKnown('retry', given, {
    maxRetries: true,
    initialBackoffMs: true,
    maxBackoffMs: true,
    jitter: true,
    maxServerWaitMs: true,
  });
  const isGiven = ([, value]: [string, unknown]) => value !== undefined;
  const policy = { ...defaultRetryPolicy, ...Object.fromEntries(Object.entries(given).filter(isGiven)) };
  const { maxRetries, initialBackoffMs, maxBackoffMs, maxServerWaitMs } = policy;
  if (!Number.isInteger(maxRetries) || maxRetries < 0) {
    throw new InvalidOptionError('retry.maxRetries', 'a whole number of at least 0', maxRetries);
  }
  for (const [name, pauseMs] of Object.entries({ initialBackoffMs, maxBackoffMs, maxServerWaitMs })) {
    if (!(pauseMs >= 0)) throw new InvalidOptionError(`retry.${name}`, 'at least 0 (milliseconds)', pauseMs);
  }
  return policy;
}

/** What happens between two attempts. `attempt` is the 1-based one that failed. */
export interface RetryNotice {
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/** What `retry` needs besides the operation. */
export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly runtime: Runtime;
  /** Aborting it ends the pause at once; its reason is rethrown. */
  readonly signal: AbortSignal;
  readonly onRetry?: (notice: RetryNotice) => void;
  /** Milliseconds that are left for everything; a server that asks for more is not waited for. @default Infinity */
  readonly remainingMs?: () => number;
  /** Whether a failure of the 1-based attempt may pass. @default what its code says, as often as the policy allows */
  readonly mayPass?: (error: unknown, attempt: number) => boolean;
  /** Number of retries after an invalid answer. @default 1 */
  readonly wrongAnswers?: number;
}

/**
 * Runs `operation(attempt)` until it succeeds, the error will not pass, or the attempts are used up.
 * The pause before attempt n + 1 is drawn from [0, min(maxBackoff, initialBackoff · 2^(n−1))] ("full jitter":
 * M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), and never shorter than what the
 * server asked for in `Retry-After`. A server that asks for more than there is time for is not waited for: its error stands.
 * After a wrong answer of a model that works the operation runs once more, at once, however often it may be run in all.
 */
export async function retry<R>(operation: (attempt: number) => Promise<R>, options: RetryOptions): Promise<R> {
  const { policy, runtime, signal, onRetry, remainingMs = () => Number.POSITIVE_INFINITY } = options;
  const { wrongAnswers = 1, mayPass = isRetryable } = options;
  let wrong = 0;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      const isWrong = isWorthAnotherSeed(error);
      if (isWrong) wrong += 1;
      const worthIt = isWrong ? wrong <= wrongAnswers : mayPass(error, attempt);
      if (signal.aborted || attempt > policy.maxRetries || !worthIt) throw error;
      const askedMs = askedPause(error);
      const leftMs = Math.max(0, remainingMs());
      if (askedMs > Math.min(policy.maxServerWaitMs, leftMs)) throw error;
      const drawnMs = Math.min(drawnPause(attempt - wrong, policy, runtime), leftMs);
      const delayMs = isWrong ? 0 : Math.max(askedMs, drawnMs);
      onRetry?.({ attempt, delayMs, error });
      if (!isWrong) await sleep(runtime, delayMs, signal);
    }
  }
}

function drawnPause(attempt: number, policy: RetryPolicy, runtime: Runtime): number {
  const bound = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * 2 ** (attempt - 1));
  return policy.jitter ? bound * runtime.random() : bound;
}

/** The pause that a server asked for, in milliseconds; 0 if it asked for none. */
export function askedPause(error: unknown): number {
  const asked = error instanceof Error && 'retryAfterMs' in error ? Number(error.retryAfterMs) : 0;
  return asked > 0 ? asked : 0;
}
