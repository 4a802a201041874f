import { isRetryable } from '../errors/index.js';
import type { Host } from './host.js';
import { sleep } from './sleep.js';

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
}

export const defaultRetryPolicy: RetryPolicy = {
  maxRetries: 3,
  initialBackoffMs: 1_000,
  maxBackoffMs: 30_000,
  jitter: true,
};

/** What happens between two attempts. `attempt` is the 1-based one that failed. */
export interface RetryNotice {
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/** What `retry` needs besides the operation. */
export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly host: Host;
  /** Aborting it ends the pause at once; its reason is rethrown. */
  readonly signal: AbortSignal;
  readonly onRetry?: (notice: RetryNotice) => void;
}

/**
 * Runs `operation(attempt)` until it succeeds, the error is not retryable, or the attempts are used up.
 * The pause before attempt n + 1 is drawn from [0, min(maxBackoff, initialBackoff · 2^(n−1))] ("full jitter":
 * M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), and never shorter than what the
 * server asked for in `Retry-After`.
 */
export async function retry<R>(operation: (attempt: number) => Promise<R>, options: RetryOptions): Promise<R> {
  const { policy, host, signal, onRetry } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      if (signal.aborted || attempt > policy.maxRetries || !isRetryable(error)) throw error;
      const delayMs = pauseAfter(error, attempt, policy, host);
      onRetry?.({ attempt, delayMs, error });
      await sleep(host, delayMs, signal);
    }
  }
}

function pauseAfter(error: unknown, attempt: number, policy: RetryPolicy, host: Host): number {
  const bound = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * 2 ** (attempt - 1));
  const drawn = policy.jitter ? bound * host.random() : bound;
  const asked = error instanceof Error && 'retryAfterMs' in error ? Number(error.retryAfterMs) : 0;
  return asked > drawn ? asked : drawn;
}
