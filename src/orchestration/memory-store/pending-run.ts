import type { NewWorkflowRun, WorkflowRecord } from '../workflow/workflow-store.js';

/** A new run as it is recorded. */
export function pendingRun(run: NewWorkflowRun): WorkflowRecord {
  return {
    ...run,
    status: 'pending',
    cancelRequested: false,
    error: null,
    output: null,
    startedAt: null,
    completedAt: null,
    fence: 1,
    steps: [],
    state: [],
  };
}
