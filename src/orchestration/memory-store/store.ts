import type { CheckpointStore } from '../graph/checkpoint-store.js';
import type { WorkflowStore } from '../workflow/workflow-store.js';

/** Where runs are kept: one part per concern. */
export interface Store {
  /** Of graphs. */
  readonly checkpoints: CheckpointStore;
  /** Of workflows. */
  readonly workflows: WorkflowStore;
  /** May be called again. Nothing can be read or written afterwards. */
  close(): void;
}
