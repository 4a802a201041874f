import { onAbort } from '../../foundation/abort.js';

interface Waiter<T> {
  readonly attempt: () => T | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Callers that wait for something that only one can have, first come, first served. */
export class WaitQueue<T> {
  private readonly waiters: Waiter<T>[] = [];
  private isAdmitting = false;
  private hasChanged = false;

  /**
   * Resolves to what `attempt` gives, at once or as soon as it gives something.
   * @param attempt takes what it needs, gives undefined if that is not available yet, or throws to give up
   * @param first goes before those who wait already
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  async take(signal: AbortSignal, attempt: () => T | undefined, first = false): Promise<T> {
    signal.throwIfAborted();
    if (first || this.waiters.length === 0) {
      const taken = attempt();
      if (taken !== undefined) return taken;
    }
    let release = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        const waiter = { attempt, resolve, reject };
        release = onAbort(signal, (reason) => {
          this.remove(waiter);
          reject(reason);
        });
        if (first) this.waiters.unshift(waiter);
        else this.waiters.push(waiter);
        // Those before may have to pass on what this one can use.
        this.admitAll();
      });
    } finally {
      release();
    }
  }

  /** Lets everybody in who can be. To be called after every change that may help one of them. */
  admitAll(): void {
    this.hasChanged = true;
    // What one takes may call this again.
    if (this.isAdmitting) return;
    this.isAdmitting = true;
    while (this.hasChanged) {
      this.hasChanged = false;
      for (const waiter of [...this.waiters]) this.admit(waiter);
    }
    this.isAdmitting = false;
  }

  private admit(waiter: Waiter<T>): void {
    try {
      const taken = waiter.attempt();
      if (taken === undefined) return;
      this.remove(waiter);
      waiter.resolve(taken);
    } catch (error) {
      this.remove(waiter);
      waiter.reject(error);
    }
  }

  private remove(waiter: Waiter<T>): void {
    const place = this.waiters.indexOf(waiter);
    if (place >= 0) this.waiters.splice(place, 1);
  }
}
