import type { RecordedFailure, StepRecord, WorkflowRecord, WorkflowRunHeader } from './workflow-store.js';

/** A step of a recorded run. Times are milliseconds since the epoch. */
export interface StepRun extends Omit<StepRecord, 'output'> {
  /** Undefined unless the step has completed. */
  readonly output: unknown;
}

/** A recorded run, as `engine.get` gives it. */
export interface WorkflowRun extends WorkflowRunHeader {
  readonly input: unknown;
  /** Undefined unless the run has completed. */
  readonly output: unknown;
  /** In the order in which they began; those that have not begun are missing. */
  readonly steps: readonly StepRun[];
  /** What the steps share. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** A run with its values, out of what a store holds. */
export function readRun(record: WorkflowRecord): WorkflowRun {
  const { shape: _shape, fence: _fence, leaseUntil: _leaseUntil, steps, state, ...header } = record;
  return {
    ...header,
    input: decodeJson(record.input),
    output: decodeJson(record.output),
    steps: steps.map((step) => ({ ...step, output: decodeJson(step.output) })),
    state: Object.fromEntries(state.map(({ key, value }) => [key, decodeJson(value)])),
  };
}

/** The value of a JSON text; undefined where there is none. */
export function decodeJson(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}

/** A recorded failure as an error again. */
export function failureToError(failure: RecordedFailure | null): Error {
  const error = new Error(failure?.message ?? 'no failure is recorded');
  if (failure && failure.name !== error.name) Object.defineProperty(error, 'name', { value: failure.name });
  if (failure && failure.code !== null) Object.assign(error, { code: failure.code });
  return error;
}
