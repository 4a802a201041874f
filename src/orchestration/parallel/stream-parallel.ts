import { onAbort } from '../../foundation/abort.js';
import { AsyncContext } from '../../foundation/async-context.js';
import type { Observer } from '../../foundation/events/event.js';
import { createEmit } from '../../foundation/events/observers.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { type AttemptOptions, attemptNames, attemptPolicy } from '../attempts.js';
import { countItems, disownItems, type InputItems } from '../input-items.js';
import { requireBoolean, requireFunction, requireIterable, requireSignal, requireWhole } from '../require-option.js';
import type { StreamOutcome } from './parallel-errors.js';
import { tryEach } from './try-each.js';
import { type PoolSettings, WorkerPool } from './worker-pool.js';
import { type Processor, workerCount } from './workers.js';

/** Options of `streamParallel`. */
export interface StreamOptions extends AttemptOptions {
  /** Items in flight at once; Infinity for `backpressure`. @default max(1, min(2 × CPUs, 16)) */
  readonly concurrency?: number | undefined;
  /** Items that are in flight, or done and not yet taken by the reader; it bounds `concurrency`, too. @default 1024 */
  readonly backpressure?: number | undefined;
  /** The first failure stops the run. Otherwise everything runs. @default true */
  readonly failFast?: boolean | undefined;
  /** Stops the run. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the events, itself or by its registered name. @default noopObserver */
  readonly observer?: Observer | string | undefined;
  /** Clock, timers and processor count. @default the machine that Node runs on */
  readonly runtime?: Runtime | undefined;
}

const streamOptions: OptionNames<StreamOptions> = {
  concurrency: true,
  backpressure: true,
  failFast: true,
  signal: true,
  observer: true,
  runtime: true,
  ...attemptNames,
};

/** The outcomes of a stream, to be read once. `return()`, and the end of `await using`, stop everything. */
export interface OutcomeStream<T, R> extends AsyncIterableIterator<StreamOutcome<T, R>>, AsyncDisposable {
  return(): Promise<IteratorResult<StreamOutcome<T, R>, undefined>>;
}

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
  input: InputItems<T>,
  processor: Processor<T, R>,
  options: StreamOptions = {},
): OutcomeStream<T, R> {
  const settings = poolSettings(input, processor, options);
  disownItems(input);
  // Whoever reads the stream later may have another context.
  const asyncContext = new AsyncContext();
  const tried = tryEach(processor, attemptPolicy('', options), settings);
  const pool = new WorkerPool<T, R>(input, (item, context) => asyncContext.run(tried, item, context), settings);
  const outcomes = iterate(pool, options.signal);
  return {
    next: () => outcomes.next(),
    return: () => {
      pool.leave();
      return outcomes.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}

function poolSettings<T>(input: InputItems<T>, processor: unknown, options: StreamOptions): PoolSettings<unknown> {
  requireKnown('streamParallel', options, streamOptions);
  const { runtime = nodeRuntime, failFast = true, backpressure = defaultBackpressure } = options;
  requireIterable('input', input);
  requireBoolean('failFast', failFast);
  requireSignal('signal', options.signal);
  requireWhole('backpressure', backpressure, 1);
  requireFunction('processor', processor);
  const total = countItems(input);
  const most = Math.min(total ?? Number.POSITIVE_INFINITY, backpressure);
  const concurrency = workerCount(most, { concurrency: options.concurrency }, runtime);
  const emit = createEmit(options.observer, 'streamParallel', () => runtime.wallTime());
  return { concurrency, backpressure, failFast, total, emit, runtime };
}

async function* iterate<T, R>(
  pool: WorkerPool<T, R>,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamOutcome<T, R>, undefined> {
  pool.start();
  const release = onAbort(signal, (reason) => pool.stop(reason));
  try {
    for (let outcome = await pool.take(); outcome; outcome = await pool.take()) yield outcome;
  } finally {
    release();
    await finish(pool);
  }
  if (pool.ending && !pool.abandoned) throw pool.ending.error;
  return undefined;
}

/** Closes the source. A failure of that is told to a reader who left; otherwise what ended the run comes first. */
async function finish<T, R>(pool: WorkerPool<T, R>): Promise<void> {
  try {
    await pool.close();
  } catch (error) {
    if (pool.abandoned) throw error;
  } finally {
    pool.complete(pool.ending?.error, pool.ending !== undefined);
  }
}
