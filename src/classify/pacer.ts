import type { Runtime } from '../foundation/runtime.js';
import { createTokenBucket } from '../foundation/token-bucket.js';

/** Rate limits over all workers and servers. */
export interface PacingOptions {
  /** Requests per second, retries included. @default unlimited */
  readonly requestsPerSecond?: number | undefined;
  /** Tokens per minute, prompt and answer, as the servers count them. @default unlimited */
  readonly tokensPerMinute?: number | undefined;
}

/** Counts the tokens of a request and its answer; null: unknown. */
export type CountTokens = (tokens: number | null) => void;

/** Keeps requests to the rate limits. */
export interface Pacer {
  /**
   * Resolves when the next request may be sent, in the order of the calls.
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  take(signal: AbortSignal): Promise<CountTokens>;
  /** Sends nothing for `ms` milliseconds, because a server asked for it. */
  hold(ms: number): void;
}

/** Weight of the latest answer in the estimate of the next one, after the first few. */
const latestWeight = 0.2;

/**
 * Makes a pacer. In any t seconds at most `requestsPerSecond · t + 1` requests are sent. The tokens of a request are
 * estimated from earlier answers, and corrected by its own: in any minute no more than `tokensPerMinute` are used, besides
 * answers in flight and the budget of one second.
 * @param firstEstimate tokens of the first request and its answer
 * @throws InvalidOptionError when a limit is not above 0
 */
export function createPacer(options: PacingOptions, runtime: Runtime, firstEstimate: number): Pacer {
  const { requestsPerSecond = Number.POSITIVE_INFINITY, tokensPerMinute } = options;
  const requests = createTokenBucket({ perMs: requestsPerSecond / 1_000, capacity: 1, runtime });
  // The capacity is the budget of one second: a pause does not save up for a burst.
  const tokens =
    tokensPerMinute === undefined
      ? undefined
      : createTokenBucket({ perMs: tokensPerMinute / 60_000, capacity: tokensPerMinute / 60, runtime });
  let estimate = firstEstimate;
  let answers = 0;

  return {
    async take(signal) {
      const expected = (await tokens?.take(() => estimate, signal)) ?? 0;
      try {
        await requests.take(1, signal);
      } catch (error) {
        tokens?.charge(-expected);
        throw error;
      }
      return (count) => {
        if (count === null) return;
        tokens?.charge(count - expected);
        answers += 1;
        estimate += Math.max(latestWeight, 1 / answers) * (count - estimate);
      };
    },
    hold: (ms) => requests.hold(ms),
  };
}
