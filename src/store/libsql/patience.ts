import { systemCodeOf } from '../../foundation/errors/chorale-error.js';

/** Longest wait within the driver, in milliseconds: nothing can end a call of it. */
const driverMs = 50;

/** A pause between two calls, in milliseconds. */
const pauseMs = 5;

/** How long calls of a driver wait for another process that writes. */
export interface Patience {
  /** Of one call of the driver, in milliseconds. */
  readonly driverMs: number;
  /** Calls until the file is not busy, the time is over, or somebody halts it; then the driver's error stands. */
  call<T>(call: () => T): T;
}

/**
 * @param busyTimeoutMs for one call, in milliseconds
 * @param halt a number in shared memory; no call waits any longer once it is not 0
 */
export function createPatience(busyTimeoutMs: number, halt = new Int32Array(new SharedArrayBuffer(4))): Patience {
  return {
    driverMs: Math.min(busyTimeoutMs, driverMs),
    call<T>(call: () => T): T {
      const until = performance.now() + busyTimeoutMs;
      for (;;) {
        try {
          return call();
        } catch (error) {
          if (!mayPass(error) || performance.now() >= until) throw error;
          if (Atomics.wait(halt, 0, 0, pauseMs) !== 'timed-out') throw error;
        }
      }
    },
  };
}

/** A snapshot that is too old to be written from stays so. */
function mayPass(error: unknown): boolean {
  const code = systemCodeOf(error) ?? '';
  return code.startsWith('SQLITE_BUSY') && code !== 'SQLITE_BUSY_SNAPSHOT';
}
