import { readFileSync } from 'node:fs';

/** In /proc: ended, and kept only because nobody has asked for its exit code. That may stay so, as in a container. */
const endedStates = ['Z', 'X'];

/** Whether a process with this number works on this host. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It may be there, and somebody else's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return !endedStates.includes(statOf(pid)?.[0] ?? '');
}

/**
 * When a process began, in clock ticks since the system did: it tells the process from a later one of the same number.
 * Null where it has ended, or the system does not say.
 */
export function processStart(pid: number): string | null {
  const stat = statOf(pid);
  return stat === null || endedStates.includes(stat[0] ?? '') ? null : (stat[19] ?? null);
}

/** What Linux says of a process, from its state on; null where there is no /proc. */
function statOf(pid: number): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before, in parentheses, may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
