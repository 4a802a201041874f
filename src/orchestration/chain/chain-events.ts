import type { Failure } from '../../foundation/events/failure.js';

/** What a sequential chain tells. */
export interface ChainEvents {
  'chain.start': {
    readonly item_count: number;
    readonly has_progress_callback: boolean;
    readonly capture_intermediate: boolean;
  };
  /** `step_index` is 0-based. */
  'step.start': { readonly step_index: number; readonly total_steps: number };
  'step.complete': { readonly step_index: number; readonly total_steps: number } & Failure;
  /** `error_type` is `cancellation` or `processor`. */
  'chain.complete': { readonly steps_completed: number } & Failure;
}

declare module '../../foundation/events/event.js' {
  interface EventData extends ChainEvents {}
}
