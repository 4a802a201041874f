import { setFlagsFromString } from 'node:v8';
import { nodeRuntime } from '../foundation/runtime.js';
import type { Io } from './io.js';

/** Time for a thread of the store to leave the call that it is in, in milliseconds. */
const haltMs = 500;

/** Work of Node's thread pool. Its threads are waited for when the process exits, however long. */
const pooledWork = /^(?:FSReq|GetAddrInfo|GetNameInfo)/;

/** The streams, the environment and the signals of this process. */
export function processIo(): Io {
  // A late failure of a stream has no reader any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    script: process.argv[1] ?? '',
    runtime: nodeRuntime,
    // Left to itself, V8 lets the heap become several times as large as what is in it.
    boundHeap: (growingPercent) => setFlagsFromString(`--heap-growing-percent=${growingPercent}`),
    endAtOnce,
  };
}

/**
 * A thread of a store that exits within a call of its driver aborts the process; it is halted first. A thread of Node's
 * pool that does not return would keep the process: the signal ends it then, which a shell shows as the same code.
 */
async function endAtOnce(exitCode: number): Promise<never> {
  const { haltStoreThreads } = await import('../store/runs/thread-client.js');
  const isIdle = await haltStoreThreads(haltMs);
  const isFree = !process.getActiveResourcesInfo().some((name) => pooledWork.test(name));
  if (isIdle && isFree) process.exit(exitCode);
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
  // The signal is on its way.
  return new Promise(() => {});
}
