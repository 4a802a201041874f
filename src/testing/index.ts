/// <reference types="node" preserve="true" />
export type { CheckpointStoreCase, CheckpointStoreSubject } from './checkpoint-rules.js';
export { checkpointStoreContract } from './checkpoint-store-contract.js';
export { createManualClock, type ManualClock, type ManualClockOptions } from './manual-clock.js';
export {
  type ContractRequest,
  type ModelContractCase,
  type ModelSubject,
  modelContract,
  type NotApplicable,
  type SilentModel,
} from './model-contract.js';
export { createRecordingObserver, type RecordingObserver } from './recording-observer.js';
export { type RunStoreCase, type RunStoreSubject, runStoreContract } from './run-store-contract.js';
export {
  createScriptedModel,
  type Script,
  type ScriptedAnswer,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptStep,
} from './scripted-model.js';
export type { WorkflowStoreCase, WorkflowStoreSubject } from './workflow-rules.js';
export { workflowStoreContract } from './workflow-store-contract.js';
