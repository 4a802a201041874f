import { hostname } from 'node:os';
import { isRunning, processStart } from '../concurrency/index.js';

/** Tells a process from all others, also from a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  readonly host: string;
  /** When it started, as the system counts; null where it does not tell. */
  readonly started: string | null;
}

/** The mark of this process. */
export function ownMark(): ProcessMark {
  return { pid: process.pid, host: hostname(), started: processStart(process.pid) };
}

/** Whether the process has ended, for certain: one on another host never has. */
export function hasEnded({ pid, host, started }: ProcessMark): boolean {
  if (host !== hostname()) return false;
  return !isRunning(pid) || (started !== null && processStart(pid) !== null && processStart(pid) !== started);
}
