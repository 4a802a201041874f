import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRunning, processStart } from '../../concurrency/index.js';
import type { Owner } from './run-rows.js';

/** An owner elsewhere is taken for gone when it has said nothing for so long. */
const silenceMs = 30_000;

/** This process, as the owner of what it begins now. */
export function thisProcess(now: number): Owner {
  const { pid } = process;
  return { pid, host: hostname(), place: placeOfPids(), processStart: processStart(pid), since: now };
}

/** Whether an owner still works. @param heartbeat when it last said so, in milliseconds since 1970 */
export function isAlive(owner: Owner | null, heartbeat: number, now: number): boolean {
  if (owner === null) return false;
  const isSilent = now - heartbeat > silenceMs;
  if (owner.place !== placeOfPids()) return !isSilent;
  // Of this process it may be a thread that is gone.
  if (owner.pid === process.pid) return owner.processStart === processStart(owner.pid) && !isSilent;
  return isRunning(owner.pid) && owner.processStart === processStart(owner.pid);
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
