import type { Runtime } from '../../foundation/runtime.js';

/** Package runners (npx, pnpm) pass Ctrl-C on to a program that the terminal has signalled already: within this time. */
const samePressMs = 500;

/** A host that hears signals of one key press, or of one `kill`, once. */
export function onePerKeyPress(runtime: Runtime): Runtime {
  return {
    ...runtime,
    onSignal(names, listener) {
      let heardAt = Number.NEGATIVE_INFINITY;
      return runtime.onSignal(names, (name) => {
        const now = runtime.now();
        if (now - heardAt < samePressMs) return;
        heardAt = now;
        listener(name);
      });
    },
  };
}
