import type { Failure } from '../foundation/events/event.js';

/** Events of a run over a data set. */
export interface RunEvents {
  'run.start': {
    readonly run_id: string;
    readonly provider: string;
    readonly model: string;
    readonly prompt: string;
    readonly items: number | null;
    readonly workers: number;
  };
  /** The outcomes that earlier sessions of a resumed run recorded. */
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
}

declare module '../foundation/events/event.js' {
  interface EventData extends RunEvents {}
}
