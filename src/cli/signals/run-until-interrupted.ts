import { InterruptedError } from '../../foundation/errors/common-errors.js';
import { Conductor } from '../../orchestration/conductor/conductor.js';
import type { Terminal } from '../terminal.js';
import { interruptedExitCode, stopSignals } from './early-signals.js';
import { onePerKeyPress } from './one-key-press.js';

/**
 * Runs a command as the one process of a conductor: the first Ctrl-C (or SIGTERM, SIGHUP) aborts its signal and waits
 * until it has written what was answered, however long; the second ends the program at once.
 * @param note what becomes of what was done by then, for people
 */
export async function runUntilInterrupted<R>(
  terminal: Terminal,
  name: string,
  work: (signal: AbortSignal) => Promise<R>,
  note = 'what was answered is written',
): Promise<R> {
  let result: Promise<R> | undefined;
  const command = {
    name,
    run({ signal }: { readonly signal: AbortSignal }) {
      result = work(signal);
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
