import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { ahead, type Worker } from './work.js';

/** A worker in this process, which does not pause. */
export async function here<R>(path: string, use: (worker: Worker) => Promise<R>, aheadMs = 0): Promise<R> {
  const store = libsqlStore({ path });
  const worker: Worker = {
    name: 'here',
    store,
    log: `${path}.log`,
    leaseMs: 1_000,
    pause: async () => {},
    runtime: ahead(aheadMs),
  };
  try {
    return await use(worker);
  } finally {
    store.close();
  }
}
