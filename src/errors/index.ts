export { type ErrorCode, type ErrorEntry, errorCatalogue } from './catalogue.js';
export { ChoraleError, type CodedError, codeOf, isCodedError, isRetryable, messageOf } from './chorale-error.js';
export { ColumnError, InputError, OutputError, type Place, RowError } from './data-errors.js';
export {
  AnswerInvalidError,
  AnswerTruncatedError,
  ModelBusyError,
  ModelCutOffError,
  ModelMissingError,
  ModelRejectedError,
  ModelResponseError,
  ModelSilentError,
  ModelTimeoutError,
  ModelUnavailableError,
  PromptTooLongError,
} from './model-errors.js';
export { nearestName } from './nearest-name.js';
export { ParallelCancelledError, ParallelError, TaskError } from './parallel-errors.js';
export {
  DefectError,
  InterruptedError,
  ItemTimeoutError,
  RunTimeoutError,
  ThresholdMissedError,
} from './run-errors.js';
export { ConfigError, InvalidOptionError, PromptError, UnknownObserverError, UsageError } from './usage-errors.js';
