import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRunning, processStart } from './process-life.js';

/** A process that holds something shows a sign of life this often. */
export const heartbeatMs = 5_000;

/** Without a sign of life for this long, a process that cannot be looked up counts as gone. */
const silenceMs = 30_000;

/** Distinguishes a process from all others, also from a later one of the same number, in another container or machine. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The name of the machine, for people. */
  readonly host: string;
  /** Where this pid means this process; null where only the host name is known. */
  readonly place: string | null;
  /** When the process began, as the system counts; null where it does not say. */
  readonly processStart: string | null;
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  const { pid } = process;
  return { pid, host: hostname(), place: placeOfPids(), processStart: processStart(pid) };
}

/**
 * Whether a process still works. One of the same place is looked up; of any other only its signs of life are known.
 * @param silentMs time since its last sign of life. A negative one is as good as a positive one: a clock was set back.
 */
export function isAlive(identity: ProcessIdentity, silentMs: number): boolean {
  const isSilent = Math.abs(silentMs) > silenceMs;
  if (!isHere(identity)) return !isSilent;
  const { pid, processStart: start } = identity;
  if (!isRunning(pid)) return false;
  const found = processStart(pid);
  // Where the system does not say when a process began, it may be a later one of the same number.
  if (start === null || found === null) return !isSilent;
  if (start !== found) return false;
  // In this process it may be a thread that is gone.
  return pid !== process.pid || !isSilent;
}

/** Whether the pid of an identity means the same process here. */
export function isHere({ host, place }: ProcessIdentity): boolean {
  return place === null ? host === hostname() : place === placeOfPids();
}

/** This machine since it was started and, on Linux, its name space of pids: a container has its own. */
function placeOfPids(): string {
  const read = (call: () => string) => {
    try {
      return call().trim();
    } catch {
      return '';
    }
  };
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const space = read(() => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), boot, space].join(' ');
}
