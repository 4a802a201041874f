import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { renderDuration } from '../../report/format-values.js';

/** A clock whose timers keep no process alive. */
export const idleClock: Pick<Runtime, 'now' | 'setTimer'> = {
  now: () => nodeRuntime.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** Silence after which it is said, and the longest time between two lines, in milliseconds. */
const firstMs = 5_000;
const longestMs = 60_000;

/** Watches work of which nothing is heard for a while. */
interface SilenceWatch {
  /** Something was heard. */
  heard(): void;
  stop(): void;
}

/**
 * Says that nothing is heard, for how long: after 5 s, and then less and less often.
 * @param say receives the wait in words: `waiting 5 s`
 */
export function watchSilence(
  say: (waiting: string) => void,
  clock: Pick<Runtime, 'now' | 'setTimer'> = idleClock,
): SilenceWatch {
  let cancel = () => {};
  const heard = () => {
    cancel();
    const since = clock.now();
    const wait = (pauseMs: number) => {
      cancel = clock.setTimer(pauseMs, () => {
        say(`waiting ${renderDuration(Math.round((clock.now() - since) / 1_000) * 1_000).replace('.0 s', ' s')}`);
        wait(Math.min(longestMs, 2 * pauseMs));
      });
    };
    wait(firstMs);
  };
  heard();
  return { heard, stop: () => cancel() };
}
