import {
  ChoraleError,
  type CodedError,
  defineErrors,
  isInstance,
  messageOf,
} from '../../foundation/errors/chorale-error.js';
import type { Failure } from '../../foundation/events/event.js';
import { plural } from '../../foundation/text/message-text.js';

export const parallelErrors = defineErrors({
  CHORALE_TASK_FAILED: { exitCode: 5, retryable: false, summary: 'The processor of one item failed.' },
  CHORALE_PARALLEL_FAILED: { exitCode: 5, retryable: false, summary: 'A parallel run failed.' },
  CHORALE_PARALLEL_CANCELLED: { exitCode: 130, retryable: false, summary: 'A parallel run was cancelled.' },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof parallelErrors> {}
}

/** The failure of one item of a parallel run: which item, and what its processor threw. */
export class TaskError<T = unknown> extends ChoraleError {
  readonly code = 'CHORALE_TASK_FAILED';
  constructor(
    /** 0-based position of the item in the input. */
    readonly index: number,
    readonly item: T,
    /** What the processor threw, unchanged. */
    readonly error: unknown,
  ) {
    super(`item ${index}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * What became of one item. `cancelled`: it was started, and rejected after the run had been stopped (`error` is what it
 * threw then); `not_started`: the run was stopped before its turn.
 */
export type Outcome<R> = StartedOutcome<R> | { readonly status: 'not_started'; readonly index: number };

/** What became of an item that was started. */
export type StartedOutcome<R> =
  | { readonly status: 'ok'; readonly index: number; readonly value: R }
  | { readonly status: 'failed'; readonly index: number; readonly error: unknown }
  | { readonly status: 'cancelled'; readonly index: number; readonly error: unknown };

/** What a parallel run achieved. All three lists are in input order. */
export interface ParallelResult<T = unknown, R = unknown> {
  /** The values of the successful items, without gaps. */
  readonly results: R[];
  /** The failed items, without gaps. */
  readonly errors: TaskError<T>[];
  /** One entry per item, by index. */
  readonly outcomes: Outcome<R>[];
}

/**
 * A parallel run failed: its first failure under fail-fast, or every item.
 * `errors` holds what the processors threw, in input order; `result` everything that was achieved.
 */
export class ParallelError<T = unknown, R = unknown> extends AggregateError implements CodedError {
  readonly code = 'CHORALE_PARALLEL_FAILED';

  static override readonly [Symbol.hasInstance] = isInstance;

  constructor(readonly result: ParallelResult<T, R>) {
    super(
      result.errors.map((task) => task.error),
      `parallel execution failed: ${summarize(result.errors)}`,
    );
    this.name = 'ParallelError';
  }
}

/** A parallel run was stopped by its caller. `cause` is the signal's reason, `result` what was done by then. */
export class ParallelCancelledError<T = unknown, R = unknown> extends ChoraleError {
  readonly code = 'CHORALE_PARALLEL_CANCELLED';
  constructor(
    override readonly cause: unknown,
    readonly result: ParallelResult<T, R>,
  ) {
    super(`parallel execution cancelled: ${messageOf(cause)}`, { cause });
  }
}

/** Number of kinds of failures that a message lists. */
const mostKinds = 10;

/** Failures by message, the most frequent first, ties by the first index. */
function summarize(errors: readonly TaskError[]): string {
  const [only] = errors;
  if (only && errors.length === 1) return only.message;
  const counts = new Map<string, number>();
  for (const task of errors) {
    const message = messageOf(task.error);
    counts.set(message, (counts.get(message) ?? 0) + 1);
  }
  const kinds = [...counts].sort((a, b) => b[1] - a[1]);
  const told = kinds.slice(0, mostKinds).map(([message, count]) => `'${message}' (${plural(count, 'item')})`);
  const more = kinds.length - told.length;
  const list = `${told.join(', ')}${more > 0 ? ` and ${plural(more, 'more type')}` : ''}`;
  return `${plural(errors.length, 'item')} failed with ${plural(kinds.length, 'error type')}: ${list}`;
}

/** What became of one item of a stream, with the item itself. Items that were never started have no outcome. */
export type StreamOutcome<T, R> = StartedOutcome<R> & { readonly item: T };

/** Events of a parallel run, whole or as a stream. Totals are null if the input was not counted. */
export interface ParallelEvents {
  'parallel.start': {
    readonly item_count: number | null;
    readonly worker_count: number;
    readonly fail_fast: boolean;
    readonly has_progress_callback: boolean;
  };
  'worker.start': { readonly worker_id: number; readonly item_index: number; readonly total_items: number | null };
  /** An attempt failed, and another follows; `attempt` is the 1-based one that failed. */
  'worker.retry': {
    readonly worker_id: number;
    readonly item_index: number;
    readonly total_items: number | null;
    readonly attempt: number;
    readonly duration_ms: number;
  } & Failure;
  'worker.complete': {
    readonly worker_id: number;
    readonly item_index: number;
    readonly total_items: number | null;
  } & Failure;
  'parallel.complete': {
    readonly items_processed: number;
    readonly items_failed: number;
    readonly items_cancelled: number;
    readonly items_not_started: number | null;
  } & Failure;
}

declare module '../../foundation/events/event.js' {
  interface EventData extends ParallelEvents {}
}
