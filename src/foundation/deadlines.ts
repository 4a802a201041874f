import { deadline, type LinkedAbort, onAbort } from './abort.js';
import type { Runtime } from './runtime.js';

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(runtime: Runtime, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const cancel = runtime.setTimer(delayMs, () => {
      release();
      resolve();
    });
    const release = onAbort(signal, (reason) => {
      cancel();
      reject(reason);
    });
  });
}

/** A time limit that has begun. */
export interface Deadline {
  /** Aborted when the time is over, or with the followed signal. */
  readonly signal: AbortSignal;
  /** Ends it. Must be called once, in a `finally`. */
  release(): void;
}

/** Longest time between the beginnings of two limits that end together, in milliseconds, and as a share of the limit. */
const together = { ms: 1, share: 0.001 };

/**
 * Begins time limits of one length, many thousands a second: those that begin within a millisecond share a signal and a
 * timer, because an AbortSignal costs more than many a piece of work. The later ones end that much too early, at most a
 * thousandth of the limit.
 * @param reason makes the abort reason when the time is over
 */
export function createDeadlines(
  runtime: Runtime,
  limitMs: number,
  reason: () => unknown,
): (followed: AbortSignal | undefined) => Deadline {
  const window = Math.min(together.ms, limitMs * together.share);
  let latest: Shared | undefined;
  return (followed) => {
    const now = runtime.now();
    if (!latest?.isFor(followed, now - window)) {
      latest = new Shared(followed, now, deadline(runtime, limitMs, reason, followed));
    }
    return latest.use();
  };
}

class Shared {
  private users = 0;

  constructor(
    private readonly followed: AbortSignal | undefined,
    private readonly begunAt: number,
    private readonly limit: LinkedAbort,
  ) {}

  /** Whether one that follows this signal may join, if it began after `since`. */
  isFor(followed: AbortSignal | undefined, since: number): boolean {
    return this.users > 0 && this.followed === followed && this.begunAt > since && !this.limit.signal.aborted;
  }

  use(): Deadline {
    this.users += 1;
    return {
      signal: this.limit.signal,
      release: () => {
        this.users -= 1;
        if (this.users === 0) this.limit.release();
      },
    };
  }
}
