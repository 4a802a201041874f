import { InvalidOptionError } from './errors/common-errors.js';
import type { Runtime } from './runtime.js';

/** A budget that refills evenly; those who want some of it wait in line. */
export interface TokenBucket {
  /**
   * Takes `count` out, as soon as those who came before have been served and the bucket holds that much (or is full, where
   * it never holds so much: it is then in debt until it has refilled).
   * @param count a number, or a function that is asked when its turn has come
   * @returns what was taken
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  take(count: number | (() => number), signal: AbortSignal): Promise<number>;
  /** Takes `count` out at once, or puts it back where it is negative: what was used besides what was taken. */
  charge(count: number): void;
  /** Blocks all takers for the next `ms` milliseconds. A longer block stays. */
  hold(ms: number): void;
}

/** Options of `createTokenBucket`. */
export interface TokenBucketOptions {
  /** What flows in, per millisecond; Infinity for a bucket that only holds. */
  readonly perMs: number;
  /** The most that it holds, and what it holds at first. In any time t at most `perMs · t + capacity` is taken. */
  readonly capacity: number;
  readonly runtime: Runtime;
}

interface Waiting {
  readonly count: () => number;
  readonly admit: (taken: number) => void;
}

/**
 * Makes a token bucket (J. S. Turner, "New Directions in Communications", IEEE Communications Magazine 24(10), 1986).
 * @throws InvalidOptionError when the flow or the capacity is not above 0
 */
export function createTokenBucket({ perMs, capacity, runtime }: TokenBucketOptions): TokenBucket {
  for (const [name, value] of Object.entries({ perMs, capacity })) {
    if (!(value > 0)) throw new InvalidOptionError(name, 'above 0', value);
  }
  const line = new Set<Waiting>();
  let level = capacity;
  let filledAt = runtime.now();
  let heldUntil = Number.NEGATIVE_INFINITY;
  let stopTimer: (() => void) | undefined;

  function refill(): void {
    const now = runtime.now();
    const flowed = now > filledAt ? (now - filledAt) * perMs : 0;
    level = Math.min(capacity, level + flowed);
    filledAt = now;
  }

  /** Milliseconds until `count` may be taken; 0 for now. */
  function waitFor(count: number): number {
    const missing = Math.min(count, capacity) - level;
    const refilling = missing <= 1e-9 * capacity ? 0 : missing / perMs;
    return Math.max(refilling, heldUntil - filledAt, 0);
  }

  function serve(): void {
    stopTimer?.();
    stopTimer = undefined;
    refill();
    for (const waiting of line) {
      const count = waiting.count();
      const waitMs = waitFor(count);
      if (waitMs > 0) {
        stopTimer = runtime.setTimer(Math.max(1, Math.ceil(waitMs)), serve);
        return;
      }
      line.delete(waiting);
      level -= count;
      waiting.admit(count);
    }
  }

  return {
    take: (count, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        const leave = () => {
          line.delete(waiting);
          reject(signal.reason);
          serve();
        };
        const admit = (taken: number) => {
          signal.removeEventListener('abort', leave);
          resolve(taken);
        };
        const waiting: Waiting = { count: typeof count === 'function' ? count : () => count, admit };
        signal.addEventListener('abort', leave, { once: true });
        line.add(waiting);
        // Those in line are waited for by a timer already.
        if (line.size === 1) serve();
      }),
    charge(count) {
      refill();
      level = Math.min(capacity, level - count);
      if (line.size > 0) serve();
    },
    hold(ms) {
      heldUntil = Math.max(heldUntil, runtime.now() + ms);
      if (line.size > 0) serve();
    },
  };
}
