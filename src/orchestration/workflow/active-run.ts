import { linkAbort } from '../../foundation/abort.js';
import { messageOf } from '../../foundation/errors/chorale-error.js';
import { failureOf, type Observer } from '../../foundation/events/event.js';
import { createEmit, type Emit } from '../../foundation/events/observers.js';
import type { Runtime } from '../../foundation/runtime.js';
import { RunExecution } from './run-execution.js';
import { RunWriter } from './run-writer.js';
import type { StepLog } from './step-log.js';
import type { Workflow } from './workflow.js';
import type { WorkflowResult } from './workflow-engine.js';
import {
  isRunLost,
  type RunLostError,
  WorkflowCancelledError,
  WorkflowError,
  WorkflowPausedError,
} from './workflow-errors.js';
import type { WorkflowRecord, WorkflowRunChange, WorkflowStore } from './workflow-store.js';

/** What all runs of an engine share. */
export interface EngineSettings {
  readonly store: WorkflowStore;
  readonly observer: Observer;
  readonly log: StepLog;
  readonly runtime: Runtime;
  readonly leaseMs: number;
}

/** A run of this engine, from its first step to its end. */
export class ActiveRun {
  readonly result: Promise<WorkflowResult<unknown>>;
  private readonly scope: ReturnType<typeof linkAbort>;
  private readonly writer: RunWriter;
  private readonly emit: Emit | undefined;

  constructor(
    private readonly engine: EngineSettings,
    private readonly workflow: Workflow,
    private readonly record: WorkflowRecord,
    signal: AbortSignal | undefined,
  ) {
    const { runtime, observer } = engine;
    this.emit = createEmit(observer, workflow.id, () => runtime.wallTime());
    this.scope = linkAbort(signal);
    const { runId, fence, leaseUntil } = record;
    this.writer = new RunWriter({ ...engine, workflow: workflow.id, runId, fence, leaseUntil }, (error) =>
      this.scope.abort(isRunLost(error) ? error : this.failure('its progress could not be recorded', error)),
    );
    this.result = this.execute();
    // Prevents an unhandled rejection.
    this.result.catch(() => {});
  }

  /** Stops the steps. The run can be resumed. */
  stop(reason: unknown): void {
    this.scope.abort(reason);
  }

  /** Stops the steps; the store has the cancellation already. */
  cancel(reason: unknown): void {
    this.scope.abort(new WorkflowCancelledError(this.workflow.id, this.record.runId, true, reason));
  }

  private async execute(): Promise<WorkflowResult<unknown>> {
    const { workflow, record, writer, emit } = this;
    const { runId } = record;
    const { runtime, log } = this.engine;
    const startedAt = runtime.now();
    const durationMs = () => runtime.now() - startedAt;
    emit?.('workflow.start', { run_id: runId });
    try {
      const scope = this.scope.signal;
      const loggerFor = (stepId: string, attempt: number) => log({ workflow: workflow.id, runId, stepId, attempt });
      const execution = new RunExecution({ workflow, record, writer, scope, runtime, emit, loggerFor });
      const output = await execution.run();
      const end = { run_id: runId, status: 'completed', duration_ms: durationMs(), error: false } as const;
      emit?.('workflow.complete', end);
      return { runId, output, failures: execution.failures };
    } catch (error) {
      const failure = this.failureOf(error);
      await this.recordEnd(failure);
      this.announceEnd(failure, durationMs());
      throw failure;
    } finally {
      writer.close();
      this.scope.release();
    }
  }

  private announceEnd(failure: Error, durationMs: number): void {
    const about = { run_id: this.record.runId, duration_ms: durationMs };
    if (failure instanceof WorkflowPausedError) {
      this.emit?.('workflow.complete', { ...about, status: 'paused', error: false });
    } else {
      const status = failure instanceof WorkflowCancelledError ? 'cancelled' : 'failed';
      this.emit?.('workflow.complete', { ...about, status, ...failureOf(failure) });
    }
  }

  /** What the run rejects with. */
  private failureOf(error: unknown): Error {
    const { runId } = this.record;
    const { aborted, reason } = this.scope.signal;
    // The errors of another run may be the reason of this one's signal.
    const isOwn = (found: unknown): found is RunLostError => isRunLost(found) && found.runId === runId;
    if (aborted && isOwn(reason)) return reason;
    const isEnd = error instanceof WorkflowError || error instanceof WorkflowPausedError;
    if (isOwn(error) || (isEnd && error.runId === runId)) return error;
    if (aborted) return new WorkflowCancelledError(this.workflow.id, runId, false, reason);
    return this.failure('could not continue', error);
  }

  /** Records the end of the run, unless the store has it, or the run is another worker's. */
  private async recordEnd(failure: Error): Promise<void> {
    if (isRunLost(failure) && !(failure instanceof WorkflowCancelledError && !failure.forGood)) return;
    const isPaused = failure instanceof WorkflowPausedError;
    try {
      await this.writer.commit(isPaused ? { run: { status: 'paused' }, leaseUntil: 0 } : { run: this.endOf(failure) });
    } catch {
      await this.writer.release();
    }
  }

  private endOf(failure: Error): WorkflowRunChange {
    const completedAt = this.engine.runtime.wallTime();
    const { name, cause } = failure;
    if (failure instanceof WorkflowError) {
      const message = `${failure.problem}: ${messageOf(cause)}`;
      return { status: 'failed', completedAt, error: { name, code: failure.code, message } };
    }
    const error = { name, code: 'CHORALE_WORKFLOW_CANCELLED', message: messageOf(cause) };
    return { status: 'cancelled', completedAt, error };
  }

  private failure(problem: string, cause: unknown): WorkflowError {
    return new WorkflowError(this.workflow.id, this.record.runId, null, problem, cause);
  }
}
