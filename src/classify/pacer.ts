import type { Runtime } from '../foundation/runtime.js';
import { createTokenBucket, type TokenBucket } from '../foundation/token-bucket.js';
import type { Gate } from '../orchestration/parallel/gate.js';

/** Limits of what is sent, over all workers and servers. */
export interface PacingOptions {
  /** Questions per second, further attempts included. @default unlimited */
  readonly requestsPerSecond?: number | undefined;
  /** Tokens per minute, read and written, as the servers count them. @default unlimited */
  readonly tokensPerMinute?: number | undefined;
}

/**
 * Says when the next question may be sent. As a gate it is for the first question about a text; `again` is for every
 * further one.
 */
export interface Pacer extends Gate {
  again(signal: AbortSignal): Promise<void>;
  /** Counts the tokens of one question and its answer; null where nobody told, as after a failure. Once per question. */
  used(tokens: number | null): void;
  /** Gives back what the gate took for a question that is not asked. */
  forgo(): void;
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
  /** What was taken for questions whose answers are not there yet, the oldest first. */
  const open: number[] = [];
  let estimate = firstEstimate;
  let answers = 0;

  async function again(signal: AbortSignal): Promise<void> {
    const expected = (await tokens?.take(() => estimate, signal)) ?? 0;
    try {
      await requests.take(1, signal);
      open.push(expected);
    } catch (error) {
      tokens?.charge(-expected);
      throw error;
    }
  }

  return {
    async enter(signal) {
      await again(signal);
      return () => {};
    },
    again,
    used(count) {
      const expected = open.shift() ?? 0;
      if (count === null) return;
      tokens?.charge(count - expected);
      answers += 1;
      estimate += Math.max(weight, 1 / answers) * (count - estimate);
    },
    forgo() {
      requests.charge(-1);
      tokens?.charge(-(open.shift() ?? 0));
    },
    hold: (ms) => requests.hold(ms),
  };
}

/** It holds a second's worth: a pause does not save up for a burst. */
function tokenBucket(perMinute: number, runtime: Runtime): TokenBucket {
  return createTokenBucket({ perMs: perMinute / 60_000, capacity: perMinute / 60, runtime });
}
