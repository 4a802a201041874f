import type { Runtime } from '../foundation/runtime.js';
import { TokenBucket } from '../foundation/token-bucket.js';

/** Rate limits over all workers and servers. */
export interface PacingOptions {
  /** Requests per second, retries included. @default unlimited */
  readonly requestsPerSecond?: number | undefined;
  /** Tokens per minute, prompt and answer, as the servers count them. @default unlimited */
  readonly tokensPerMinute?: number | undefined;
}

/** Counts the tokens of a request and its answer; null if unknown. */
export type CountTokens = (tokens: number | null) => void;

/** Weight of the latest answer in the estimate of the next one, after the first few. */
const latestWeight = 0.2;

/**
 * Keeps requests to the rate limits. In any t seconds at most `requestsPerSecond · t + 1` requests are sent. The tokens of
 * a request are estimated from earlier answers, and corrected by its own: in any minute no more than `tokensPerMinute`
 * are used, besides answers in flight and the budget of one second.
 */
export class Pacer {
  private readonly requests: TokenBucket;
  private readonly tokens: TokenBucket | undefined;
  private answers = 0;

  /**
   * @param estimate tokens of the first request and its answer
   * @throws InvalidOptionError when a limit is not above 0
   */
  constructor(
    { requestsPerSecond = Number.POSITIVE_INFINITY, tokensPerMinute }: PacingOptions,
    runtime: Runtime,
    private estimate: number,
  ) {
    this.requests = new TokenBucket({ perMs: requestsPerSecond / 1_000, capacity: 1, runtime });
    if (tokensPerMinute === undefined) return;
    // The capacity is the budget of one second, so a pause allows no burst.
    this.tokens = new TokenBucket({ perMs: tokensPerMinute / 60_000, capacity: tokensPerMinute / 60, runtime });
  }

  /**
   * Resolves when the next request may be sent, in the order of the calls.
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  async take(signal: AbortSignal): Promise<CountTokens> {
    const expected = (await this.tokens?.take(() => this.estimate, signal)) ?? 0;
    try {
      await this.requests.take(1, signal);
    } catch (error) {
      this.tokens?.charge(-expected);
      throw error;
    }
    return (count) => {
      if (count === null) return;
      this.tokens?.charge(count - expected);
      this.answers += 1;
      this.estimate += Math.max(latestWeight, 1 / this.answers) * (count - this.estimate);
    };
  }

  /** Delays all requests by `ms` milliseconds, because a server asked for a pause. */
  hold(ms: number): void {
    this.requests.hold(ms);
  }
}
