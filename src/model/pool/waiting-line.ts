/** One who waits. */
interface Waiter<T> {
  readonly attempt: () => T | undefined;
  readonly admit: (value: T) => void;
  readonly refuse: (error: unknown) => void;
}

/** Those who wait for something that only one can have, first come, first served. */
export class WaitingLine<T> {
  private readonly waiters: Waiter<T>[] = [];
  private admitting = false;
  private changedMeanwhile = false;

  /**
   * Resolves to what `attempt` gives, at once or as soon as it gives something.
   * @param attempt takes what it needs, gives undefined where it is not to be had yet, or throws to give up
   * @param first goes before those who wait already
   * @throws the signal's reason as soon as it is aborted; then nothing has been taken
   */
  async take(signal: AbortSignal, attempt: () => T | undefined, first = false): Promise<T> {
    signal.throwIfAborted();
    if (first || this.waiters.length === 0) {
      const taken = attempt();
      if (taken !== undefined) return taken;
    }
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => {
        this.remove(waiter);
        reject(signal.reason);
      };
      const leave = () => signal.removeEventListener('abort', onAbort);
      const waiter: Waiter<T> = {
        attempt,
        admit(value) {
          leave();
          resolve(value);
        },
        refuse(error) {
          leave();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (first) this.waiters.unshift(waiter);
      else this.waiters.push(waiter);
      // Those before may have to pass on what this one can use.
      this.admitAll();
    });
  }

  /** Lets everybody in who can be. To be called after every change that may help one of them. */
  admitAll(): void {
    this.changedMeanwhile = true;
    // What one takes may call this again.
    if (this.admitting) return;
    this.admitting = true;
    while (this.changedMeanwhile) {
      this.changedMeanwhile = false;
      for (const waiter of [...this.waiters]) this.admit(waiter);
    }
    this.admitting = false;
  }

  private admit(waiter: Waiter<T>): void {
    try {
      const taken = waiter.attempt();
      if (taken === undefined) return;
      this.remove(waiter);
      waiter.admit(taken);
    } catch (error) {
      this.remove(waiter);
      waiter.refuse(error);
    }
  }

  private remove(waiter: Waiter<T>): void {
    this.waiters.splice(this.waiters.indexOf(waiter), 1);
  }
}
