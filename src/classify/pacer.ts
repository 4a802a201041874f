import type { Runtime } from '../foundation/runtime.js';
import { createTokenBucket, type TokenBucket } from '../foundation/token-bucket.js';

/** Limits of what is sent, over all workers and servers. */
export interface PacingOptions {
  /** Questions per second, further attempts included. @default unlimited */
  readonly requestsPerSecond?: number | undefined;
  /** Tokens per minute, read and written, as the servers count them. @default unlimited */
  readonly tokensPerMinute?: number | undefined;
}

/** Keeps requests to the limits. */
export interface Pacer {
  /**
   * Resolves when the next request may be sent, in the order of the calls, to a function that counts the tokens of that
   * request and its answer (null: unknown).
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  take(signal: AbortSignal): Promise<(tokens: number | null) => void>;
  /** Sends nothing for `ms` milliseconds, because a server asked for it. */
  hold(ms: number): void;
}

/** Share of the latest answer in the estimate of the next one, once there have been a few. */
const weight = 0.2;

/**
 * Makes a pacer. Questions leave evenly: in any time of t seconds at most `requestsPerSecond · t + 1`. What a question
 * will use is estimated from the answers so far, and corrected when its own is there: in any minute no more than
 * `tokensPerMinute` is used, but for the answers that were on their way, and a second's worth.
 * @param firstEstimate tokens of the first question and its answer
 * @throws InvalidOptionError when a limit is not above 0
 */
export function createPacer(options: PacingOptions, runtime: Runtime, firstEstimate: number): Pacer {
  const { requestsPerSecond = Number.POSITIVE_INFINITY, tokensPerMinute } = options;
  const requests = createTokenBucket({ perMs: requestsPerSecond / 1_000, capacity: 1, runtime });
  const tokens = tokensPerMinute === undefined ? undefined : tokenBucket(tokensPerMinute, runtime);
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
        estimate += Math.max(weight, 1 / answers) * (count - estimate);
      };
    },
    hold: (ms) => requests.hold(ms),
  };
}

/** It holds a second's worth: a pause does not save up for a burst. */
function tokenBucket(perMinute: number, runtime: Runtime): TokenBucket {
  return createTokenBucket({ perMs: perMinute / 60_000, capacity: perMinute / 60, runtime });
}
