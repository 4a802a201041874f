import { InterruptedError } from '../errors/index.js';
import { tell } from './standard-streams.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const exitCode = 130;

/** A signal that the first Ctrl-C (or SIGTERM, SIGHUP) aborts. The second ends the process at once. */
export function watchInterrupts(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitCode);
    tell(`${name}: stopping; what was answered is written. Once more to stop at once.`);
    controller.abort(new InterruptedError(name));
  };
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    release() {
      for (const name of signals) process.off(name, stop);
    },
  };
}
