import type { Runtime } from '../foundation/runtime.js';

/** The clock is read about this often, in milliseconds. */
const checkMs = 2;
const mostUnchecked = 256;

/**
 * Work that never waits for I/O runs in microtasks, and no timer fires meanwhile. A time slice tells such work when the
 * event loop must get a turn. It reads the clock every few items, as their speed allows.
 */
export class TimeSlice {
  /** A slice has begun, and the event loop has had no turn since. */
  private begun = false;
  private startedAt = 0;
  private checkedAt = 0;
  private every = 1;
  private unchecked = 0;

  constructor(
    private readonly runtime: Runtime,
    /** How long timers, signals and input may wait, in milliseconds. */
    private readonly lengthMs = 10,
  ) {}

  /** Counts one item. @returns whether the event loop must get a turn before the next one */
  isOver(): boolean {
    if (!this.begun) this.begin();
    this.unchecked += 1;
    return this.unchecked >= this.every && this.check();
  }

  /** Resolves after a turn of the event loop. */
  nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.runtime.nextTurn(resolve);
    });
  }

  private begin(): void {
    this.begun = true;
    this.startedAt = this.runtime.now();
    this.checkedAt = this.startedAt;
    this.unchecked = 0;
    this.runtime.nextTurn(() => {
      this.begun = false;
    });
  }

  private check(): boolean {
    const now = this.runtime.now();
    const perItem = (now - this.checkedAt) / this.unchecked;
    this.every = perItem > 0 ? Math.min(mostUnchecked, Math.max(1, Math.floor(checkMs / perItem))) : mostUnchecked;
    this.checkedAt = now;
    this.unchecked = 0;
    return now - this.startedAt >= this.lengthMs;
  }
}
