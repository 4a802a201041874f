import type { Runtime } from '../../foundation/runtime.js';

/** Gives the rows of a round, block by block. */
export class RowGate<T> implements AsyncIterable<T> {
  private next = 0;
  private end = 0;
  private isClosed = false;
  private wake = () => {};

  constructor(private readonly rows: readonly T[]) {}

  /** Gives the rows up to this one. */
  open(end: number): void {
    this.end = end;
    this.wake();
  }

  /** Gives no further row. */
  close(): void {
    this.isClosed = true;
    this.wake();
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: async () => {
        while (this.next >= this.end && this.next < this.rows.length && !this.isClosed) {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
        }
        const row = this.isClosed ? undefined : this.rows[this.next];
        this.next += 1;
        return row === undefined ? { done: true, value: undefined } : { done: false, value: row };
      },
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }
}

/** A clock that stands still between the blocks of a round, so that no duration includes those of other variants. */
export class PausableClock {
  readonly runtime: Runtime;
  private pausedMs = 0;
  private pausedAt: number | undefined;

  constructor(private readonly machine: Runtime) {
    this.runtime = { ...machine, now: () => (this.pausedAt ?? machine.now()) - this.pausedMs };
  }

  pause(): void {
    this.pausedAt ??= this.machine.now();
  }

  start(): void {
    if (this.pausedAt === undefined) return;
    this.pausedMs += this.machine.now() - this.pausedAt;
    this.pausedAt = undefined;
  }
}
