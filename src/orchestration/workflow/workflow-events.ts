import type { Failure } from '../../foundation/events/event.js';

/** Keys of `data` of the events of a workflow. `duration_ms` of a step covers all its attempts and the pauses between. */
export interface WorkflowEvents {
  'workflow.start': { readonly run_id: string };
  /** Once per step, before its first attempt; `attempt` is 0 for a step that is skipped. */
  'workflow.step.start': { readonly run_id: string; readonly step: string; readonly attempt: number };
  /** After an attempt that failed and will be repeated; `attempt` is the 1-based one that failed. */
  'workflow.step.retry': StepEnd & { readonly status: 'retrying' };
  'workflow.step.complete': StepEnd & { readonly status: 'completed' | 'failed' | 'cancelled' | 'skipped' };
  'workflow.complete': {
    readonly run_id: string;
    readonly status: 'completed' | 'failed' | 'cancelled';
    readonly duration_ms: number;
  } & Failure;
}

type StepEnd = {
  readonly run_id: string;
  readonly step: string;
  readonly attempt: number;
  readonly duration_ms: number;
} & Failure;

declare module '../../foundation/events/event.js' {
  interface EventData extends WorkflowEvents {}
}
