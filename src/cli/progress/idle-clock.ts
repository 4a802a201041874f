import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';

/** A clock whose timers keep no process alive. */
export const idleClock: Pick<Runtime, 'now' | 'setTimer'> = {
  now: () => nodeRuntime.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
