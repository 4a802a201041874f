import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process that holds something shows a sign of life this often. */
export const heartbeatMs = 5_000;

/** Without a sign of life for this long, a process that cannot be looked up counts as gone. */
const silenceMs = 30_000;

/** Distinguishes a process from all others, also from a later one of the same number, in another container or machine. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The name of the machine, for people. */
  readonly host: string;
  /** Where this pid means this process; null if only the host name is known. */
  readonly place: string | null;
  /** When the process began, as the system counts; null if it does not say. */
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

/** A zombie in /proc: ended, but its exit code was not read. It may stay, for example in a container. */
const endedStates = ['Z', 'X'];

/** Whether a process with this number works on this host. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It may exist and belong to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return !endedStates.includes(statOf(pid)?.[0] ?? '');
}

/**
 * When a process began, in clock ticks since the system did: it tells the process from a later one of the same number.
 * Null if it has ended, or the system does not say.
 */
function processStart(pid: number): string | null {
  const stat = statOf(pid);
  return stat === null || endedStates.includes(stat[0] ?? '') ? null : (stat[19] ?? null);
}

/** What Linux says of a process, from its state on; null if there is no /proc. */
function statOf(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before, in parentheses, may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
