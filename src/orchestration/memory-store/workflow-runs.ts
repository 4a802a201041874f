import type {
  CommitAnswer,
  NewWorkflowRun,
  StepRecord,
  WorkflowChange,
  WorkflowClaim,
  WorkflowFilter,
  WorkflowRecord,
  WorkflowRunHeader,
  WorkflowStatus,
  WorkflowStore,
} from '../workflow/workflow-store.js';
import { pendingRun } from './pending-run.js';

/** A run as it is kept: the record, with steps and state by their names. */
interface Kept {
  record: Omit<WorkflowRecord, 'steps' | 'state'>;
  readonly steps: Map<string, StepRecord>;
  readonly state: Map<string, string>;
}

/**
 * Keeps the runs of workflows in this process: gone with it.
 *
 * @example
 * const engine = createEngine({ store: memoryWorkflows() });
 */
export function memoryWorkflows(): WorkflowStore {
  return new MemoryWorkflows();
}

class MemoryWorkflows implements WorkflowStore {
  /** By id, in the order in which they were made. */
  private readonly runs = new Map<string, Kept>();
  private readonly byKey = new Map<string, string>();

  create(run: NewWorkflowRun) {
    const { workflow, idempotencyKey, runId } = run;
    const key = idempotencyKey === null ? undefined : JSON.stringify([workflow, idempotencyKey]);
    const existing = this.runs.get((key && this.byKey.get(key)) ?? runId);
    if (existing) return { created: false, run: toRecord(existing) };
    const { steps: _steps, state: _state, ...record } = pendingRun(run);
    const kept: Kept = { record, steps: new Map(), state: new Map() };
    this.runs.set(runId, kept);
    if (key) this.byKey.set(key, runId);
    return { created: true, run: toRecord(kept) };
  }

  claim(runId: string, { at, leaseUntil, takeOver }: WorkflowClaim) {
    const kept = this.runs.get(runId);
    if (!kept) return undefined;
    const { record } = kept;
    const taken = isOpen(record.status) && record.leaseUntil > at && !takeOver;
    if (taken || record.status === 'completed' || record.cancelRequested)
      return { claimed: false, run: toRecord(kept) };
    const fence = record.fence + 1;
    kept.record = { ...record, status: 'running', error: null, completedAt: null, fence, leaseUntil };
    return { claimed: true, run: toRecord(kept) };
  }

  commit(runId: string, fence: number, change: WorkflowChange): CommitAnswer {
    const kept = this.runs.get(runId);
    if (!kept) return 'unknown';
    const { record } = kept;
    if (record.cancelRequested) return 'cancelled';
    if (record.fence !== fence) return 'superseded';
    if (!isOpen(record.status)) return 'finished';
    for (const step of change.steps ?? []) {
      if (kept.steps.get(step.step)?.status !== 'completed') kept.steps.set(step.step, step);
    }
    for (const { key, value } of change.state ?? []) {
      if (value === null) kept.state.delete(key);
      else kept.state.set(key, value);
    }
    if (change.run) kept.record = { ...record, ...change.run };
    if (change.leaseUntil !== undefined) kept.record = { ...kept.record, leaseUntil: change.leaseUntil };
    return 'committed';
  }

  cancel(runId: string, at: number): WorkflowStatus | undefined {
    const kept = this.runs.get(runId);
    if (!kept) return undefined;
    const { record } = kept;
    if (record.status === 'completed' || record.status === 'failed') return record.status;
    kept.record = { ...record, status: 'cancelled', cancelRequested: true, completedAt: record.completedAt ?? at };
    for (const [id, step] of kept.steps) {
      if (step.status === 'running' || step.status === 'retrying') {
        kept.steps.set(id, { ...step, status: 'cancelled', completedAt: at });
      }
    }
    return 'cancelled';
  }

  load(runId: string): WorkflowRecord | undefined {
    const kept = this.runs.get(runId);
    return kept && toRecord(kept);
  }

  list({ workflow, status, limit, before }: WorkflowFilter): WorkflowRunHeader[] {
    const newestFirst = [...this.runs.values()].reverse();
    const start = before === undefined ? 0 : newestFirst.findIndex(({ record }) => record.runId === before) + 1;
    if (before !== undefined && start === 0) return [];
    return newestFirst
      .slice(start)
      .filter(({ record }) => workflow === undefined || record.workflow === workflow)
      .filter(({ record }) => status === undefined || record.status === status)
      .slice(0, limit)
      .map(({ record }) => toHeader(record));
  }
}

function isOpen(status: WorkflowStatus): boolean {
  return status === 'pending' || status === 'running';
}

function toRecord({ record, steps, state }: Kept): WorkflowRecord {
  return {
    ...record,
    steps: [...steps.values()],
    state: [...state].map(([key, value]) => ({ key, value })),
  };
}

function toHeader({
  shape: _s,
  input: _i,
  output: _o,
  fence: _f,
  leaseUntil: _l,
  ...header
}: Kept['record']): WorkflowRunHeader {
  return header;
}
