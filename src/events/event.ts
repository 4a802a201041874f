import type { ChainEvents } from './chain-events.js';
import type { ConductorEvents } from './conductor-events.js';
import type { Failure } from './failure.js';
import type { GraphEvents } from './graph-events.js';
import type { HostEvents } from './host-events.js';
import type { HubEvents } from './hub-events.js';
import type { RouteEvents } from './route-events.js';
import type { WorkflowEvents } from './workflow-events.js';

/** Keys of `data`, by event type. `error` is a boolean; `error_type` and `message` come with it when it is true. */
export interface EventData
  extends ChainEvents,
    ConductorEvents,
    GraphEvents,
    HostEvents,
    HubEvents,
    RouteEvents,
    WorkflowEvents {
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
  'run.start': {
    readonly run_id: string;
    readonly provider: string;
    readonly model: string;
    readonly prompt: string;
    readonly items: number | null;
    readonly workers: number;
  };
  /** What earlier sessions of this run, which goes on, have recorded. */
  'run.resume': {
    readonly run_id: string;
    readonly answered: number;
    readonly failed: number;
    readonly skipped: number;
  };
  'run.complete': {
    readonly run_id: string;
    readonly succeeded: number;
    readonly failed: number;
    readonly skipped: number;
    readonly cancelled: number;
    readonly not_started: number | null;
    readonly duration_ms: number;
  } & Failure;
  'model.request': {
    readonly item: string;
    readonly attempt: number;
    /** How a text that does not fit is handled; `part` is 1-based, `kept` the share of it that is shown, 0 to 1. */
    readonly long?: string;
    readonly part?: number;
    readonly parts?: number;
    readonly kept?: number;
    readonly messages?: unknown;
  };
  'model.response': {
    readonly item: string;
    readonly attempt: number;
    readonly duration_ms: number;
    readonly prompt_tokens?: number | null;
    readonly completion_tokens?: number | null;
    readonly queue_ms?: number | null;
    readonly finish_reason?: string | null;
    /** Which of several servers it was, the last one where one after the other was asked. */
    readonly server?: string;
    readonly text?: string;
  } & Failure;
  'model.retry': {
    readonly item: string;
    readonly attempt: number;
    readonly delay_ms: number;
    /** Whether the server asked for a pause. */
    readonly server_asked: boolean;
    readonly error_type: string;
    readonly message: string;
  };
  'model.fallback': { readonly from: string; readonly to: string; readonly message: string };
}

/** The name of a kind of event. */
export type EventType = keyof EventData;

/** Something that happened, as data. `timestamp` is in milliseconds since the epoch; on paper it is ISO-8601 in UTC. */
export type Event = {
  readonly [T in EventType]: {
    readonly type: T;
    readonly timestamp: number;
    readonly source: string;
    readonly data: EventData[T];
  };
}[EventType];
