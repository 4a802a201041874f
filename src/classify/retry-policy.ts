import { InvalidOptionError } from '../foundation/errors/common-errors.js';
import { defaultRetryPolicy, type RetryPolicy } from '../foundation/retry.js';

/**
 * A complete policy from a partial one.
 * @throws InvalidOptionError
 */
export function completeRetryPolicy(given: Partial<RetryPolicy> = {}): RetryPolicy {
  const policy: RetryPolicy = {
    maxRetries: given.maxRetries ?? defaultRetryPolicy.maxRetries,
    initialBackoffMs: given.initialBackoffMs ?? defaultRetryPolicy.initialBackoffMs,
    maxBackoffMs: given.maxBackoffMs ?? defaultRetryPolicy.maxBackoffMs,
    jitter: given.jitter ?? defaultRetryPolicy.jitter,
    maxServerWaitMs: given.maxServerWaitMs ?? defaultRetryPolicy.maxServerWaitMs,
  };
  const { maxRetries, initialBackoffMs, maxBackoffMs, maxServerWaitMs } = policy;
  if (!Number.isInteger(maxRetries) || maxRetries < 0) {
    throw new InvalidOptionError('retry.maxRetries', 'a whole number of at least 0', maxRetries);
  }
  for (const [name, pauseMs] of Object.entries({ initialBackoffMs, maxBackoffMs, maxServerWaitMs })) {
    if (!(pauseMs >= 0)) throw new InvalidOptionError(`retry.${name}`, 'at least 0 (milliseconds)', pauseMs);
  }
  return policy;
}

/** How long an answer that has begun may stall: a part of a text's time, so that there is time for another attempt. */
const stall = { share: 1 / 4, leastMs: 5_000 };

/** Longest pause within an answer, in milliseconds. @param itemTimeoutMs longest time for one text */
export function idleLimitOf(itemTimeoutMs: number): number {
  return Math.max(stall.leastMs, itemTimeoutMs * stall.share);
}
