import type { EventEmitter } from 'node:events';
import { availableParallelism, constants } from 'node:os';
import { InvalidOptionError } from './errors/common-errors.js';
import type { Runtime } from './runtime.js';

/** Node fires a longer timer at once. */
const longestTimerMs = 2_147_483_647;

/** The signals that a process can listen to: the system handles the two others itself. */
const signalNames = Object.keys(constants.signals).filter((name) => name !== 'SIGKILL' && name !== 'SIGSTOP');

/** Only an emitter: what it is called with is checked here, not by its type. */
const signalSource: EventEmitter = process;

/** The machine that Node runs on. */
export const nodeRuntime: Runtime = {
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
  nextTurn(callback) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
  random: () => Math.random(),
  onSignal(names, listener) {
    const unknown = names.find((name) => !signalNames.includes(name));
    if (unknown !== undefined) throw new InvalidOptionError('signals', `of ${signalNames.join(', ')}`, unknown);
    const heard = (name: string) => listener(name);
    for (const name of names) signalSource.on(name, heard);
    return () => {
      for (const name of names) signalSource.off(name, heard);
    };
  },
};
