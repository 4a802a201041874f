/// <reference types="node" preserve="true" />
export { BudgetError, BudgetUncountedError } from '../analysis/budget-errors.js';
export { fingerprintChanges, fingerprintOf, textKey } from '../analysis/fingerprint.js';
export type {
  BegunRun,
  CachedPrediction,
  Fingerprint,
  InputScan,
  JsonObject,
  Lookup,
  NewReviewRun,
  OutcomeRecord,
  RecordedPrediction,
  ReviewRunStatus,
  RunInput,
  RunProgress,
  RunStore,
} from '../analysis/run-store.js';
export { RunUnknownError, StoreError } from '../analysis/store-errors.js';
export type {
  Checkpoint,
  CheckpointChange,
  CheckpointStore,
  Claim,
  Lease,
  NewRun,
  NodeRecord,
  ParentRun,
  RunFilter,
  RunRecord,
} from '../orchestration/graph/checkpoint-store.js';
export { memoryStore, type Store } from '../orchestration/memory-store/memory-store.js';
export { RunBusyError, RunMismatchError, type RunOwner } from '../orchestration/run-errors.js';
export type {
  CommitAnswer,
  ItemRecord,
  NewWorkflowRun,
  PauseAnswer,
  PauseRecord,
  RunHeaderRecord,
  StepRecord,
  WorkflowChange,
  WorkflowClaim,
  WorkflowFilter,
  WorkflowPruneFilter,
  WorkflowRecord,
  WorkflowRunChange,
  WorkflowStateEntry,
  WorkflowStore,
} from '../orchestration/workflow/workflow-store.js';
export { type LibsqlStoreOptions, libsqlStore } from './libsql/libsql-store.js';
export { type MemoryRunStoreOptions, type MemoryRuns, memoryRunStore, memoryRuns } from './runs/memory-run-store.js';
export { openRunStore, type RunStoreOptions } from './runs/open-run-store.js';
export type { OutcomePair } from './runs/outcome-pairs.js';
export { type FailureGroup, openRunArchive, type RunArchive, type RunHeader } from './runs/run-archive.js';
