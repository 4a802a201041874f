import { linkAbort } from '../../foundation/abort.js';
import type { Runtime } from '../../foundation/runtime.js';
import { isThenable } from '../awaitable.js';

/** One call of a caller's function, which may take only so long. Its signal is made when it is asked for. */
export class TimedWork {
  private abort: ReturnType<typeof linkAbort> | undefined;
  private timeout: { readonly reason: unknown } | undefined;
  private ended = false;

  constructor(
    private readonly runtime: Runtime,
    private readonly scope: AbortSignal,
  ) {}

  /** Aborted with the scope, and when time is up. */
  get signal(): AbortSignal {
    if (!this.abort) {
      // One that is asked for too late follows nobody: nobody would take its listener away.
      this.abort = this.ended ? linkAbort() : linkAbort(this.scope);
      if (this.timeout) this.abort.abort(this.timeout.reason);
    }
    return this.abort.signal;
  }

  /**
   * Calls the function, and waits for what it gives: no longer than the time, whatever it does later.
   * @param limitMs milliseconds; Infinity for no limit
   * @param expire makes what it rejects with when time is up, which is also the signal's reason
   */
  async run(work: () => unknown, limitMs: number, expire: () => unknown): Promise<unknown> {
    try {
      const result = work();
      return isThenable(result) ? await this.within(result, limitMs, expire) : result;
    } finally {
      this.ended = true;
      this.abort?.release();
    }
  }

  private within(pending: PromiseLike<unknown>, limitMs: number, expire: () => unknown): PromiseLike<unknown> {
    if (limitMs === Number.POSITIVE_INFINITY) return pending;
    return new Promise((resolve, reject) => {
      const cancel = this.runtime.setTimer(limitMs, () => {
        const reason = expire();
        this.timeout = { reason };
        // Before the signal: what the work throws because of it must not come first.
        reject(reason);
        this.abort?.abort(reason);
      });
      Promise.resolve(pending).then(
        (value) => {
          cancel();
          resolve(value);
        },
        (error) => {
          cancel();
          reject(error);
        },
      );
    });
  }
}
