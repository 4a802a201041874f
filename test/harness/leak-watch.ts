import { describePlace } from './places.js';
import { type AbortListeners, watchAbortListeners } from './watch-abort-listeners.js';
import { type ProcessListeners, watchProcessListeners } from './watch-process-listeners.js';
import { type Timers, watchTimers } from './watch-timers.js';

/** Watches what is created in a test process, and tells what of it is left. */
export interface LeakWatch {
  /** What exists now is not looked at by the next `end`. */
  begin(): void;
  /** Lets what is about to end do so, then describes what was created since `begin` and is left, one line each. */
  end(): Promise<string[]>;
  /** The same for everything since the file was begun that has not been told. */
  endOfFile(): Promise<string[]>;
}

/** The true function: a test may put a fake in its place. */
const nextTurn = globalThis.setImmediate;

let watch: LeakWatch | undefined;

/** The watch of this process. The first call patches timers and abort signals, and listens to unhandled rejections. */
export function watchLeaks(): LeakWatch {
  watch ??= createLeakWatch();
  return watch;
}

function createLeakWatch(): LeakWatch {
  const timers = watchTimers();
  const abortListeners = watchAbortListeners();
  const rejections: unknown[] = [];
  process.on('unhandledRejection', (reason) => void rejections.push(reason));
  const processListeners = watchProcessListeners();
  return {
    begin() {
      timers.forget();
      abortListeners.forget();
      processListeners.forget();
    },
    end: () => describe(timers, abortListeners, processListeners, rejections),
    endOfFile() {
      timers.remember();
      abortListeners.remember();
      processListeners.remember();
      return describe(timers, abortListeners, processListeners, rejections);
    },
  };
}

async function describe(
  timers: Timers,
  abortListeners: AbortListeners,
  processListeners: ProcessListeners,
  rejections: unknown[],
): Promise<string[]> {
  // A rejection shows after a turn of the event loop; what was closed needs one or two more to be gone.
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => void nextTurn(resolve));
  await timers.settle();
  return [
    ...rejections.splice(0).map((reason) => `an unhandled rejection: ${describeReason(reason)}`),
    ...timers.takeLeft(),
    ...processListeners.takeLeft(),
    ...abortListeners.takeLeft(),
  ];
}

function describeReason(reason: unknown): string {
  return reason instanceof Error ? `${reason.name}: ${reason.message}, made ${describePlace(reason)}` : String(reason);
}
