import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Tells a process from all others, also from a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  readonly host: string;
  /** When it started, as the system counts; null where it does not tell. */
  readonly started: string | null;
}

/** The mark of this process. */
export function ownMark(): ProcessMark {
  return { pid: process.pid, host: hostname(), started: startOf(process.pid) };
}

/** Whether the process has ended, for certain: one on another host never has. */
export function hasEnded({ pid, host, started }: ProcessMark): boolean {
  if (host !== hostname()) return false;
  return !isRunning(pid) || (started !== null && startOf(pid) !== null && startOf(pid) !== started);
}

/** Whether a process with this number runs on this host. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It may be there without a right to be told.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Linux tells the start in clock ticks since the system's own, in field 22; the second field may hold anything. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
