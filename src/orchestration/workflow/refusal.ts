import { WorkflowBusyError, WorkflowCancelledError, WorkflowRunUnknownError } from './workflow-errors.js';

/** Why a change was refused: errors that say themselves which run it is. */
export type Refusal = WorkflowCancelledError | WorkflowBusyError | WorkflowRunUnknownError;

export function isRefusal(error: unknown): error is Refusal {
  return (
    error instanceof WorkflowCancelledError ||
    error instanceof WorkflowBusyError ||
    error instanceof WorkflowRunUnknownError
  );
}
