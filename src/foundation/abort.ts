import { setMaxListeners } from 'node:events';
import type { Runtime } from './runtime.js';

/** A controller to whose signal any number of workers may listen; Node would warn of a leak at the eleventh. */
export function createAbortController(): AbortController {
  const controller = new AbortController();
  // Not 0, which means the same: Node 20 then denies that it is an event target at all, and undici's fetch fails on it.
  setMaxListeners(Number.POSITIVE_INFINITY, controller.signal);
  return controller;
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
  signal.addEventListener('abort', listener);
  return watch;
}

function leave(signal: AbortSignal, callbacks: Watch['callbacks']): void {
  const watch = watches.get(signal);
  if (watch?.callbacks !== callbacks) return;
  watches.delete(signal);
  signal.removeEventListener('abort', watch.listener);
}

function nothing(): void {}

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
