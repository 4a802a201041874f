import { InterruptedError } from '../../foundation/errors/run-errors.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import { Conductor } from '../../orchestration/conductor/conductor.js';
import { tell } from '../standard-streams.js';
import { interruptedExitCode, stopSignals } from './early-signals.js';
import { endAtOnce } from './end-at-once.js';
import { onePerKeyPress } from './one-key-press.js';

/**
 * Runs a command as the one process of a conductor: the first Ctrl-C (or SIGTERM, SIGHUP) aborts its signal and waits
 * until it has written what was answered, however long; the second ends the program at once.
 * @param note what becomes of what was done by then, for people
 */
export async function runUntilInterrupted<R>(
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
      tell(`${reason.signalName}: stopping; ${note}. Once more to stop at once.`);
    },
  };
  const runtime = onePerKeyPress(nodeRuntime);
  const conductor = new Conductor([command], {
    signals: stopSignals,
    stopTimeoutMs: Number.POSITIVE_INFINITY,
    runtime,
  });
  const { forced } = await conductor.run().thenStop();
  if (forced || !result) return endAtOnce(interruptedExitCode);
  return result;
}
