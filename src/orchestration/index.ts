/// <reference types="node" preserve="true" />
import './graph/graph-events.js';

export {
  ChoraleError,
  type CodedError,
  type ErrorCode,
  InterruptedError,
  InvalidOptionError,
  UnknownObserverError,
} from '../foundation/errors/chorale-error.js';
export { type Event, type EventData, type EventType, noopObserver, type Observer } from '../foundation/events/event.js';
export { combineObservers, getObserver, registerObserver, textObserver } from '../foundation/events/observers.js';
export { type PinoObserver, type PinoObserverOptions, pinoObserver } from '../foundation/events/pino-observer.js';
export type { Runtime } from '../foundation/runtime.js';
export { nodeRuntime } from '../foundation/runtime.js';
export type { AttemptOptions, Backoff } from './attempts.js';
export { Conductor, type ConductorLogger, type ConductorOptions } from './conductor/conductor.js';
export { ConductorStateError, ProcessFailedError, ProcessUnfinishedError } from './conductor/conductor-errors.js';
export type { ConductorEnd, Process, ProcessFailure, RunContext, StopContext } from './conductor/process-interface.js';
export type { BranchOptions, MapDefinition, Reducers } from './graph/branches.js';
export type { CheckpointSummary, PruneFilter, RunStatus } from './graph/checkpoint-store.js';
export type { Graph, RunHistoryEntry } from './graph/graph.js';
export {
  BranchConflictError,
  BranchError,
  CheckpointError,
  ExecutionError,
  GraphCancelledError,
  GraphError,
  GraphPausedError,
  SecretsMissingError,
  StepLimitError,
} from './graph/graph-errors.js';
export type { CheckpointOptions, GraphOptions } from './graph/graph-options.js';
export type { GraphResult } from './graph/graph-run.js';
export type { NodeContext, NodeFunction } from './graph/graph-shape.js';
export type { GraphStream } from './graph/graph-stream.js';
export type { GraphUpdate } from './graph/graph-update.js';
export {
  type ChainNodeDefinition,
  chainNode,
  conditionalNode,
  type NodeHandler,
  type NodeRoutes,
  type ParallelNodeDefinition,
  parallelNode,
} from './graph/integration-nodes.js';
export type { GraphPause, PauseFunction, RecordedPause } from './graph/node-progress.js';
export { always, and, keyEquals, keyExists, not, or, type Predicate } from './graph/predicates.js';
export type { ForkOptions, PruneOptions, ResumeOptions, RunOptions } from './graph/run-options.js';
export { State, type StateOptions } from './graph/state.js';
export { StateGraph } from './graph/state-graph.js';
export { type SubgraphMapping, subgraphNode } from './graph/subgraph-node.js';
export { createHub } from './hub/create-hub.js';
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
} from './hub/hub.js';
export {
  HubAgentError,
  HubClosedError,
  HubCloseTimeoutError,
  HubDeadlockError,
  HubHandlerError,
  HubRequestTimeoutError,
  HubUnregisteredError,
} from './hub/hub-errors.js';
export type { HubOptions } from './hub/hub-options.js';
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
} from './hub/message.js';
export { memoryStore, type Store } from './memory-store/memory-store.js';
export type { LimitChange, Limiter, LimiterSample } from './parallel/limiter.js';
export {
  type Outcome,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  type StreamOutcome,
  TaskError,
} from './parallel/parallel-errors.js';
export {
  type ParallelOptions,
  processParallel,
  type RunBoundedOptions,
  runBounded,
} from './parallel/process-parallel.js';
export { type OutcomeStream, type StreamOptions, streamParallel } from './parallel/stream-parallel.js';
export {
  defaultWorkerCap,
  type Processor,
  type TaskContext,
  type WorkerOptions,
  workerCount,
} from './parallel/workers.js';
export {
  ChainCancelledError,
  ChainError,
  type ChainOptions,
  type ChainProgress,
  type ChainResult,
  processChain,
  type StepContext,
  type StepProcessor,
} from './process-chain.js';
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
} from './process-conditional.js';
export type { ProgressCallback } from './progress.js';
export { RunBusyError, RunMismatchError, type RunOwner } from './run-errors.js';
export { createEngine } from './workflow/create-engine.js';
export { defineMapStep, type MapOutcome, type MapStepDefinition } from './workflow/define-map-step.js';
export {
  defineStep,
  type ParsingSchema,
  type Schema,
  type StandardSchema,
  type WorkflowStepDefinition,
} from './workflow/define-step.js';
export {
  defineWorkflow,
  type WorkflowBuilder,
  type WorkflowOptions,
  type WorkflowStart,
} from './workflow/define-workflow.js';
export type { StepRun, WorkflowRun, WorkflowRunHeader } from './workflow/run-values.js';
export type {
  AnyStep,
  ConditionContext,
  Step,
  StepMap,
  StepOutputs,
  StepState,
  Tolerance,
  WorkflowLogger,
  WorkflowStepContext,
} from './workflow/step.js';
export type { EngineLogger } from './workflow/step-log.js';
export type { PartialSettings, StepSettings } from './workflow/step-settings.js';
export type { Workflow } from './workflow/workflow.js';
export type {
  EngineOptions,
  StartedRun,
  WorkflowAnswerOptions,
  WorkflowEngine,
  WorkflowListOptions,
  WorkflowPruneOptions,
  WorkflowRecoverOptions,
  WorkflowRecovery,
  WorkflowResult,
  WorkflowResumeOptions,
  WorkflowStartOptions,
} from './workflow/workflow-engine.js';
export {
  type SchemaIssue,
  StepOutputError,
  StepTimeoutError,
  StepValidationError,
  WorkflowCancelledError,
  WorkflowDefinitionError,
  WorkflowError,
  WorkflowPausedError,
  WorkflowRunUnknownError,
} from './workflow/workflow-errors.js';
export type { RecordedFailure, StepStatus, WorkflowPause, WorkflowStatus } from './workflow/workflow-store.js';
