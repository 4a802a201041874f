import type { Runtime } from '../foundation/runtime.js';
import { requireWhole } from './require-option.js';

/** How long others must wait for the run of a dead worker, in milliseconds. */
export const defaultLeaseMs = 30_000;

/** @throws InvalidOptionError for a lease that cannot be renewed three times */
export function requireLease(option: string, leaseMs: number): void {
  requireWhole(option, leaseMs, 3);
}

/** How a lease of a run is kept. Times are in milliseconds. */
export interface HeldLeaseOptions {
  readonly runtime: Runtime;
  readonly leaseMs: number;
  /** Writes to the store that this worker still has the run. Rejects when that fails. */
  readonly renew: () => Promise<void>;
  /** Whether a failed renewal means that the run is no longer this worker's. Other failures are tried again. */
  readonly isLost: (error: unknown) => boolean;
  /** Called at most once. */
  readonly onLost: (error: unknown) => void;
}

/**
 * The lease that gives a run to one worker. The store rejects writes with an old fencing token. This class renews the lease
 * three times within its length, and notices its loss, until `stop` is called.
 */
export class HeldLease {
  private until = 0;
  private stopped = false;
  private cancelTimer = () => {};

  constructor(private readonly options: HeldLeaseOptions) {}

  /** @param until when the lease ends, in milliseconds since the epoch. @default what `extend` gave last */
  start(until = this.until): void {
    this.until = until;
    this.wait();
  }

  /** Whether so much of the lease is over that a change should write a new end. */
  get isDue(): boolean {
    const { runtime, leaseMs } = this.options;
    return this.until - runtime.wallTime() <= (leaseMs * 2) / 3;
  }

  /** The end that the next write gives the lease. */
  extend(): number {
    this.until = this.options.runtime.wallTime() + this.options.leaseMs;
    return this.until;
  }

  /** Must be called, in a `finally`. */
  stop(): void {
    this.stopped = true;
    this.cancelTimer();
  }

  private wait(): void {
    const { runtime, leaseMs } = this.options;
    this.cancelTimer = runtime.setTimer(leaseMs / 3, () => void this.renew());
  }

  private async renew(): Promise<void> {
    try {
      await this.options.renew();
    } catch (error) {
      // What the store holds is not known.
      this.until = 0;
      if (!this.stopped && this.options.isLost(error)) {
        this.stop();
        this.options.onLost(error);
      }
    }
    if (!this.stopped) this.wait();
  }
}
