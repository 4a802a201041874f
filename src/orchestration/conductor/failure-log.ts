import type { ProcessFailure } from './process.js';

/** Failures as they happen. Every reader gets all of them, from the first on, however late it comes. */
export class FailureLog {
  private readonly failures: ProcessFailure[] = [];
  private closed = false;
  private wake: () => void = () => {};
  private changed = this.nextChange();

  get first(): ProcessFailure | undefined {
    return this.failures[0];
  }

  add(failure: ProcessFailure): void {
    this.failures.push(failure);
    this.tellReaders();
  }

  /** Lets readers end when they have read everything. */
  close(): void {
    this.closed = true;
    this.tellReaders();
  }

  async *read(): AsyncGenerator<ProcessFailure, undefined> {
    for (let next = 0; ; ) {
      const failure = this.failures[next];
      if (failure) {
        next += 1;
        yield failure;
      } else if (this.closed) return undefined;
      else await this.changed;
    }
  }

  private tellReaders(): void {
    const { wake } = this;
    this.changed = this.nextChange();
    wake();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
