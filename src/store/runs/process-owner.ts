import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Owner } from './run-rows.js';

/** An owner elsewhere is taken for gone when it has said nothing for so long. */
const silenceMs = 30_000;

/** This process, as the owner of what it begins now. */
export function thisProcess(now: number): Owner {
  const { pid } = process;
  return { pid, host: hostname(), place: placeOfPids(), processStart: startOf(pid), since: now };
}

/** Whether an owner still works. @param heartbeat when it last said so, in milliseconds since 1970 */
export function isAlive(owner: Owner | null, heartbeat: number, now: number): boolean {
  if (owner === null) return false;
  const isSilent = now - heartbeat > silenceMs;
  if (owner.place !== placeOfPids()) return !isSilent;
  // Of this process it may be a thread that is gone.
  if (owner.pid === process.pid) return owner.processStart === startOf(owner.pid) && !isSilent;
  return lives(owner.pid) && owner.processStart === startOf(owner.pid);
}

/** Where a pid means the same process: this machine since it was started, and on Linux its space of pids. */
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

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** In /proc: ended, and kept only because nobody has asked for its exit code. That may stay so, as in a container. */
const endedStates = ['Z', 'X'];

/** When the process began, which tells it from a later one of the same pid; null where it ended or /proc does not say. */
function startOf(pid: number): string | null {
  try {
    // The name of the program, in parentheses, may have spaces in it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return endedStates.includes(fields[0] ?? '') ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
