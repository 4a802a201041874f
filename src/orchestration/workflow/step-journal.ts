import { isCodedError, messageOf, nameOf } from '../../foundation/errors/chorale-error.js';
import { failureOf } from '../../foundation/events/event.js';
import type { Emit } from '../../foundation/events/observers.js';
import type { StepEnd } from './step-attempts.js';
import type { RecordedFailure, StepRecord } from './workflow-store.js';

/** Makes the records and emits the events of the steps of one run. */
export class StepJournal {
  private readonly begun = new Map<string, { readonly wallTime: number; readonly now: number }>();

  constructor(
    private readonly runId: string,
    private readonly emit: Emit | undefined,
    private readonly clock: { now(): number; wallTime(): number },
  ) {}

  /** The record of a step that begins now. */
  begin(step: string): StepRecord {
    const wallTime = this.clock.wallTime();
    this.begun.set(step, { wallTime, now: this.clock.now() });
    return record(step, 'running', 1, wallTime);
  }

  start(step: string): void {
    this.emit?.('workflow.step.start', { run_id: this.runId, step, attempt: 1 });
  }

  retrying(step: string, attempt: number, error: unknown): StepRecord {
    return { ...record(step, 'retrying', attempt, this.startOf(step)), error: recordFailure(error) };
  }

  announceRetry(step: string, attempt: number, error: unknown, durationMs: number): void {
    const about = { run_id: this.runId, step, attempt, status: 'retrying', duration_ms: durationMs } as const;
    this.emit?.('workflow.step.retry', { ...about, ...failureOf(error, true) });
  }

  again(step: string, attempt: number): StepRecord {
    return record(step, 'running', attempt, this.startOf(step));
  }

  end(step: string, end: StepEnd): StepRecord {
    const { status, attempt } = end;
    if (status === 'paused') return record(step, status, attempt, this.startOf(step));
    const ended = { ...record(step, status, attempt, this.startOf(step)), completedAt: this.clock.wallTime() };
    return end.status === 'completed' ? { ...ended, output: end.text } : { ...ended, error: recordFailure(end.error) };
  }

  /** @param lost what kept the end from being recorded: a completed step then counts as failed */
  announceEnd(step: string, end: StepEnd, lost?: { readonly error: unknown }): void {
    if (!this.emit) return;
    const failure = failureIn(end, lost);
    if (end.status === 'paused' && !lost) this.announcePauses(end);
    this.emit('workflow.step.complete', {
      run_id: this.runId,
      step,
      attempt: end.attempt,
      status: lost && failure === lost ? 'failed' : end.status,
      duration_ms: this.clock.now() - (this.begun.get(step)?.now ?? 0),
      ...failureOf(failure?.error, failure !== undefined),
    });
  }

  skip(step: string): StepRecord {
    const at = this.clock.wallTime();
    return { ...record(step, 'skipped', 0, at), completedAt: at };
  }

  announceSkip(step: string): void {
    if (!this.emit) return;
    const about = { run_id: this.runId, step, attempt: 0 };
    this.emit('workflow.step.start', about);
    this.emit('workflow.step.complete', { ...about, status: 'skipped', duration_ms: 0, error: false });
  }

  startItem(step: string, item: number): void {
    this.emit?.('workflow.item.start', { run_id: this.runId, step, item });
  }

  announceItemRetry(step: string, item: number, attempt: number, error: unknown, durationMs: number): void {
    const about = { run_id: this.runId, step, item, attempt, status: 'retrying', duration_ms: durationMs } as const;
    this.emit?.('workflow.item.retry', { ...about, ...failureOf(error, true) });
  }

  /** @param lost what kept the result from being recorded */
  announceItemEnd(
    step: string,
    item: number,
    startedAt: number,
    end: StepEnd,
    lost?: { readonly error: unknown },
  ): void {
    if (!this.emit) return;
    const failure = failureIn(end, lost);
    this.emit('workflow.item.complete', {
      run_id: this.runId,
      step,
      item,
      attempt: end.attempt,
      status: lost && failure === lost ? 'failed' : end.status,
      duration_ms: this.clock.now() - startedAt,
      ...failureOf(failure?.error, failure !== undefined),
    });
  }

  private announcePauses({ pauses }: StepEnd & { status: 'paused' }): void {
    for (const { step, item, number, reason } of pauses) {
      this.emit?.('workflow.pause', { run_id: this.runId, step, item, number, reason });
    }
  }

  private startOf(step: string): number | null {
    return this.begun.get(step)?.wallTime ?? null;
  }
}

function record(step: string, status: StepRecord['status'], attempt: number, startedAt: number | null): StepRecord {
  return { step, status, attempt, output: null, error: null, startedAt, completedAt: null };
}

function failureIn(
  end: StepEnd,
  lost: { readonly error: unknown } | undefined,
): { readonly error: unknown } | undefined {
  return end.status === 'completed' || end.status === 'paused' ? lost : end;
}

export function recordFailure(error: unknown): RecordedFailure {
  return { name: nameOf(error), message: messageOf(error), code: isCodedError(error) ? error.code : null };
}
