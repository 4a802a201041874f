import { setImmediate as anotherTurn } from 'node:timers/promises';
import type { Runtime } from '../foundation/runtime.js';
import { seededRandom } from '../foundation/statistics/random-variates.js';

/** What a manual clock begins with. */
export interface ManualClockOptions {
  /** What `cpuCount()` answers. @default 4 */
  readonly cpuCount?: number;
  /** Wall time at the beginning, in milliseconds since the epoch. @default 0 */
  readonly epochMs?: number;
  /** Seed of `random()`; the same seed gives the same numbers. @default 1 */
  readonly seed?: number;
  /** Replaces the seeded numbers; each in [0, 1). */
  readonly random?: () => number;
}

/**
 * A runtime whose time stands still until `advance` moves it, and whose only signals are those of the test. Turns
 * of the event loop are not time: they are those of Node.
 */
export interface ManualClock extends Runtime {
  /** Number of timers that wait. */
  readonly pendingTimers: number;
  /**
   * Lets `ms` milliseconds pass. Timers fire in the order in which they are due, those of the same time in the order in
   * which they were set; after each, promise chains settle before time advances.
   */
  advance(ms: number): Promise<void>;
  /** Lets time pass until no timer is left. */
  advanceToEnd(): Promise<void>;
  /** Number of listeners to signals that have not been taken off. */
  readonly signalListeners: number;
  /** Tells those who listen to this signal that it came. */
  emitSignal(name: string): void;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

interface SignalListener {
  readonly names: readonly string[];
  readonly listener: (name: string) => void;
}

/**
 * Makes a manual clock for tests of whatever takes a `Host`.
 *
 * @example
 * const clock = createManualClock({ epochMs: Date.UTC(2026, 0, 1) });
 * clock.setTimer(1_000, () => console.log('a second later'));
 * await clock.advance(1_000);
 */
export function createManualClock(options: ManualClockOptions = {}): ManualClock {
  const { cpuCount = 4, epochMs = 0, seed = 1, random = seededRandom(seed) } = options;
  const timers = new Set<Timer>();
  const listeners = new Set<SignalListener>();
  let now = 0;

  async function runUntil(end: number): Promise<void> {
    await anotherTurn();
    for (let timer = earliest(timers); timer && timer.due <= end; timer = earliest(timers)) {
      timers.delete(timer);
      now = Math.max(now, timer.due);
      timer.callback();
      await anotherTurn();
    }
    if (Number.isFinite(end)) now = Math.max(now, end);
  }

  return {
    cpuCount: () => cpuCount,
    now: () => now,
    wallTime: () => epochMs + now,
    setTimer(delayMs, callback) {
      const timer = { due: now + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    nextTurn(callback) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    },
    random,
    onSignal(names, listener) {
      const entry = { names: names.slice(), listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    get pendingTimers() {
      return timers.size;
    },
    advance: (ms) => runUntil(now + ms),
    advanceToEnd: () => runUntil(Number.POSITIVE_INFINITY),
    get signalListeners() {
      return listeners.size;
    },
    emitSignal(name) {
      for (const { names, listener } of [...listeners]) if (names.includes(name)) listener(name);
    },
  };
}

function earliest(timers: ReadonlySet<Timer>): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (!first || timer.due < first.due) first = timer;
  }
  return first;
}
