import type { Outcome } from './parallel-errors.js';

/** What became of one item of a stream, with the item itself. Items that were never started have no outcome. */
export type StreamOutcome<T, R> = Exclude<Outcome<R>, { status: 'not_started' }> & { readonly item: T };
