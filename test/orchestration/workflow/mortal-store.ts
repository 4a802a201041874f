import type { WorkflowStore } from '../../../src/orchestration/workflow/workflow-store.js';

/** A store whose process dies at one of its writes: that one and all after it are lost. */
export function mortal(store: WorkflowStore, writes: number): WorkflowStore {
  let left = writes;
  return {
    ...store,
    commit(runId, fence, change) {
      left -= 1;
      if (left < 0) throw new Error('the process is dead');
      return store.commit(runId, fence, change);
    },
  };
}
