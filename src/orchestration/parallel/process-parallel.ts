import { onAbort } from '../../foundation/abort.js';
import { noopObserver, type Observer } from '../../foundation/events/event.js';
import { createEmit, guard } from '../../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { type AttemptOptions, attemptNames, attemptPolicy, readAttemptOptions } from '../attempts.js';
import { countItems, type InputItems, takeItems } from '../input-items.js';
import type { ProgressCallback } from '../progress.js';
import { requireBoolean, requireConcurrency, requireFunction, requireItems, requireSignal } from '../require-option.js';
import {
  type Outcome,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  TaskError,
} from './parallel-errors.js';
import { tryEach } from './try-each.js';
import { WorkerPool } from './worker-pool.js';
import { type Processor, requireWorkers, type WorkerOptions, workerCount } from './workers.js';

/** Options of `processParallel`. */
export interface ParallelOptions<R> extends WorkerOptions, AttemptOptions {
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
 * Processes items with a bounded number of workers and gives the results in input order. Items are an array, or any iterable
 * or asynchronous iterable, which is read as workers become free; promises among them are awaited. It settles only after
 * every started processor has settled; O(1) work per item beyond the processor.
 *
 * @throws ParallelError on the first failure under fail-fast, otherwise when all items failed
 * @throws ParallelCancelledError when `signal` stopped the run before every item was done
 * @throws InvalidOptionError, UnknownObserverError before any work; what the iterable throws
 *
 * @example
 * const { results } = await processParallel([1, 2, 3], async (n) => n * 2, { concurrency: 2 });
 * console.log(results); // [2, 4, 6]
 */
export async function processParallel<T, R>(
  items: InputItems<T>,
  processor: Processor<T, R>,
  options: ParallelOptions<R> = {},
): Promise<ParallelResult<T, R>> {
  requireItems('items', items);
  requireFunction('processor', processor);
  requireParallelOptions('processParallel', options);
  const { failFast = true, signal, runtime = nodeRuntime } = options;
  const total = countItems(items);
  const onProgress = options.onProgress && guard(options.onProgress, 'onProgress');
  const emit = createEmit(options.observer, 'processParallel', () => runtime.wallTime());
  const tried = tryEach(processor, attemptPolicy('', options), { runtime, emit, total });
  const pool = new WorkerPool<T, R>(takeItems(items), tried, {
    concurrency: workerCount(total ?? Number.POSITIVE_INFINITY, options, runtime),
    backpressure: total ?? Number.POSITIVE_INFINITY,
    failFast,
    total,
    emit,
    runtime,
    ownsItems: true,
    onSuccess: onProgress && ((succeeded, value) => onProgress(succeeded, total ?? pool.started, value)),
  });
  pool.start();
  await drain(pool, signal);
  const result = resultOf(pool, total ?? pool.started);
  const failure = failureOfRun(result, pool, failFast, signal);
  pool.complete(failure?.error, failure !== undefined);
  if (failure) throw failure.error;
  return result;
}

const parallelOptions: OptionNames<ParallelOptions<unknown>> = {
  concurrency: true,
  maxWorkers: true,
  workerCap: true,
  failFast: true,
  signal: true,
  observer: true,
  onProgress: true,
  runtime: true,
  ...attemptNames,
};

/** @throws InvalidOptionError when an option is not known, or has a wrong value */
export function requireParallelOptions<R>(owner: string, options: ParallelOptions<R>): void {
  requireKnown(owner, options, parallelOptions);
  const { failFast = true, signal, onProgress } = options;
  requireBoolean('failFast', failFast);
  requireSignal('signal', signal);
  if (onProgress !== undefined) requireFunction('onProgress', onProgress);
  requireWorkers(options);
  readAttemptOptions('', options);
}

/** Runs everything, and closes a source that is not an array. */
async function drain<T, R>(pool: WorkerPool<T, R>, signal: AbortSignal | undefined): Promise<void> {
  const release = onAbort(signal, (reason) => pool.stop(reason));
  try {
    await pool.drain();
    await pool.close();
  } finally {
    release();
  }
}

/** The error with which the run ends, if any. What the source threw may be undefined. */
function failureOfRun<T, R>(
  result: ParallelResult<T, R>,
  pool: WorkerPool<T, R>,
  failFast: boolean,
  signal: AbortSignal | undefined,
): { readonly error: unknown } | undefined {
  const { counts, notStarted, ending } = pool;
  if (pool.isBroken && ending) return ending;
  const unfinished = counts.cancelled > 0 || notStarted !== 0;
  const failed = counts.failed > 0;
  if (failed && (failFast || (!unfinished && counts.ok === 0))) return { error: new ParallelError(result) };
  return unfinished ? { error: new ParallelCancelledError(signal?.reason, result) } : undefined;
}

/** @param count the number of items; of a source without a length, of those that were read */
function resultOf<T, R>({ items, finished }: WorkerPool<T, R>, count: number): ParallelResult<T, R> {
  const outcomes: (Outcome<R> | undefined)[] = finished;
  const results: R[] = [];
  const errors: TaskError<T>[] = [];
  for (let index = 0; index < count; index += 1) {
    const outcome = outcomes[index] ?? { status: 'not_started', index };
    outcomes[index] = outcome;
    if (outcome.status === 'ok') results.push(outcome.value);
    if (outcome.status === 'failed') errors.push(new TaskError(index, items[index] as T, outcome.error));
  }
  return { results, errors, outcomes: outcomes as Outcome<R>[] };
}

/** Options of `runBounded`. */
export interface RunBoundedOptions {
  /** Operations in flight at once; Infinity for all. @default the number of CPUs */
  readonly concurrency?: number | undefined;
  /** Stops the run: what was not done by then is reported with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Clock, timers and processor count. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const boundedOptions: OptionNames<RunBoundedOptions> = { concurrency: true, signal: true, runtime: true };

/**
 * Runs an operation for every item, whatever fails, and returns only the failures, in input order: `processParallel` with
 * `failFast: false`, where neither failures nor an abort reject.
 * @throws InvalidOptionError before any work; what the iterable throws
 */
export async function runBounded<T>(
  items: InputItems<T>,
  operation: Processor<T, unknown>,
  options: RunBoundedOptions = {},
): Promise<TaskError<T>[]> {
  requireKnown('runBounded', options, boundedOptions);
  const { runtime = nodeRuntime, signal } = options;
  const { concurrency = runtime.cpuCount() } = options;
  requireFunction('operation', operation);
  requireConcurrency(concurrency);
  requireItems('items', items);
  const given = takeItems(items);
  const settings = { concurrency, failFast: false, signal, runtime, observer: noopObserver };
  const { outcomes, errors } = await processParallel(given, operation, settings).catch(partialResult<T>);
  if (errors.length === outcomes.length) return [...errors];
  const failed = new Map(errors.map((error) => [error.index, error]));
  return outcomes.flatMap((outcome) => {
    const { status, index } = outcome;
    if (status === 'ok') return [];
    const item = Array.isArray(given) ? given[index] : undefined;
    return failed.get(index) ?? new TaskError<T>(index, item, status === 'cancelled' ? outcome.error : signal?.reason);
  });
}

function partialResult<T>(error: unknown): ParallelResult<T, unknown> {
  if (error instanceof ParallelError || error instanceof ParallelCancelledError) {
    return error.result as ParallelResult<T, unknown>;
  }
  throw error;
}
