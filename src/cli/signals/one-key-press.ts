import type { Host } from '../../foundation/runtime.js';

/** Package runners (npx, pnpm) pass Ctrl-C on to a program that the terminal has signalled already: within this time. */
const samePressMs = 500;

/** A host that hears signals of one key press, or of one `kill`, once. */
export function onePerKeyPress(host: Host): Host {
  return {
    ...host,
    onSignal(names, listener) {
      let heardAt = Number.NEGATIVE_INFINITY;
      return host.onSignal(names, (name) => {
        const now = host.now();
        if (now - heardAt < samePressMs) return;
        heardAt = now;
        listener(name);
      });
    },
  };
}
