import type { Runtime } from '../../src/foundation/runtime.js';
import { createManualClock, type ManualClock } from '../../src/testing/index.js';

/** A manual clock that tells when the timer of the first token, which is that of `delayMs`, is called off. */
export function watchTimer(delayMs: number): { readonly clock: ManualClock; readonly calledOff: Promise<void> } {
  const clock = createManualClock();
  let tell: () => void = () => {};
  const calledOff = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const setTimer: Runtime['setTimer'] = (delay, callback) => {
    const cancel = clock.setTimer(delay, callback);
    return () => {
      cancel();
      if (delay === delayMs) tell();
    };
  };
  return { clock: Object.create(clock, { setTimer: { value: setTimer } }), calledOff };
}
