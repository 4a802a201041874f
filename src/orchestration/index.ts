export { type Host, nodeHost } from '../concurrency/index.js';
export {
  ChoraleError,
  type CodedError,
  type ErrorCode,
  InvalidOptionError,
  ParallelCancelledError,
  ParallelError,
  TaskError,
  UnknownObserverError,
} from '../errors/index.js';
export {
  combineObservers,
  type Event,
  type EventData,
  type EventType,
  getObserver,
  noopObserver,
  type Observer,
  type PinoObserver,
  type PinoObserverOptions,
  pinoObserver,
  registerObserver,
  textObserver,
} from '../events/index.js';
export type { Outcome, ParallelResult, StreamOutcome } from './parallel/outcome.js';
export { type ParallelOptions, processParallel } from './parallel/process-parallel.js';
export type { Processor, TaskContext } from './parallel/processor.js';
export { type RunBoundedOptions, runBounded } from './parallel/run-bounded.js';
export { type StreamOptions, streamParallel } from './parallel/stream-parallel.js';
export { defaultWorkerCap, type WorkerOptions, workerCount } from './parallel/worker-count.js';
export type { ProgressCallback } from './progress.js';
