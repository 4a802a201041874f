import { requireKnown } from '../../foundation/known-options.js';
import type { Store } from '../../orchestration/memory-store/memory-store.js';
import { libsqlCheckpoints } from './checkpoint-store.js';
import { giveBack } from './give-back.js';
import { openDatabase } from './open-database.js';
import { libsqlWorkflows } from './workflow-store.js';

/** Options of `libsqlStore`. */
export interface LibsqlStoreOptions {
  /** Of the file; its folder must exist. The address of a remote database is rejected. */
  readonly path: string;
}

/**
 * A store in a libSQL file, which it makes where there is none. What a call wrote survives the end of the process,
 * however sudden; after a power failure the last few writes may be missing, and the file is intact (WAL,
 * synchronous=NORMAL). Several processes may use one file. The address of a remote database is rejected: the driver is
 * synchronous, and every write would stop the process for a network round trip.
 *
 * @throws StoreError when the file or its folder is missing, damaged, locked, not writable, or of a newer schema
 *
 * @example
 * const store = libsqlStore({ path: 'runs.db' });
 * const graph = new StateGraph({ name: 'deploy', checkpoints: { store } });
 */
export function libsqlStore(options: LibsqlStoreOptions): Store {
  requireKnown('libsqlStore', options, { path: true });
  const { path } = options;
  const database = openDatabase(path, [], '', { waits: false, givesBack: true });
  try {
    const shrink = () => giveBack(database);
    const checkpoints = libsqlCheckpoints(database, shrink);
    const close = () => database.close();
    const workflows = libsqlWorkflows(database, shrink);
    return { checkpoints, workflows, close, [Symbol.asyncDispose]: async () => close() };
  } catch (error) {
    database.close();
    throw error;
  }
}
