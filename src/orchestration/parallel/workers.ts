import { defaults } from '../../foundation/defaults.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { requireConcurrency, requireWhole } from '../require-option.js';

/** What a processor receives besides its item. */
export interface TaskContext {
  /** 0-based position of the item in the input. */
  readonly index: number;
  /** 0-based number of the worker that runs it. */
  readonly workerId: number;
  /** Aborted when the run is stopped: by its caller, or by another item's failure under fail-fast. */
  readonly signal: AbortSignal;
  /** 1-based number of the attempt; absent where there is one attempt without a limit. */
  readonly attempt?: number;
}

/** Does the work of one item. It may return a value or a promise, throw or reject. */
export type Processor<T, R> = (item: T, context: TaskContext) => R | PromiseLike<R>;

/** Calls a processor so that what it throws at once takes the same path as a rejection. */
export function callProcessor<T, R>(processor: Processor<T, R>, item: T, context: TaskContext): R | PromiseLike<R> {
  try {
    return processor(item, context);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** How many items may be processed at once. */
export interface WorkerOptions {
  /** Exactly this many items in flight, but never more than there are; Infinity for all at once. @default automatic */
  readonly concurrency?: number | undefined;
  /** Another name of `concurrency`; 0 for the automatic count. @default 0 */
  readonly maxWorkers?: number | undefined;
  /** Upper bound of the automatic count. @default 16 */
  readonly workerCap?: number | undefined;
}

/** The upper bound of the automatic count of workers. */
export const defaultWorkerCap = defaults.workerCap;

/** @throws InvalidOptionError when an option is not in its range, or the two names of one option differ */
export function requireWorkers({ concurrency, maxWorkers = 0, workerCap = defaultWorkerCap }: WorkerOptions): void {
  if (concurrency !== undefined) requireConcurrency(concurrency);
  if (maxWorkers !== Number.POSITIVE_INFINITY) requireWhole('maxWorkers', maxWorkers, 0);
  if (concurrency !== undefined && maxWorkers !== 0 && maxWorkers !== concurrency) {
    throw new InvalidOptionError('maxWorkers', `absent, or the same as concurrency (${concurrency})`, maxWorkers);
  }
  requireWhole('workerCap', workerCap, 1);
}

/**
 * The number of workers for `items` items: `concurrency`, or max(1, min(2 × CPUs, workerCap, items)).
 * @param items number of items; `Infinity` where it is not known
 * @throws InvalidOptionError when an option is not in its range
 */
export function workerCount(items: number, options: WorkerOptions, runtime: Runtime = nodeRuntime): number {
  requireWorkers(options);
  const { maxWorkers = 0, concurrency = maxWorkers, workerCap = defaultWorkerCap } = options;
  if (concurrency > 0) return Math.min(concurrency, items);
  return Math.max(1, Math.min(2 * runtime.cpuCount(), workerCap, items));
}
