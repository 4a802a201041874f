import type { EventEmitter } from 'node:events';
import { availableParallelism, constants } from 'node:os';
import { InvalidOptionError } from './errors/chorale-error.js';

/**
 * What the machine provides: processor count, clocks, timers, RNG and signals of the system. Everything that
 * coordinates takes one.
 */
export interface Runtime {
  /** Number of processors that this process may use. */
  cpuCount(): number;
  /** Monotonic time in milliseconds, with fractions. */
  now(): number;
  /** Milliseconds since the epoch. */
  wallTime(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  setTimer(delayMs: number, callback: () => void): () => void;
  /**
   * Calls back once the process has looked at its timers and its input, as soon as it can: for work without end, which
   * must let others have their turn. No time passes meanwhile. The returned function cancels.
   */
  nextTurn(callback: () => void): () => void;
  /** A number in [0, 1). */
  random(): number;
  /**
   * Calls back with the name each time the system sends one of these signals (`SIGINT`, `SIGTERM`, …) to the process.
   * While somebody listens, the signal does not end the process. The returned function takes the listener off again.
   * @throws InvalidOptionError for a name that this system does not know, or lets nobody listen to
   */
  onSignal(names: readonly string[], listener: (name: string) => void): () => void;
}

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
