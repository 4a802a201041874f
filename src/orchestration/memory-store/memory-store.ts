import type { CheckpointStore } from '../graph/checkpoint-store.js';
import type { WorkflowStore } from '../workflow/workflow-store.js';
import { memoryCheckpoints } from './memory-checkpoints.js';
import { memoryWorkflows } from './memory-workflows.js';

/** Where runs are kept: one part per concern. */
export interface Store extends AsyncDisposable {
  /** Of graphs. */
  readonly checkpoints: CheckpointStore;
  /** Of workflows. */
  readonly workflows: WorkflowStore;
  /** May be called again. Nothing can be read or written afterwards. */
  close(): void;
}

/**
 * A store in the memory of this process: for tests, and for runs that need not survive it.
 *
 * @example
 * const graph = new StateGraph({ name: 'deploy', checkpoints: { store: memoryStore() } });
 */
export function memoryStore(): Store {
  return {
    checkpoints: memoryCheckpoints(),
    workflows: memoryWorkflows(),
    close() {},
    async [Symbol.asyncDispose]() {},
  };
}
