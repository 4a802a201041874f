export { CalibrationError, CalibrationFileError } from './calibration-errors.js';
export { type ErrorCode, type ErrorEntry, errorCatalogue } from './catalogue.js';
export { ChainCancelledError, ChainError, type ChainProgress } from './chain-errors.js';
export {
  ChoraleError,
  type CodedError,
  codeOf,
  isCodedError,
  isRetryable,
  isWorthAnotherSeed,
  messageOf,
  nameOf,
} from './chorale-error.js';
export { ConditionalError } from './conditional-errors.js';
export {
  ConductorStateError,
  ProcessFailedError,
  ProcessUnfinishedError,
  type Unfinished,
} from './conductor-errors.js';
export { ColumnError, InputError, OutputError, type Place, RowError } from './data-errors.js';
export { ExperimentError } from './experiment-errors.js';
export {
  CheckpointError,
  ExecutionError,
  GraphCancelledError,
  GraphError,
  LeaseError,
  SecretsMissingError,
  StepLimitError,
} from './graph-errors.js';
export {
  HubAgentError,
  HubClosedError,
  HubCloseTimeoutError,
  HubDeadlockError,
  HubHandlerError,
  HubRequestTimeoutError,
  HubUnregisteredError,
} from './hub-errors.js';
export { listNames } from './list-names.js';
export {
  AnswerInvalidError,
  AnswerRefusedError,
  AnswerTruncatedError,
  ModelAddressError,
  ModelAuthError,
  ModelBusyError,
  ModelCutOffError,
  ModelFailedError,
  ModelMissingError,
  ModelOversizeError,
  ModelRejectedError,
  ModelResponseError,
  ModelSilentError,
  ModelTimeoutError,
  ModelUnavailableError,
  ModelUnknownError,
  ModelUnresponsiveError,
  type PromptLength,
  PromptTooLongError,
  pullAdvice,
} from './model-errors.js';
export { didYouMean, nearestName } from './nearest-name.js';
export { oneLine } from './one-line.js';
export {
  type Outcome,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  TaskError,
} from './parallel-errors.js';
export { RouteError, type RoutePosition } from './route-errors.js';
export {
  DefectError,
  InterruptedError,
  ItemTimeoutError,
  RunTimeoutError,
  ThresholdMissedError,
} from './run-errors.js';
export { RunBusyError, RunUnknownError, StoreError } from './store-errors.js';
export { systemCodeOf } from './system-code.js';
export { ConfigError, InvalidOptionError, PromptError, UnknownObserverError, UsageError } from './usage-errors.js';
export {
  type SchemaIssue,
  StepOutputError,
  StepTimeoutError,
  StepValidationError,
  WorkflowBusyError,
  WorkflowCancelledError,
  WorkflowDefinitionError,
  WorkflowError,
  WorkflowMismatchError,
  WorkflowRunUnknownError,
} from './workflow-errors.js';
