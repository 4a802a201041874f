/// <reference types="node" preserve="true" />
// The side-effect imports add the types of the events.
import './orchestration/graph/graph-events.js';
import './model/pool/pool-options.js';
import './analysis/run-events.js';
import './classify/model-events.js';
import { budgetErrors } from './analysis/budget-errors.js';
import { storeErrors } from './analysis/store-errors.js';
import { agentErrors } from './classify/agent-errors.js';
import { calibrationErrors } from './classify/calibration/calibration.js';
import { promptErrors } from './classify/prompt/prompt.js';
import { dataErrors } from './data/data-errors.js';
import { experimentErrors } from './evaluate/experiment/experiment-plan.js';
import { comparisonErrors } from './evaluate/predictions/predictions.js';
import { commonErrors, type ErrorCatalogue } from './foundation/errors/chorale-error.js';
import { modelErrors } from './model/model-errors.js';
import { conductorErrors } from './orchestration/conductor/conductor-errors.js';
import { graphErrors } from './orchestration/graph/graph-errors.js';
import { hubErrors } from './orchestration/hub/hub-errors.js';
import { parallelErrors } from './orchestration/parallel/parallel-errors.js';
import { chainErrors } from './orchestration/process-chain.js';
import { routeErrors } from './orchestration/process-conditional.js';
import { runErrors } from './orchestration/run-errors.js';
import { workflowErrors } from './orchestration/workflow/workflow-errors.js';

/** Every failure that chorale reports, by its stable code: exit code, whether it is retried, and a summary. */
export const errorCatalogue: ErrorCatalogue = {
  ...commonErrors,
  ...parallelErrors,
  ...chainErrors,
  ...routeErrors,
  ...runErrors,
  ...graphErrors,
  ...workflowErrors,
  ...hubErrors,
  ...conductorErrors,
  ...modelErrors,
  ...dataErrors,
  ...agentErrors,
  ...promptErrors,
  ...calibrationErrors,
  ...storeErrors,
  ...budgetErrors,
  ...experimentErrors,
  ...comparisonErrors,
};

export {
  type Analysis,
  type AnalyzeReviewsOptions,
  analyzeReviews,
  type ReviewInput,
} from './analysis/analyze-reviews.js';
export { type CalibrationRun, calibrateReviews } from './analysis/calibrate-reviews.js';
export type { LongReviewsSummary } from './analysis/long-reviews.js';
export type { Review } from './analysis/review.js';
export type { ReviewResult } from './analysis/review-result.js';
export { calibrationTarget, type StreamReviewsOptions } from './analysis/run-plan.js';
export type { RecordedRun } from './analysis/run-store.js';
export { StoreError } from './analysis/store-errors.js';
export { type ReviewOutcome, type ReviewStream, streamReviews } from './analysis/stream-reviews.js';
export type { ConfidenceSummary, Cost, FailureCount, LatencySummary, Summary, TokenPrice } from './analysis/summary.js';
export {
  type Agent,
  type AgentOptions,
  type AttemptReason,
  type ClassifyCall,
  createAgent,
} from './classify/agent.js';
export { ItemTimeoutError } from './classify/agent-errors.js';
export {
  type Calibration,
  CalibrationError,
  CalibrationFileError,
  loadCalibration,
  saveCalibration,
} from './classify/calibration/calibration.js';
export type { FieldSpec, FieldValue } from './classify/fields/field-spec.js';
export type { LongHandling, LongStrategy, PromptSize } from './classify/long-texts/long-strategy.js';
export type { PacingOptions } from './classify/pacer.js';
export type { ParsedAnswer } from './classify/parse-answer.js';
export type { Prediction } from './classify/prediction.js';
export { type FrontMatter, type Prompt, PromptError, type PromptExample } from './classify/prompt/prompt.js';
export { loadPrompt, parsePrompt, promptNames } from './classify/prompt/prompt-file.js';
export type { PromptInput } from './classify/prompt/prompt-input.js';
export { ColumnError, InputError, OutputError, RowError } from './data/data-errors.js';
export {
  ExperimentError,
  type ExperimentPlan,
  planVariants,
  type Variant,
} from './evaluate/experiment/experiment-plan.js';
export type { ExperimentResult, VariantResult } from './evaluate/experiment/experiment-result.js';
export { type LabelledRow, type LabelledRows, labelRows } from './evaluate/experiment/labelled-rows.js';
export { type Experiment, type ExperimentOptions, runExperiment } from './evaluate/experiment/run-experiment.js';
export {
  ChoraleError,
  type CodedError,
  ConfigError,
  DefectError,
  type ErrorCode,
  InterruptedError,
  InvalidOptionError,
  RunTimeoutError,
  ThresholdMissedError,
  UnknownObserverError,
  UsageError,
} from './foundation/errors/chorale-error.js';
export { type Event, type EventData, type EventType, noopObserver, type Observer } from './foundation/events/event.js';
export { combineObservers, getObserver, registerObserver, textObserver } from './foundation/events/observers.js';
export { type PinoObserver, type PinoObserverOptions, pinoObserver } from './foundation/events/pino-observer.js';
export type { RetryPolicy } from './foundation/retry.js';
export type { Runtime } from './foundation/runtime.js';
export { nodeRuntime } from './foundation/runtime.js';
export { type AdaptiveLimitOptions, createAdaptiveLimit } from './model/adaptive/adaptive-limit.js';
export { type HttpServiceOptions, httpService } from './model/http-service.js';
export { type LexiconOptions, lexicon } from './model/lexicon/lexicon-model.js';
export type {
  ChatMessage,
  GenerationOptions,
  JsonSchema,
  Model,
  ModelAnswer,
  ModelCall,
  ModelDurations,
  ModelInfo,
  ModelInput,
  ModelRequest,
  ModelUsage,
  TokenLogprob,
} from './model/model.js';
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
  PromptTooLongError,
} from './model/model-errors.js';
export { type OllamaOptions, ollama } from './model/ollama/ollama-model.js';
export { type OpenAICompatibleOptions, openaiCompatible } from './model/openai/openai-model.js';
export { createPool, type Pool } from './model/pool/pool.js';
export type { PoolOptions } from './model/pool/pool-options.js';
export type { Upstream } from './model/pool/upstream.js';
export {
  type Outcome,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  type StreamOutcome,
  TaskError,
} from './orchestration/parallel/parallel-errors.js';
export {
  type ParallelOptions,
  processParallel,
  type RunBoundedOptions,
  runBounded,
} from './orchestration/parallel/process-parallel.js';
export { type StreamOptions, streamParallel } from './orchestration/parallel/stream-parallel.js';
export type { Processor, TaskContext } from './orchestration/parallel/workers.js';
export type { ProgressCallback } from './orchestration/progress.js';
