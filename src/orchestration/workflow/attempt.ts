import type { Runtime } from '../../foundation/runtime.js';
import type { RunOutputs } from './run-outputs.js';
import { AttemptState, type RunState } from './run-state.js';
import type { AnyStep, WorkflowLogger, WorkflowStepContext } from './step.js';
import { TimedWork } from './timed-work.js';
import { StepTimeoutError } from './workflow-errors.js';
import type { WorkflowStateEntry } from './workflow-store.js';

/** What all attempts of a run share. */
export interface AttemptSurroundings {
  readonly runId: string;
  /** The input of the run. */
  readonly input: unknown;
  readonly outputs: RunOutputs;
  readonly state: RunState;
  readonly runtime: Runtime;
  /** The logger for one attempt. */
  loggerFor(stepId: string, attempt: number): WorkflowLogger;
}

/** One attempt of a step. What the step does not ask for, as the signal, is not made. */
export class Attempt implements WorkflowStepContext {
  readonly stepId: string;
  private ownState: AttemptState | undefined;
  private ownLogger: WorkflowLogger | undefined;
  private readonly work: TimedWork;

  constructor(
    private readonly run: AttemptSurroundings,
    private readonly step: AnyStep,
    readonly attempt: number,
    scope: AbortSignal,
  ) {
    this.stepId = step.id;
    this.work = new TimedWork(run.runtime, scope);
  }

  get runId(): string {
    return this.run.runId;
  }

  get input(): unknown {
    return this.run.input;
  }

  get outputs(): RunOutputs {
    return this.run.outputs;
  }

  get logger(): WorkflowLogger {
    this.ownLogger ??= this.run.loggerFor(this.stepId, this.attempt);
    return this.ownLogger;
  }

  get state(): AttemptState {
    this.ownState ??= new AttemptState(this.stepId, this.run.state);
    return this.ownState;
  }

  get signal(): AbortSignal {
    return this.work.signal;
  }

  /** What the step changed in the state of the run. */
  stateChanges(): readonly WorkflowStateEntry[] | undefined {
    return this.ownState?.changes();
  }

  /**
   * Runs the step. A step that does not end in time fails with a StepTimeoutError, whatever it does later.
   * @param timeoutMs milliseconds
   */
  execute(input: unknown, timeoutMs: number): Promise<unknown> {
    const expire = () => new StepTimeoutError(this.stepId, this.attempt, timeoutMs);
    return this.work.run(() => this.step.execute(this, input), timeoutMs, expire);
  }
}
