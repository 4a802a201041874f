import { linkAbort } from '../../foundation/abort.js';
import { encodeJson } from '../../foundation/lossless-json.js';
import type { Runtime } from '../../foundation/runtime.js';
import { raceTimeout, runAttempts } from '../attempts.js';
import { isThenable } from '../awaitable.js';
import { requireText } from '../require-option.js';
import { AttemptState, decodeJson, type RunOutputs, type RunPauses, type RunState } from './run-values.js';
import type { AnyStep, ConditionContext, WorkflowLogger, WorkflowStepContext } from './step.js';
import type { StepSettings } from './step-settings.js';
import { StepTimeoutError, StepValidationError } from './workflow-errors.js';
import type { PauseRecord, WorkflowStateEntry } from './workflow-store.js';

/** What all attempts and conditions of a run share. */
export interface RunSurroundings {
  readonly runId: string;
  /** The input of the run; each call makes a value of its own. */
  readonly readInput: () => unknown;
  readonly outputs: RunOutputs;
  readonly state: RunState;
  readonly pauses: RunPauses;
  readonly runtime: Runtime;
  /** Makes the logger of one attempt. */
  readonly loggerFor: (stepId: string, attempt: number) => WorkflowLogger;
}

/** What the code of a step or condition may use, for one call with a deadline. Its signal is made when it is asked for. */
abstract class CallContext implements Omit<ConditionContext, 'state'> {
  readonly runId: string;
  readonly outputs: RunOutputs;
  private ownInput: { readonly value: unknown } | undefined;
  private abort: ReturnType<typeof linkAbort> | undefined;
  private timeout: { readonly reason: unknown } | undefined;
  private ended = false;

  constructor(
    protected readonly run: RunSurroundings,
    private readonly scope: AbortSignal,
  ) {
    this.runId = run.runId;
    this.outputs = run.outputs;
  }

  /** A value of this call: what the call does to it nobody else sees. */
  get input(): unknown {
    this.ownInput ??= { value: this.run.readInput() };
    return this.ownInput.value;
  }

  /** Aborted with the scope, and at the deadline. */
  get signal(): AbortSignal {
    if (!this.abort) {
      // After the end nobody would release a linked signal.
      this.abort = this.ended ? linkAbort() : linkAbort(this.scope);
      if (this.timeout) this.abort.abort(this.timeout.reason);
    }
    return this.abort.signal;
  }

  /**
   * Calls the function, and waits for its result until the deadline.
   * @param limitMs milliseconds; Infinity for no limit
   * @param expire makes the error of the deadline, which is also the reason of the signal
   */
  async within(limitMs: number, expire: () => unknown, work: () => unknown): Promise<unknown> {
    try {
      const result = work();
      if (!isThenable(result)) return result;
      if (limitMs === Number.POSITIVE_INFINITY) return await result;
      return await raceTimeout(result, limitMs, this.run.runtime, expire, (reason) => {
        this.timeout = { reason };
        this.abort?.abort(reason);
      });
    } finally {
      this.ended = true;
      this.abort?.release();
    }
  }
}

/** What a condition may use. */
export class ConditionCall extends CallContext implements ConditionContext {
  get state(): RunState {
    return this.run.state;
  }
}

/** One attempt of a step. */
class Attempt extends CallContext implements WorkflowStepContext {
  private ownState: AttemptState | undefined;
  private ownLogger: WorkflowLogger | undefined;
  private passedPauses = 0;
  /** The pause that this attempt ended with. */
  openPause: PauseRecord | undefined;

  constructor(
    run: RunSurroundings,
    scope: AbortSignal,
    readonly stepId: string,
    readonly attempt: number,
    private readonly item: number | null,
  ) {
    super(run, scope);
  }

  get logger(): WorkflowLogger {
    this.ownLogger ??= this.run.loggerFor(this.stepId, this.attempt);
    return this.ownLogger;
  }

  get state(): AttemptState {
    this.ownState ??= new AttemptState(this.stepId, this.run.state);
    return this.ownState;
  }

  get pause(): WorkflowStepContext['pause'] {
    return (reason, payload) => this.ask(reason, payload);
  }

  private ask<Answer>(reason: string, payload: unknown): Answer {
    requireText(`reason of a pause of step '${this.stepId}'`, reason);
    const { stepId: step, item, run } = this;
    const number = this.passedPauses + 1;
    const answered = run.pauses.answerTo(step, item, number);
    if (!answered) {
      const asked = { step, item, number, reason, payload: encodeValue(step, 'payload', payload) };
      this.openPause ??= { ...asked, pausedAt: run.runtime.wallTime(), value: null, answeredAt: null };
      throw new StepPause(step);
    }
    this.passedPauses = number;
    // Whoever resumes the run gives the answer; the step says what it expects.
    return decodeJson(answered.value) as Answer;
  }

  /** What the step changed in the state of the run. */
  stateChanges(): readonly WorkflowStateEntry[] | undefined {
    return this.ownState?.changes();
  }
}

/** Ends an attempt whose step waits for an answer. */
class StepPause extends Error {
  override readonly name = 'StepPause';
  constructor(step: string) {
    super(`step '${step}' pauses; do not catch this`);
  }
}

/** The end of a step, after all its attempts. */
export type StepEnd =
  | {
      readonly status: 'completed';
      readonly attempt: number;
      readonly text: string | null;
      readonly state: readonly WorkflowStateEntry[] | undefined;
    }
  | { readonly status: 'paused'; readonly attempt: number; readonly pauses: readonly PauseRecord[] }
  | {
      readonly status: 'failed' | 'cancelled';
      readonly attempt: number;
      readonly error: unknown;
      /** The item of a map step that failed. */
      readonly item?: number | undefined;
    };

/** Called between two attempts. */
export interface AttemptNotices {
  /** An attempt failed, and another will follow. @param attempt the 1-based one that failed */
  onRetry(attempt: number, error: unknown, durationMs: number): Promise<void>;
  /** The next attempt begins. */
  onAttempt(attempt: number): Promise<void>;
}

/** What `runStep` runs. */
export interface StepCall {
  readonly step: AnyStep;
  readonly settings: StepSettings;
  /** The input of the step; each attempt reads a value of its own. */
  readonly readInput: () => unknown;
  /** Aborted when the step must stop: by the failure of a sibling, or with the run. */
  readonly scope: AbortSignal;
  /** 0-based position of the item of a map step. */
  readonly item?: number | undefined;
}

/**
 * Runs a step until an attempt succeeds, must not be repeated, or was the last. Invalid values and aborts are never
 * retried.
 * @throws only what a notice throws
 */
export async function runStep(call: StepCall, run: RunSurroundings, notices: AttemptNotices): Promise<StepEnd> {
  const { step, settings, readInput, scope, item } = call;
  const { timeoutMs } = settings;
  const waiting = run.pauses.openOf(step.id, item ?? null);
  if (waiting) return { status: 'paused', attempt: 1, pauses: [waiting] };
  const { runtime } = run;
  const end = await runAttempts(tryStep, settings, { runtime, signal: scope, ...notices });
  if (end.status !== 'completed') return end;
  const { attempt, value } = end;
  return 'pauses' in value ? { status: 'paused', attempt, ...value } : { status: 'completed', attempt, ...value };

  async function tryStep(attempt: number): Promise<TriedStep> {
    const current = new Attempt(run, scope, step.id, attempt, item ?? null);
    const expire = () => new StepTimeoutError(step.id, attempt, timeoutMs);
    let value: unknown;
    try {
      value = await current.within(timeoutMs, expire, () => step.execute(current, readInput(), item));
    } catch (error) {
      if (scope.aborted || !current.openPause) throw error;
    }
    // A step may have caught what ends the attempt.
    if (current.openPause) return { pauses: [current.openPause] };
    return { text: encodeValue(step.id, 'output', value), state: current.stateChanges() };
  }
}

type TriedStep =
  | { readonly pauses: readonly PauseRecord[] }
  | { readonly text: string | null; readonly state: readonly WorkflowStateEntry[] | undefined };

function encodeValue(step: string, side: 'output' | 'payload', value: unknown): string | null {
  if (value === undefined) return null;
  const json = encodeJson(value);
  if (typeof json === 'string') return json;
  throw new StepValidationError(step, side, [{ path: json.path, message: `${json.found} is not JSON` }]);
}
