import type { Failure } from '../foundation/events/event.js';

/** Events of the requests to a model. */
export interface ModelEvents {
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

declare module '../foundation/events/event.js' {
  interface EventData extends ModelEvents {}
}
