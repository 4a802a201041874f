import type { Failure } from '../../foundation/events/failure.js';

/** Events of a parallel run, whole or as a stream. Totals are null where the input was not counted. */
export interface ParallelEvents {
  'parallel.start': {
    readonly item_count: number | null;
    readonly worker_count: number;
    readonly fail_fast: boolean;
    readonly has_progress_callback: boolean;
  };
  'worker.start': { readonly worker_id: number; readonly item_index: number; readonly total_items: number | null };
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
