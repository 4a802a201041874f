/** How a piece of work went, as a limiter needs to know it. Times in milliseconds. */
export interface LimiterSample {
  /** From its start to its end. */
  readonly latencyMs: number;
  /** Waiting at the other side before its work began; null if it does not report it. */
  readonly queueMs: number | null;
  /** `overloaded`: the other side rejected the work because it has too much; `failed`: any other failure. */
  readonly outcome: 'ok' | 'overloaded' | 'failed' | 'cancelled';
}

/** A change of a limit. */
export interface LimitChange {
  readonly from: number;
  readonly to: number;
  /** Why, in a few words for people. */
  readonly reason: string;
}

/** Says how many pieces of work may be in flight at once, and learns from how they went. It never waits. */
export interface Limiter {
  /** Whole number of at least 1. */
  readonly limit: number;
  readonly inFlight: number;
  /** Counts one piece in; the caller has seen that `inFlight` is below `limit`, or accepts to exceed it. */
  start(): void;
  /** Counts one piece out. */
  finish(sample: LimiterSample): void;
  /** Told after each change of the limit. The returned function takes the listener off. */
  onChange(listener: (change: LimitChange) => void): () => void;
}
