import { onAbort } from '../../foundation/abort.js';
import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import type { Observer } from '../../foundation/events/event.js';
import { createEmit, guard } from '../../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import type { ProgressCallback } from '../progress.js';
import { requireBoolean, requireFunction, requireSignal, requireWhole } from '../require-option.js';
import {
  type Outcome,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  type StartedOutcome,
  TaskError,
} from './parallel-errors.js';
import { type PoolSettings, WorkerPool } from './worker-pool.js';
import { type Processor, requireWorkers, type WorkerOptions, workerCount } from './workers.js';

/** Options of `processParallel`. */
export interface ParallelOptions<R> extends WorkerOptions {
  /** The first failure stops the run. Otherwise everything runs, and only the failure of all items rejects. @default true */
  readonly failFast?: boolean | undefined;
  /** Stops the run; its reason becomes the cause of `ParallelCancelledError`. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Called after each success with the number of successes so far (1, 2, …), the number of items, and the value. */
  readonly onProgress?: ProgressCallback<R> | undefined;
  /** Clock, timers and processor count. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

/**
 * Processes items with a bounded number of workers and gives the results in input order.
 * It settles only after every started processor has settled; O(1) work per item beyond the processor.
 *
 * @throws ParallelError on the first failure under fail-fast, otherwise when all items failed
 * @throws ParallelCancelledError when `signal` stopped the run before every item was done
 * @throws InvalidOptionError, UnknownObserverError before any work
 *
 * @example
 * const { results } = await processParallel([1, 2, 3], async (n) => n * 2, { maxWorkers: 2 });
 * console.log(results); // [2, 4, 6]
 */
export async function processParallel<T, R>(
  items: readonly T[],
  processor: Processor<T, R>,
  options: ParallelOptions<R> = {},
): Promise<ParallelResult<T, R>> {
  requireArray(items);
  requireFunction('processor', processor);
  requireParallelOptions('processParallel', options);
  const { failFast = true, signal, runtime = nodeRuntime } = options;
  const total = items.length;
  const onProgress = options.onProgress && guard(options.onProgress, 'onProgress');
  const copy = items.slice();
  const pool = new WorkerPool<T, R>(copy, processor, {
    concurrency: workerCount(total, options, runtime),
    backpressure: total,
    failFast,
    total,
    emit: createEmit(options.observer, 'processParallel', () => runtime.wallTime()),
    runtime,
    onSuccess: onProgress && ((succeeded, value) => onProgress(succeeded, total, value)),
  });
  pool.start();
  await drain(pool, signal);
  const result = resultOf(copy, pool.finished);
  const failure = failureOfRun(result, pool, failFast, signal);
  pool.complete(failure);
  if (failure) throw failure;
  return result;
}

const parallelOptions: OptionNames<ParallelOptions<unknown>> = {
  maxWorkers: true,
  workerCap: true,
  failFast: true,
  signal: true,
  observer: true,
  onProgress: true,
  runtime: true,
};

/** @throws InvalidOptionError when an option is not known, or has a wrong value */
export function requireParallelOptions<R>(owner: string, options: ParallelOptions<R>): void {
  requireKnown(owner, options, parallelOptions);
  const { failFast = true, signal, onProgress } = options;
  requireBoolean('failFast', failFast);
  requireSignal('signal', signal);
  if (onProgress !== undefined) requireFunction('onProgress', onProgress);
  requireWorkers(options);
}

function requireArray(items: readonly unknown[]): void {
  if (!Array.isArray(items)) throw new InvalidOptionError('items', 'an array', items);
}

async function drain<T, R>(pool: WorkerPool<T, R>, signal: AbortSignal | undefined): Promise<void> {
  const release = onAbort(signal, (reason) => pool.stop(reason));
  try {
    await pool.drain();
  } finally {
    release();
  }
}

/** The error with which the run ends, if any. */
function failureOfRun<T, R>(
  result: ParallelResult<T, R>,
  { counts, notStarted }: WorkerPool<T, R>,
  failFast: boolean,
  signal: AbortSignal | undefined,
): Error | undefined {
  const unfinished = counts.cancelled > 0 || notStarted !== 0;
  const failed = counts.failed > 0;
  if (failed && (failFast || (!unfinished && counts.ok === 0))) return new ParallelError(result);
  return unfinished ? new ParallelCancelledError(signal?.reason, result) : undefined;
}

function resultOf<T, R>(
  items: readonly T[],
  finished: readonly (StartedOutcome<R> | undefined)[],
): ParallelResult<T, R> {
  const outcomes: Outcome<R>[] = [];
  const results: R[] = [];
  const errors: TaskError<T>[] = [];
  for (let index = 0; index < items.length; index += 1) {
    const outcome: Outcome<R> = finished[index] ?? { status: 'not_started', index };
    outcomes.push(outcome);
    if (outcome.status === 'ok') results.push(outcome.value);
    if (outcome.status === 'failed') errors.push(new TaskError(index, items[index] as T, outcome.error));
  }
  return { results, errors, outcomes };
}

/** Options of `runBounded`. */
export interface RunBoundedOptions {
  /** Operations in flight at once. @default the number of CPUs */
  readonly limit?: number | undefined;
  /** Stops the run: what was not done by then is reported with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Clock, timers and processor count. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const boundedOptions: OptionNames<RunBoundedOptions> = { limit: true, signal: true, runtime: true };

/**
 * Runs an operation for every item, whatever fails, and returns only the failures, in input order.
 * @throws InvalidOptionError before any work
 */
export async function runBounded<T>(
  items: readonly T[],
  operation: Processor<T, unknown>,
  options: RunBoundedOptions = {},
): Promise<TaskError<T>[]> {
  requireKnown('runBounded', options, boundedOptions);
  const { runtime = nodeRuntime, signal } = options;
  const { limit = runtime.cpuCount() } = options;
  requireFunction('operation', operation);
  requireWhole('limit', limit, 1);
  requireArray(items);
  requireSignal('signal', signal);
  const settings: PoolSettings<unknown> = {
    concurrency: limit,
    backpressure: items.length,
    failFast: false,
    total: items.length,
    emit: undefined,
    runtime,
  };
  const copy = items.slice();
  const pool = new WorkerPool(copy, operation, settings);
  await drain(pool, signal);
  return copy.flatMap((item, index) => {
    const outcome = pool.finished[index];
    if (outcome?.status === 'ok') return [];
    return [new TaskError(index, item, outcome ? outcome.error : signal?.reason)];
  });
}
