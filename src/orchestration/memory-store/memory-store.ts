import { memoryCheckpoints } from './memory-checkpoints.js';
import type { Store } from './store.js';
import { memoryWorkflows } from './workflow-runs.js';

/**
 * A store in the memory of this process: for tests, and for runs that need not survive it.
 *
 * @example
 * const graph = new StateGraph({ name: 'deploy', checkpoints: { store: memoryStore() } });
 */
export function memoryStore(): Store {
  return { checkpoints: memoryCheckpoints(), workflows: memoryWorkflows(), close() {} };
}
