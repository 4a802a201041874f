import type { TaskError } from '../../errors/index.js';

/**
 * What became of one item. `cancelled`: it was started, and rejected after the run had been stopped (`error` is what it
 * threw then); `not_started`: the run was stopped before its turn.
 */
export type Outcome<R> =
  | { readonly status: 'ok'; readonly index: number; readonly value: R }
  | { readonly status: 'failed'; readonly index: number; readonly error: unknown }
  | { readonly status: 'cancelled'; readonly index: number; readonly error: unknown }
  | { readonly status: 'not_started'; readonly index: number };

/** What a parallel run achieved. All three lists are in input order. */
export interface ParallelResult<T, R> {
  /** The values of the successful items, without gaps. */
  readonly results: readonly R[];
  /** The failed items, without gaps. */
  readonly errors: readonly TaskError<T>[];
  /** One entry per item, by index. */
  readonly outcomes: readonly Outcome<R>[];
}

/** What became of one item of a stream, with the item itself. Items that were never started have no outcome. */
export type StreamOutcome<T, R> = Exclude<Outcome<R>, { status: 'not_started' }> & { readonly item: T };
