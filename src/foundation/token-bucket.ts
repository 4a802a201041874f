import { onAbort } from './abort.js';
import { InvalidOptionError } from './errors/chorale-error.js';
import type { Runtime } from './runtime.js';

/** Options of a `TokenBucket`. */
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
 * A budget that refills evenly; those who want some of it wait in line (J. S. Turner, "New Directions in Communications",
 * IEEE Communications Magazine 24(10), 1986).
 */
export class TokenBucket {
  private readonly line = new Set<Waiting>();
  private level: number;
  private filledAt: number;
  private heldUntil = Number.NEGATIVE_INFINITY;
  private stopTimer: (() => void) | undefined;

  /** @throws InvalidOptionError when the flow or the capacity is not above 0 */
  constructor(private readonly options: TokenBucketOptions) {
    const { perMs, capacity, runtime } = options;
    for (const [name, value] of Object.entries({ perMs, capacity })) {
      if (!(value > 0)) throw new InvalidOptionError(name, 'above 0', value);
    }
    this.level = capacity;
    this.filledAt = runtime.now();
  }

  /**
   * Takes `count` out, as soon as those who came before have been served and the bucket holds that much (or is full, where
   * it never holds so much: it is then in debt until it has refilled).
   * @param count a number, or a function that is asked when its turn has come
   * @returns what was taken
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  take(count: number | (() => number), signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const admit = (taken: number) => {
        release();
        resolve(taken);
      };
      const waiting: Waiting = { count: typeof count === 'function' ? count : () => count, admit };
      const release = onAbort(signal, (reason) => {
        this.line.delete(waiting);
        reject(reason);
        this.serve();
      });
      this.line.add(waiting);
      // Those in line are waited for by a timer already.
      if (this.line.size === 1) this.serve();
    });
  }

  /** Takes `count` out at once, or puts it back where it is negative: what was used besides what was taken. */
  charge(count: number): void {
    this.refill();
    this.level = Math.min(this.options.capacity, this.level - count);
    if (this.line.size > 0) this.serve();
  }

  /** Blocks all takers for the next `ms` milliseconds. A longer block stays. */
  hold(ms: number): void {
    this.heldUntil = Math.max(this.heldUntil, this.options.runtime.now() + ms);
    if (this.line.size > 0) this.serve();
  }

  private refill(): void {
    const { perMs, capacity, runtime } = this.options;
    const now = runtime.now();
    const flowed = now > this.filledAt ? (now - this.filledAt) * perMs : 0;
    this.level = Math.min(capacity, this.level + flowed);
    this.filledAt = now;
  }

  /** Milliseconds until `count` may be taken; 0 for now. */
  private waitFor(count: number): number {
    const { perMs, capacity } = this.options;
    const missing = Math.min(count, capacity) - this.level;
    const refilling = missing <= 1e-9 * capacity ? 0 : missing / perMs;
    return Math.max(refilling, this.heldUntil - this.filledAt, 0);
  }

  private serve(): void {
    this.stopTimer?.();
    this.stopTimer = undefined;
    this.refill();
    for (const waiting of this.line) {
      const count = waiting.count();
      const waitMs = this.waitFor(count);
      if (waitMs > 0) {
        this.stopTimer = this.options.runtime.setTimer(Math.max(1, Math.ceil(waitMs)), () => this.serve());
        return;
      }
      this.line.delete(waiting);
      this.level -= count;
      waiting.admit(count);
    }
  }
}
