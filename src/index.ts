import './orchestration/graph/graph-events.js';
import './model/pool/pool-options.js';
import './analysis/run-events.js';
import './classify/model-events.js';
import { storeErrors } from './analysis/store-errors.js';
import { calibrationErrors } from './classify/calibration/calibration.js';
import { promptErrors } from './classify/prompt/prompt.js';
import { dataErrors } from './data/data-errors.js';
import { experimentErrors } from './evaluate/experiment/experiment-plan.js';
import type { ErrorCatalogue } from './foundation/errors/chorale-error.js';
import { commonErrors } from './foundation/errors/common-errors.js';
import { modelErrors } from './model/model-errors.js';
import { conductorErrors } from './orchestration/conductor/conductor-errors.js';
import { graphErrors } from './orchestration/graph/graph-errors.js';
import { hubErrors } from './orchestration/hub/hub-errors.js';
import { parallelErrors } from './orchestration/parallel/parallel-errors.js';
import { chainErrors } from './orchestration/process-chain.js';
import { routeErrors } from './orchestration/process-conditional.js';
import { workflowErrors } from './orchestration/workflow/workflow-errors.js';

// The types of the events.

/** Every failure that chorale reports, by its stable code: exit code, whether it is retried, and a summary. */
export const errorCatalogue: ErrorCatalogue = {
  ...commonErrors,
  ...parallelErrors,
  ...chainErrors,
  ...routeErrors,
  ...graphErrors,
  ...workflowErrors,
  ...hubErrors,
  ...conductorErrors,
  ...modelErrors,
  ...dataErrors,
  ...promptErrors,
  ...calibrationErrors,
  ...storeErrors,
  ...experimentErrors,
};

// The sentiment of reviews.
export {
  type Analysis,
  type AnalyzeReviewsOptions,
  analyzeReviews,
  type ReviewInput,
} from './analysis/analyze-reviews.js';
export { type CalibrationRun, calibrateReviews } from './analysis/calibrate-reviews.js';
export { fingerprintChanges, fingerprintOf, textKey } from './analysis/fingerprint.js';
export type { LongReviewsSummary } from './analysis/long-reviews.js';
export type { Review, ReviewResult } from './analysis/review.js';
export { calibrationTarget, type StreamReviewsOptions } from './analysis/run-plan.js';
// Stores: where graphs and workflows keep their runs.
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
  RecordedRun,
  ReviewRunStatus,
  RunInput,
  RunProgress,
  RunStore,
} from './analysis/run-store.js';
export { RunBusyError, RunUnknownError, StoreError } from './analysis/store-errors.js';
export { type ReviewOutcome, type ReviewStream, streamReviews } from './analysis/stream-reviews.js';
export type { ConfidenceSummary, Cost, FailureCount, LatencySummary, Summary, TokenPrice } from './analysis/summary.js';
// The agent: a model, a prompt, the form of the answer and a policy.
export { type Agent, type AgentOptions, type AttemptReason, type ClassifyCall, createAgent } from './classify/agent.js';
// Calibration of the confidence, saved for later runs.
export type { Calibration } from './classify/calibration/calibration.js';
export {
  CalibrationError,
  CalibrationFileError,
  loadCalibration,
  saveCalibration,
} from './classify/calibration/calibration.js';
export type { LongHandling, LongStrategy, PromptSize } from './classify/long-texts/long-strategy.js';
export type { PacingOptions } from './classify/pacer.js';
export type { ParsedAnswer } from './classify/parse-answer.js';
export type { Prediction } from './classify/prediction.js';
// Prompts.
export type { FrontMatter, Prompt, PromptExample } from './classify/prompt/prompt.js';
export { PromptError } from './classify/prompt/prompt.js';
export { loadPrompt, parsePrompt, promptNames } from './classify/prompt/prompt-file.js';
export { ColumnError, InputError, OutputError, type Place, RowError } from './data/data-errors.js';
export {
  ExperimentError,
  type ExperimentPlan,
  planVariants,
  type Variant,
} from './evaluate/experiment/experiment-plan.js';
export type {
  ClassMetrics,
  ConfidenceMetrics,
  DataMetrics,
  Disagreement,
  ExperimentResult,
  PairedDifference,
  PairResult,
  ProportionMetric,
  QualityMetrics,
  StabilityMetrics,
  SuspectedLabelError,
  VariantResult,
} from './evaluate/experiment/experiment-result.js';
export type { LabelledRow } from './evaluate/experiment/labelled-rows.js';
export {
  type LabelledRows,
  labelRows,
  type RowChoice,
  type SplitName,
  splitOf,
} from './evaluate/experiment/labelled-rows.js';
export { type Experiment, type ExperimentOptions, runExperiment } from './evaluate/experiment/run-experiment.js';
export type { ExperimentStore, GridProgress } from './evaluate/experiment/run-round.js';
// Experiments: prompts, models and options compared on labelled rows.
export type { AnswerPair, AnswerTable } from './evaluate/experiment/variant-answers.js';
export type { CandidateResult, SearchResult, ValidationResult } from './evaluate/few-shot-search.js';
export { type FewShotSearch, type SearchOptions, searchFewShot } from './evaluate/few-shot-search.js';
export { ChoraleError, type CodedError, type ErrorCode } from './foundation/errors/chorale-error.js';
export {
  ConfigError,
  DefectError,
  InterruptedError,
  InvalidOptionError,
  ItemTimeoutError,
  RunTimeoutError,
  ThresholdMissedError,
  UnknownObserverError,
  UsageError,
} from './foundation/errors/common-errors.js';
export type { Event, EventData, EventType } from './foundation/events/event.js';
export { noopObserver, type Observer } from './foundation/events/event.js';
// Events and observers.
export { combineObservers, getObserver, registerObserver } from './foundation/events/observers.js';
export { type PinoObserver, type PinoObserverOptions, pinoObserver } from './foundation/events/pino-observer.js';
export { textObserver } from './foundation/events/text-observer.js';
export { nodeRuntime } from './foundation/node-runtime.js';
export type { RetryPolicy } from './foundation/retry.js';
export type { Runtime } from './foundation/runtime.js';
// Gates and limits of what is in flight.
export { type AdaptiveLimitOptions, createAdaptiveLimit } from './model/adaptive/adaptive-limit.js';
export { type HttpServiceOptions, httpService } from './model/http-service.js';
export { type LexiconOptions, lexicon } from './model/lexicon/lexicon-model.js';
// Models.
export type {
  ChatMessage,
  GenerationOptions,
  HostMetrics,
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
// Every error class, and the catalogue of their codes.
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
} from './model/model-errors.js';
export { type OllamaOptions, ollama } from './model/ollama/ollama-model.js';
export { type OpenAICompatibleOptions, openaiCompatible } from './model/openai/openai-model.js';
// Several servers as one model.
export { createPool, type Pool } from './model/pool/pool.js';
export type { PoolOptions } from './model/pool/pool-options.js';
export type { Upstream } from './model/pool/upstream.js';
export { Conductor, type ConductorLogger, type ConductorOptions } from './orchestration/conductor/conductor.js';
export {
  ConductorStateError,
  ProcessFailedError,
  ProcessUnfinishedError,
} from './orchestration/conductor/conductor-errors.js';
export type {
  ConductorEnd,
  Process,
  ProcessFailure,
  RunContext,
  StopContext,
} from './orchestration/conductor/process.js';
export type {
  Checkpoint,
  CheckpointChange,
  CheckpointStore,
  CheckpointSummary,
  Claim,
  Lease,
  NewRun,
  RunFilter,
  RunRecord,
  RunStatus,
} from './orchestration/graph/checkpoint-store.js';
export type { ForkOptions, Graph, ResumeOptions, RunOptions } from './orchestration/graph/graph.js';
export {
  CheckpointError,
  ExecutionError,
  GraphCancelledError,
  GraphError,
  LeaseError,
  SecretsMissingError,
  StepLimitError,
} from './orchestration/graph/graph-errors.js';
export type { CheckpointOptions, GraphOptions } from './orchestration/graph/graph-options.js';
export type { GraphResult } from './orchestration/graph/graph-run.js';
export type { NodeContext, NodeFunction } from './orchestration/graph/graph-shape.js';
export {
  type ChainNodeDefinition,
  chainNode,
  conditionalNode,
  type NodeHandler,
  type NodeRoutes,
  type ParallelNodeDefinition,
  parallelNode,
} from './orchestration/graph/integration-nodes.js';
export { always, and, keyEquals, keyExists, not, or, type Predicate } from './orchestration/graph/predicates.js';
export { State, type StateOptions } from './orchestration/graph/state.js';
export { StateGraph } from './orchestration/graph/state-graph.js';
export { createHub } from './orchestration/hub/create-hub.js';
// Orchestration: parallel runs, chains, routing, state graphs, hubs, workflows and conductors; also `chorale/orchestration`.
export type {
  AgentMetrics,
  DirectDraft,
  Handler,
  HandlerContext,
  Hub,
  HubMetrics,
  HubTypes,
  Incoming,
  OpenDraft,
  RequestOptions,
  SendOptions,
} from './orchestration/hub/hub.js';
export {
  HubAgentError,
  HubClosedError,
  HubCloseTimeoutError,
  HubDeadlockError,
  HubHandlerError,
  HubRequestTimeoutError,
  HubUnregisteredError,
} from './orchestration/hub/hub-errors.js';
export type { HubOptions } from './orchestration/hub/hub-options.js';
export {
  type Message,
  type MessageDraft,
  type MessageOptions,
  type MessageType,
  message,
  notification,
  type Priority,
  request,
  response,
} from './orchestration/hub/message.js';
export type { Store } from './orchestration/memory-store/memory-store.js';
export { memoryStore } from './orchestration/memory-store/memory-store.js';
export type { LimitChange, Limiter, LimiterSample } from './orchestration/parallel/limiter.js';
export type { StreamOutcome } from './orchestration/parallel/parallel-errors.js';
export {
  type Outcome,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  TaskError,
} from './orchestration/parallel/parallel-errors.js';
export {
  type ParallelOptions,
  processParallel,
  type RunBoundedOptions,
  runBounded,
} from './orchestration/parallel/process-parallel.js';
export { type StreamOptions, streamParallel } from './orchestration/parallel/stream-parallel.js';
export type { Processor, TaskContext, WorkerOptions } from './orchestration/parallel/workers.js';
export {
  ChainCancelledError,
  ChainError,
  type ChainOptions,
  type ChainProgress,
  type ChainResult,
  processChain,
  type StepContext,
  type StepProcessor,
} from './orchestration/process-chain.js';
export {
  type CompleteRoutes,
  ConditionalError,
  type PredicateContext,
  processConditional,
  type RouteContext,
  RouteError,
  type RouteHandler,
  type RoutePredicate,
  type RoutesWithDefault,
} from './orchestration/process-conditional.js';
export type { ProgressCallback } from './orchestration/progress.js';
export { createEngine } from './orchestration/workflow/create-engine.js';
export type { ParsingSchema, Schema, StandardSchema } from './orchestration/workflow/define-step.js';
export { defineStep, type WorkflowStepDefinition } from './orchestration/workflow/define-step.js';
export {
  defineWorkflow,
  type WorkflowBuilder,
  type WorkflowOptions,
  type WorkflowStart,
} from './orchestration/workflow/define-workflow.js';
export type { StepRun, WorkflowRun } from './orchestration/workflow/run-values.js';
export type {
  AnyStep,
  ConditionContext,
  Step,
  StepOutputs,
  StepState,
  Tolerance,
  WorkflowLogger,
  WorkflowStepContext,
} from './orchestration/workflow/step.js';
export type { EngineLogger } from './orchestration/workflow/step-log.js';
export type { Backoff, PartialSettings, StepSettings } from './orchestration/workflow/step-settings.js';
export type { Workflow } from './orchestration/workflow/workflow.js';
export type {
  EngineOptions,
  StartedRun,
  WorkflowEngine,
  WorkflowListOptions,
  WorkflowResult,
  WorkflowResumeOptions,
  WorkflowStartOptions,
} from './orchestration/workflow/workflow-engine.js';
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
} from './orchestration/workflow/workflow-errors.js';
export type {
  CommitAnswer,
  NewWorkflowRun,
  RecordedFailure,
  StepRecord,
  StepStatus,
  WorkflowChange,
  WorkflowClaim,
  WorkflowFilter,
  WorkflowRecord,
  WorkflowRunChange,
  WorkflowRunHeader,
  WorkflowStateEntry,
  WorkflowStatus,
  WorkflowStore,
} from './orchestration/workflow/workflow-store.js';
export { type LibsqlStoreOptions, libsqlStore } from './store/libsql/libsql-store.js';
export {
  type MemoryRunStoreOptions,
  type MemoryRuns,
  memoryRunStore,
  memoryRuns,
} from './store/runs/memory-run-store.js';
export { openRunStore, type RunStoreOptions } from './store/runs/open-run-store.js';
export type { OutcomePair } from './store/runs/outcome-pairs.js';
export {
  type FailureGroup,
  openRunArchive,
  type RunArchive,
  type RunHeader,
} from './store/runs/run-archive.js';
