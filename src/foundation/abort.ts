import { createAbortController } from './abort-controller.js';
import { onAbort } from './on-abort.js';
import type { Runtime } from './runtime.js';

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
