import { linkAbort } from '../../foundation/abort.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { failureOf, type Observer } from '../../foundation/events/event.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import { isRefusal, type Refusal } from './refusal.js';
import { RunExecution } from './run-execution.js';
import { RunLedger } from './run-ledger.js';
import type { StepLog } from './step-log.js';
import type { Workflow } from './workflow.js';
import type { WorkflowResult } from './workflow-engine.js';
import { WorkflowCancelledError, WorkflowError } from './workflow-errors.js';
import type { WorkflowRecord, WorkflowRunChange, WorkflowStore } from './workflow-store.js';

/** What all runs of an engine share. */
export interface Surroundings {
  readonly store: WorkflowStore;
  readonly observer: Observer;
  readonly log: StepLog;
  readonly runtime: Runtime;
  /** Milliseconds. */
  readonly leaseMs: number;
}

/** A run that this engine has, from its first step to its end. */
export class ActiveRun {
  /** How it ends. A failure that nobody waits for does no harm. */
  readonly result: Promise<WorkflowResult<unknown>>;
  private readonly scope: ReturnType<typeof linkAbort>;
  private readonly ledger: RunLedger;
  private readonly emit: Emit | undefined;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly workflow: Workflow,
    readonly record: WorkflowRecord,
    signal: AbortSignal | undefined,
  ) {
    const { runtime, observer } = surroundings;
    this.emit = createEmit(observer, workflow.id, () => runtime.wallTime());
    this.scope = linkAbort(signal);
    const { runId, fence, leaseUntil } = record;
    this.ledger = new RunLedger({ ...surroundings, workflow: workflow.id, runId, fence, leaseUntil }, (error) =>
      this.scope.abort(isRefusal(error) ? error : this.failure('its progress could not be recorded', error)),
    );
    this.result = this.execute();
    this.result.catch(() => {});
  }

  /** Stops the steps; the store knows already. */
  cancel(reason: unknown): void {
    this.scope.abort(new WorkflowCancelledError(this.workflow.id, this.record.runId, true, reason));
  }

  private async execute(): Promise<WorkflowResult<unknown>> {
    const { workflow, record, ledger, emit } = this;
    const { runId } = record;
    const { runtime } = this.surroundings;
    const startedAt = runtime.now();
    emit?.('workflow.start', { run_id: runId });
    try {
      const scope = this.scope.signal;
      const loggerFor = (stepId: string, attempt: number) =>
        this.surroundings.log({ workflow: workflow.id, runId, stepId, attempt });
      const execution = new RunExecution({ workflow, record, ledger, scope, runtime, emit, loggerFor });
      const output = await execution.run();
      const duration_ms = runtime.now() - startedAt;
      emit?.('workflow.complete', { run_id: runId, status: 'completed', duration_ms, error: false });
      return { runId, output, failures: execution.failures };
    } catch (error) {
      const failure = this.ending(error);
      await this.recordEnding(failure);
      const status = failure instanceof WorkflowCancelledError ? 'cancelled' : 'failed';
      const duration_ms = runtime.now() - startedAt;
      emit?.('workflow.complete', { run_id: runId, status, duration_ms, ...failureOf(failure) });
      throw failure;
    } finally {
      ledger.close();
      this.scope.release();
    }
  }

  /** What the run rejects with. */
  private ending(error: unknown): Error {
    const { signal } = this.scope;
    if (signal.aborted && this.isOwnRefusal(signal.reason)) return signal.reason;
    if (this.isOwnRefusal(error) || (error instanceof WorkflowError && error.runId === this.record.runId)) return error;
    if (signal.aborted) {
      return new WorkflowCancelledError(this.workflow.id, this.record.runId, false, signal.reason);
    }
    return this.failure('could not go on', error);
  }

  /** Those of another run are somebody's reason to stop this one. */
  private isOwnRefusal(error: unknown): error is Refusal {
    return isRefusal(error) && error.runId === this.record.runId;
  }

  /** Records how the run ended, unless the store knows or the run is another worker's. */
  private async recordEnding(failure: Error): Promise<void> {
    if (isRefusal(failure) && !(failure instanceof WorkflowCancelledError && !failure.forGood)) return;
    try {
      await this.ledger.commit({ run: this.endingChange(failure) });
    } catch {
      await this.ledger.release();
    }
  }

  private endingChange(failure: Error): WorkflowRunChange {
    const completedAt = this.surroundings.runtime.wallTime();
    if (failure instanceof WorkflowError) {
      const { name, code, problem, cause } = failure;
      const message = `${problem}: ${messageOf(cause)}`;
      return { status: 'failed', completedAt, error: { name, code, message } };
    }
    const error = { name: failure.name, code: 'CHORALE_WORKFLOW_CANCELLED', message: messageOf(failure.cause) };
    return { status: 'cancelled', completedAt, error };
  }

  private failure(problem: string, cause: unknown): WorkflowError {
    return new WorkflowError(this.workflow.id, this.record.runId, null, problem, cause);
  }
}
