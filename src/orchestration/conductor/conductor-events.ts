import type { Failure } from '../../foundation/events/failure.js';

/** What a conductor tells; the source is its name. `process` is the name of one of its processes. */
export interface ConductorEvents {
  'conductor.start': {
    readonly process_count: number;
    readonly signals: readonly string[];
    /** Null where the processes have all the time that they want. */
    readonly stop_timeout_ms: number | null;
  };
  'conductor.process.start': { readonly process: string };
  /** Its `run` has ended, or nobody waits for it any longer. */
  'conductor.process.complete': { readonly process: string } & Failure;
  /** Why all are stopped: a signal of the system, the failure of a process, or neither: the caller's wish. */
  'conductor.stop_signal': {
    readonly signal: string | null;
    readonly process: string | null;
    /** A second signal: nobody is waited for. */
    readonly forced: boolean;
  };
  'conductor.stopping': { readonly process: string };
  /** Its `run` and its `stop` have ended, or nobody waits for them any longer; `error` is about `stop`. */
  'conductor.stopped': { readonly process: string } & Failure;
  'conductor.complete': {
    readonly outcome: 'returned' | 'failed' | 'interrupted' | 'aborted';
    readonly unfinished: readonly string[];
  } & Failure;
}

declare module '../../foundation/events/event.js' {
  interface EventData extends ConductorEvents {}
}
