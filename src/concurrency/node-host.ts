import { availableParallelism } from 'node:os';
import type { Host } from './host.js';

/** Node fires a longer timer at once. */
const longestTimerMs = 2_147_483_647;

/** The machine that Node runs on. */
export const nodeHost: Host = {
  cpuCount: () => availableParallelism(),
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number) => {
      timer =
        leftMs > longestTimerMs
          ? setTimeout(() => wait(leftMs - longestTimerMs), longestTimerMs)
          : setTimeout(callback, leftMs);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
