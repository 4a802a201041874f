import { onAbort } from '../../foundation/abort.js';
import { failureOf, type Observer } from '../../foundation/events/event.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import type { Runtime } from '../../foundation/runtime.js';
import {
  requireBoolean,
  requireFunction,
  requireIterable,
  requireObject,
  requireSignal,
  requireWhole,
} from '../require-option.js';
import type { StreamOutcome } from './parallel-errors.js';
import { StreamRun, type StreamSettings } from './stream-run.js';
import { type Processor, workerCount } from './workers.js';

/** Options of `streamParallel`. */
export interface StreamOptions {
  /** Items in flight at once. @default max(1, min(2 × CPUs, 16)) */
  readonly concurrency?: number | undefined;
  /** Items that are in flight, or done and not yet taken by the reader; it bounds `concurrency`, too. @default 1024 */
  readonly backpressure?: number | undefined;
  /** The first failure stops the run. @default false */
  readonly failFast?: boolean | undefined;
  /** Stops the run. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Clock, timers and processor count. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const source = 'streamParallel';
const defaultBackpressure = 1_024;

/**
 * Processes the items of a source with bounded concurrency and gives their outcomes in input order, as a lazy stream.
 * Memory is O(concurrency + backpressure), however long the source is; the source is read one item at a time. Work
 * begins with the first `next()`; `return()` (a `break` in `for await`) stops everything, waits for the processors in
 * flight, and closes the source.
 *
 * However the run ends, the outcomes of all started items come first. Then the stream ends, or throws: the signal's
 * reason after a cancellation, the `TaskError` of the first failure under fail-fast, or what the source threw.
 *
 * @throws InvalidOptionError, UnknownObserverError at the call
 *
 * @example
 * for await (const outcome of streamParallel([1, 2, 3], async (n) => n * 2, { concurrency: 2 })) {
 *   console.log(outcome.index, outcome.status);
 * }
 */
export function streamParallel<T, R>(
  input: Iterable<T> | AsyncIterable<T>,
  processor: Processor<T, R>,
  options: StreamOptions = {},
): AsyncIterableIterator<StreamOutcome<T, R>> {
  const settings = settle(input, options);
  requireFunction('processor', processor);
  const run = new StreamRun(input, processor, settings);
  const outcomes = iterate(run, settings);
  return {
    next: () => outcomes.next(),
    return: () => {
      run.leave();
      return outcomes.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function settle<T>(input: Iterable<T> | AsyncIterable<T>, options: StreamOptions): StreamSettings {
  requireObject('options', options);
  const { runtime = nodeRuntime, failFast = false, backpressure = defaultBackpressure } = options;
  const { signal } = options;
  requireIterable('input', input);
  requireBoolean('failFast', failFast);
  requireSignal('signal', signal);
  requireWhole('backpressure', backpressure, 1);
  if (options.concurrency !== undefined) requireWhole('concurrency', options.concurrency, 1);
  const total = Array.isArray(input) ? input.length : null;
  const most = Math.min(total ?? Number.POSITIVE_INFINITY, backpressure);
  const concurrency = workerCount(most, { maxWorkers: options.concurrency }, runtime);
  const emit = createEmit(options.observer, source, () => runtime.wallTime());
  return { concurrency, backpressure, failFast, signal, total, emit };
}

async function* iterate<T, R>(
  run: StreamRun<T, R>,
  { emit, signal, total, concurrency, failFast }: StreamSettings,
): AsyncGenerator<StreamOutcome<T, R>, undefined> {
  emit?.('parallel.start', {
    item_count: total,
    worker_count: concurrency,
    fail_fast: failFast,
    has_progress_callback: false,
  });
  const release = onAbort(signal, (reason) => run.stop(reason));
  try {
    for (let outcome = await run.take(); outcome; outcome = await run.take()) yield outcome;
  } finally {
    release();
    await finish(run, emit);
  }
  if (run.ending && !run.abandoned) throw run.ending.error;
  return undefined;
}

/** Closes the source. A failure of that is told to a reader who left; otherwise what ended the run comes first. */
async function finish<T, R>(run: StreamRun<T, R>, emit: Emit | undefined): Promise<void> {
  try {
    await run.close();
  } catch (error) {
    if (run.abandoned) throw error;
  } finally {
    const { ending, counts } = run;
    emit?.('parallel.complete', {
      items_processed: counts.ok,
      items_failed: counts.failed,
      items_cancelled: counts.cancelled,
      items_not_started: run.notStarted,
      ...failureOf(ending?.error, ending !== undefined),
    });
  }
}
