import { nodeHost } from '../../foundation/node-runtime.js';
import type { Host } from '../../foundation/runtime.js';

/** A clock whose timers keep no process alive. */
export const idleClock: Pick<Host, 'now' | 'setTimer'> = {
  now: () => nodeHost.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
