import { deadline } from '../foundation/abort.js';
import { InterruptedError, RunTimeoutError } from '../foundation/errors/chorale-error.js';
import { type Resources, withResources } from '../foundation/resources.js';
import type { Runtime } from '../foundation/runtime.js';
import { Conductor } from '../orchestration/conductor/conductor.js';
import { interruptedExitCode, stopSignals } from './early-signals.js';
import type { Terminal } from './terminal.js';

interface InterruptOptions {
  /** What becomes of what was done by then, for people. */
  readonly note?: string;
  /** Aborts the signal after so many milliseconds. @default never */
  readonly timeoutMs?: number | undefined;
}

/**
 * Runs a command as the one process of a conductor: the first Ctrl-C (or SIGTERM, SIGHUP) aborts its signal and waits
 * until it has written what was answered, however long; the second ends the program at once.
 * What the work has opened is closed at its end.
 */
export async function runUntilInterrupted<R>(
  terminal: Terminal,
  name: string,
  work: (signal: AbortSignal, resources: Resources) => Promise<R>,
  { note = 'what was answered is written', timeoutMs }: InterruptOptions = {},
): Promise<R> {
  let result: Promise<R> | undefined;
  const command = {
    name,
    run({ signal }: { readonly signal: AbortSignal }) {
      result = withResources((resources) => {
        const { runtime } = terminal.io;
        const limit = deadline(runtime, timeoutMs, () => new RunTimeoutError(timeoutMs ?? 0), signal);
        resources.defer(() => limit.release());
        return work(limit.signal, resources);
      });
      return result;
    },
    stop({ reason }: { readonly reason: unknown }) {
      if (!(reason instanceof InterruptedError)) return;
      terminal.log(`${reason.signalName}: stopping; ${note}. Once more to stop at once.`);
    },
  };
  const runtime = onePerKeyPress(terminal.io.runtime);
  const conductor = new Conductor([command], {
    signals: stopSignals,
    stopTimeoutMs: Number.POSITIVE_INFINITY,
    runtime,
  });
  const { forced } = await conductor.run().thenStop();
  if (forced || !result) {
    terminal.keepLine();
    return terminal.io.endAtOnce(interruptedExitCode);
  }
  return result;
}

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
