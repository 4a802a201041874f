import { haltStoreThreads } from '../../store/runs/thread-client.js';
import { leaveLine } from '../standard-streams.js';

/** Time for a thread of the store to leave the call that it is in, in milliseconds. */
const haltMs = 500;

/** Work of Node's thread pool. Its threads are waited for when the process exits, however long. */
const pooledWork = /^(?:FSReq|GetAddrInfo|GetNameInfo)/;

/**
 * Ends the process without waiting for its work. A thread of a store that exits within a call of its driver aborts the
 * process; it is halted first. A thread of Node's pool that does not return would keep the process: the signal ends it
 * then, which a shell shows as the same code.
 */
export async function endAtOnce(exitCode: number): Promise<never> {
  leaveLine();
  const isIdle = await haltStoreThreads(haltMs);
  const isFree = !process.getActiveResourcesInfo().some((name) => pooledWork.test(name));
  if (isIdle && isFree) process.exit(exitCode);
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
  // The signal is on its way.
  return new Promise(() => {});
}
