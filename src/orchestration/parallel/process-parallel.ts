import { createAbortController, onAbort } from '../../foundation/abort.js';
import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import { failureOf, type Observer } from '../../foundation/events/event.js';
import { createEmit, type Emit, guard } from '../../foundation/events/observers.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { ProgressCallback } from '../progress.js';
import { requireBoolean, requireFunction, requireObject, requireSignal, requireWhole } from '../require-option.js';
import {
  type Outcome,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  TaskError,
} from './parallel-errors.js';
import { callProcessor, type Processor, requireWorkers, type WorkerOptions, workerCount } from './workers.js';

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

const source = 'processParallel';

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
  if (!Array.isArray(items)) throw new InvalidOptionError('items', 'an array', items);
  requireFunction('processor', processor);
  requireParallelOptions(options);
  const { failFast = true, signal: caller, runtime = nodeRuntime } = options;
  const workers = workerCount(items.length, options, runtime);
  const emit = createEmit(options.observer, source, () => runtime.wallTime());
  const onProgress = options.onProgress && guard(options.onProgress, 'onProgress');
  emit?.('parallel.start', {
    item_count: items.length,
    worker_count: workers,
    fail_fast: failFast,
    has_progress_callback: onProgress !== undefined,
  });

  const run = new PoolRun(items.slice(), processor, failFast, emit, onProgress);
  await run.drain(workers, caller);
  const { counts, result } = run.finish();
  const failure = settle(result, counts, failFast, caller);
  emit?.('parallel.complete', {
    items_processed: counts.ok,
    items_failed: counts.failed,
    items_cancelled: counts.cancelled,
    items_not_started: counts.not_started,
    ...failureOf(failure),
  });
  if (failure) throw failure;
  return result;
}

/** @throws InvalidOptionError when an option has a wrong value */
export function requireParallelOptions<R>(options: ParallelOptions<R>): void {
  requireObject('options', options);
  const { failFast = true, signal, onProgress } = options;
  requireBoolean('failFast', failFast);
  requireSignal('signal', signal);
  if (onProgress !== undefined) requireFunction('onProgress', onProgress);
  requireWorkers(options);
}

type Counts = Record<Outcome<unknown>['status'], number>;

/** The error with which the run ends, if any. */
function settle<T, R>(
  result: ParallelResult<T, R>,
  counts: Counts,
  failFast: boolean,
  caller: AbortSignal | undefined,
): Error | undefined {
  const unfinished = counts.cancelled + counts.not_started > 0;
  const failed = counts.failed > 0;
  if (failed && (failFast || (!unfinished && counts.ok === 0))) return new ParallelError(result);
  if (unfinished) return new ParallelCancelledError(caller?.reason, result);
  return undefined;
}

/** One run over a copy of the items, which nobody changes meanwhile: the workers take the next index until none is left or the run was stopped. */
class PoolRun<T, R> {
  private next = 0;
  private succeeded = 0;
  /** The same as `controller.signal.aborted`, which is too slow to be asked for every item. */
  private stopped = false;
  private readonly controller = createAbortController();
  private readonly outcomes: Outcome<R>[];

  constructor(
    private readonly items: readonly T[],
    private readonly processor: Processor<T, R>,
    private readonly failFast: boolean,
    private readonly emit: Emit | undefined,
    private readonly onProgress: ProgressCallback<R> | undefined,
  ) {
    this.outcomes = new Array(items.length);
  }

  async drain(workers: number, caller: AbortSignal | undefined): Promise<void> {
    const release = onAbort(caller, (reason) => this.stop(reason));
    try {
      await Promise.all(Array.from({ length: workers }, (_, workerId) => this.work(workerId)));
    } finally {
      release();
    }
  }

  private stop(reason: unknown): void {
    this.stopped = true;
    this.controller.abort(reason);
  }

  private async work(workerId: number): Promise<void> {
    const { items, outcomes, processor, emit, onProgress } = this;
    const { signal } = this.controller;
    const total = items.length;
    while (this.next < total && !this.stopped) {
      const index = this.next++;
      emit?.('worker.start', { worker_id: workerId, item_index: index, total_items: total });
      try {
        const value = await callProcessor(processor, items[index] as T, { index, workerId, signal });
        outcomes[index] = { status: 'ok', index, value };
        emit?.('worker.complete', { worker_id: workerId, item_index: index, total_items: total, error: false });
        this.succeeded += 1;
        onProgress?.(this.succeeded, total, value);
      } catch (error) {
        this.fail(index, workerId, error);
      }
    }
  }

  private fail(index: number, workerId: number, error: unknown): void {
    const { stopped } = this;
    this.outcomes[index] = { status: stopped ? 'cancelled' : 'failed', index, error };
    this.emit?.('worker.complete', {
      worker_id: workerId,
      item_index: index,
      total_items: this.items.length,
      ...failureOf(error, true),
    });
    if (this.failFast && !stopped) this.stop(new TaskError(index, this.items[index], error));
  }

  finish(): { readonly counts: Counts; readonly result: ParallelResult<T, R> } {
    const counts: Counts = { ok: 0, failed: 0, cancelled: 0, not_started: 0 };
    const results: R[] = [];
    const errors: TaskError<T>[] = [];
    const { items, outcomes } = this;
    for (let index = 0; index < items.length; index += 1) {
      const outcome = outcomes[index] ?? { status: 'not_started', index };
      outcomes[index] = outcome;
      counts[outcome.status] += 1;
      if (outcome.status === 'ok') results.push(outcome.value);
      if (outcome.status === 'failed') errors.push(new TaskError(index, items[index] as T, outcome.error));
    }
    return { counts, result: { results, errors, outcomes } };
  }
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

/**
 * Runs an operation for every item, whatever fails, and returns only the failures, in input order.
 * @throws InvalidOptionError before any work
 */
export async function runBounded<T>(
  items: readonly T[],
  operation: Processor<T, unknown>,
  options: RunBoundedOptions = {},
): Promise<TaskError<T>[]> {
  requireObject('options', options);
  const { runtime = nodeRuntime, signal } = options;
  const { limit = runtime.cpuCount() } = options;
  requireFunction('operation', operation);
  requireWhole('limit', limit, 1);
  const { outcomes } = await runAll(items, operation, { maxWorkers: limit, failFast: false, signal, runtime });
  return outcomes.flatMap((outcome) => failureOfItem(outcome, items, signal));
}

async function runAll<T>(
  items: readonly T[],
  operation: Processor<T, unknown>,
  options: Parameters<typeof processParallel<T, unknown>>[2],
): Promise<ParallelResult<T, unknown>> {
  try {
    return await processParallel(items, operation, options);
  } catch (error) {
    if (error instanceof ParallelError || error instanceof ParallelCancelledError) return error.result;
    throw error;
  }
}

function failureOfItem<T>(
  outcome: Outcome<unknown>,
  items: readonly T[],
  signal: AbortSignal | undefined,
): TaskError<T>[] {
  if (outcome.status === 'ok') return [];
  const error = outcome.status === 'not_started' ? signal?.reason : outcome.error;
  return [new TaskError(outcome.index, items[outcome.index] as T, error)];
}
