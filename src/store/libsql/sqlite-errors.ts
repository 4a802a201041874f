import { StoreError } from '../../analysis/store-errors.js';
import { messageOf, systemCodeOf } from '../../foundation/errors/chorale-error.js';

/** What is wrong, and what to do, by the primary code of SQLite. */
const known: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
  SQLITE_NOTADB: ['this is not a database, or it is damaged', 'move it away, restore a copy, or choose another path'],
  SQLITE_CORRUPT: ['the database is damaged', 'move it away, restore a copy, or choose another path'],
  SQLITE_BUSY: ['the database is locked by another process', 'end that process, or try again when it is done'],
  SQLITE_READONLY: ['the file cannot be written', 'make the file and its folder writable, or choose another path'],
  SQLITE_CANTOPEN: ['the file cannot be opened', 'make the file and its folder writable, or choose another path'],
  SQLITE_FULL: ['the disk is full', 'make room, and run again: what was written is kept'],
  SQLITE_IOERR: ['the disk does not answer', 'look at the disk; what was written is kept'],
};

/** The failure of a driver's call, in terms of the file. An error of the store itself stays as it is. */
export function toStoreError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = messageOf(error);
  const [problem, remedy] = known[primaryCode(error, message)] ?? [message, 'this is what the database says'];
  return new StoreError(path, problem, remedy, { cause: error });
}

/** `SQLITE_BUSY` of `SQLITE_BUSY_SNAPSHOT`; a failure to connect has its number at the end of the message only. */
function primaryCode(error: unknown, message: string): string {
  if (/Unable to open connection .*: 14\b/.test(message)) return 'SQLITE_CANTOPEN';
  const code = systemCodeOf(error) ?? '';
  return code.split('_').slice(0, 2).join('_');
}

/** Longest wait within the driver, in milliseconds: nothing can end a call of it. */
const driverMs = 50;

/** A pause between two calls, in milliseconds. */
export const pauseMs = 5;

/** How long calls of a driver wait for another process that writes. */
export class Patience {
  /** Of one call of the driver, in milliseconds. */
  readonly driverMs: number;

  /**
   * @param busyTimeoutMs for one call, in milliseconds
   * @param waits whether the driver itself may wait
   * @param halt a number in shared memory; no call waits any longer once it is not 0
   */
  constructor(
    readonly busyTimeoutMs: number,
    waits = true,
    private readonly halt = new Int32Array(new SharedArrayBuffer(4)),
  ) {
    this.driverMs = waits ? Math.min(busyTimeoutMs, driverMs) : 0;
  }

  /**
   * Calls once. @returns whether the file was not busy
   * @param until when, on the clock of `performance`, the driver's error stands; @default never
   */
  isFree(call: () => unknown, until = Number.POSITIVE_INFINITY): boolean {
    try {
      call();
      return true;
    } catch (error) {
      if (!mayPass(error) || performance.now() >= until) throw error;
      return false;
    }
  }

  /** Calls until the file is not busy, the time is over, or somebody halts it; then the driver's error stands. */
  call<T>(call: () => T): T {
    const until = performance.now() + this.busyTimeoutMs;
    for (;;) {
      try {
        return call();
      } catch (error) {
        if (!mayPass(error) || performance.now() >= until) throw error;
        if (Atomics.wait(this.halt, 0, 0, pauseMs) !== 'timed-out') throw error;
      }
    }
  }
}

/** A snapshot that is too old to be written from stays so. */
function mayPass(error: unknown): boolean {
  const code = systemCodeOf(error) ?? '';
  return code.startsWith('SQLITE_BUSY') && code !== 'SQLITE_BUSY_SNAPSHOT';
}
