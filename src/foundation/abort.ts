import { setMaxListeners } from 'node:events';
import type { Runtime } from './runtime.js';

/** A controller to whose signal any number of workers may listen; Node would warn of a leak at the eleventh. */
export function createAbortController(): AbortController {
  const controller = new AbortController();
  // Not 0, which means the same: Node 20 then denies that it is an event target at all, and undici's fetch fails on it.
  setMaxListeners(Number.POSITIVE_INFINITY, controller.signal);
  return controller;
}

/** Signals of controllers that call back by themselves. */
const callsBack = new WeakSet<AbortSignal>();

/** A controller for one short piece of work: those who wait for its signal by `onAbort` need no listener, which costs more. */
export class BriefAbortController extends AbortController {
  constructor() {
    super();
    callsBack.add(this.signal);
  }

  override abort(reason?: unknown): void {
    super.abort(reason);
    watches.get(this.signal)?.listener();
  }
}

interface Watch {
  readonly callbacks: Set<(reason: unknown) => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls back once when the signal is aborted; at once where it is already. However many wait for the same signal, it has
 * one listener: Node would warn of a leak at the eleventh.
 * @param signal absent for one that is never aborted
 * @returns ends the wait, and may be called at any time; to be called in a `finally`
 */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (!signal) return nothing;
  if (signal.aborted) {
    callback(signal.reason);
    return nothing;
  }
  // A function of its own, so that two waits with the same callback are two.
  const called = (reason: unknown) => callback(reason);
  const { callbacks } = watches.get(signal) ?? listen(signal);
  callbacks.add(called);
  return () => {
    callbacks.delete(called);
    if (callbacks.size === 0) leave(signal, callbacks);
  };
}

function listen(signal: AbortSignal): Watch {
  const callbacks: Watch['callbacks'] = new Set();
  const listener = () => {
    leave(signal, callbacks);
    for (const callback of callbacks) callback(signal.reason);
  };
  const watch = { callbacks, listener };
  watches.set(signal, watch);
  if (!callsBack.has(signal)) signal.addEventListener('abort', listener);
  return watch;
}

function leave(signal: AbortSignal, callbacks: Watch['callbacks']): void {
  const watch = watches.get(signal);
  if (watch?.callbacks !== callbacks) return;
  watches.delete(signal);
  if (!callsBack.has(signal)) signal.removeEventListener('abort', watch.listener);
}

function nothing(): void {}

/** Settles as `work` does, or rejects with the signal's reason as soon as that is aborted; `work` is not stopped. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, reject);
    work.then(resolve, reject).finally(release);
  });
}

/** A controller that follows other signals until it is released. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Takes the listeners off the followed signals and stops the timers. Must be called, in a `finally`. */
  release(): void;
}

/** A controller that is aborted when any of the given signals is, with that signal's reason. */
export function linkAbort(...followed: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = createAbortController();
  const undo: (() => void)[] = [];
  for (const signal of followed) {
    undo.push(onAbort(signal, (reason) => controller.abort(reason)));
    if (controller.signal.aborted) break;
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release() {
      for (const step of undo) step();
      undo.length = 0;
    },
  };
}

/**
 * A linked controller that also aborts after `limitMs`.
 * @param limitMs milliseconds; `undefined` or Infinity for no limit
 * @param reason makes the abort reason when the limit is reached
 */
export function deadline(
  runtime: Runtime,
  limitMs: number | undefined,
  reason: () => unknown,
  ...followed: readonly (AbortSignal | undefined)[]
): LinkedAbort {
  const linked = linkAbort(...followed);
  if (limitMs === undefined || !Number.isFinite(limitMs) || linked.signal.aborted) return linked;
  const cancel = runtime.setTimer(limitMs, () => linked.abort(reason()));
  return {
    ...linked,
    release() {
      cancel();
      linked.release();
    },
  };
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(runtime: Runtime, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
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
const together = { ms: 100, share: 0.001 };

/**
 * Begins time limits of one length, many thousands a second: those that begin within a thousandth of the limit (at most
 * 100 ms) share a signal and a timer, because an AbortSignal costs more than many a piece of work. The later ones end that
 * much too early.
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
