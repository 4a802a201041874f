import { type Host, linkAbort } from '../../concurrency/index.js';
import { StepTimeoutError } from '../../errors/index.js';
import { isThenable } from '../awaitable.js';
import type { RunOutputs } from './run-outputs.js';
import { AttemptState, type RunState } from './run-state.js';
import type { AnyStep, WorkflowLogger, WorkflowStepContext } from './step.js';
import type { WorkflowStateEntry } from './workflow-store.js';

/** What all attempts of a run share. */
export interface AttemptSurroundings {
  readonly runId: string;
  /** The input of the run. */
  readonly input: unknown;
  readonly outputs: RunOutputs;
  readonly state: RunState;
  readonly host: Host;
  /** The logger for one attempt. */
  loggerFor(stepId: string, attempt: number): WorkflowLogger;
}

/** One attempt of a step. What the step does not ask for, as the signal, is not made. */
export class Attempt implements WorkflowStepContext {
  readonly stepId: string;
  private ownState: AttemptState | undefined;
  private ownLogger: WorkflowLogger | undefined;
  private abort: ReturnType<typeof linkAbort> | undefined;
  private timeout: StepTimeoutError | undefined;
  private ended = false;

  constructor(
    private readonly run: AttemptSurroundings,
    private readonly step: AnyStep,
    readonly attempt: number,
    private readonly scope: AbortSignal,
  ) {
    this.stepId = step.id;
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
    if (!this.abort) {
      // One that is asked for too late follows nobody: nobody would take its listener away.
      this.abort = this.ended ? linkAbort() : linkAbort(this.scope);
      if (this.timeout) this.abort.abort(this.timeout);
    }
    return this.abort.signal;
  }

  /** What the step changed in the state of the run. */
  stateChanges(): readonly WorkflowStateEntry[] | undefined {
    return this.ownState?.changes();
  }

  /**
   * Runs the step. A step that does not end in time fails with a StepTimeoutError, whatever it does later.
   * @param timeoutMs milliseconds
   */
  async execute(input: unknown, timeoutMs: number): Promise<unknown> {
    try {
      const result = this.step.execute(this, input);
      return isThenable(result) ? await this.within(timeoutMs, result) : result;
    } finally {
      this.ended = true;
      this.abort?.release();
    }
  }

  private within(timeoutMs: number, pending: PromiseLike<unknown>): PromiseLike<unknown> {
    if (timeoutMs === Number.POSITIVE_INFINITY) return pending;
    return new Promise((resolve, reject) => {
      const cancel = this.run.host.setTimer(timeoutMs, () => {
        this.timeout = new StepTimeoutError(this.stepId, this.attempt, timeoutMs);
        // Before the signal: what the step throws because of it must not come first.
        reject(this.timeout);
        this.abort?.abort(this.timeout);
      });
      pending.then(
        (value) => {
          cancel();
          resolve(value);
        },
        (error) => {
          cancel();
          reject(error);
        },
      );
    });
  }
}
