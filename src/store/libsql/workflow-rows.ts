import type {
  RecordedFailure,
  StepRecord,
  StepStatus,
  WorkflowRecord,
  WorkflowRunHeader,
  WorkflowStateEntry,
  WorkflowStatus,
} from '../../orchestration/workflow/workflow-store.js';
import type { SqlRow, SqlValue } from './open-database.js';

/** A failure as a cell. */
export function fromFailure(failure: RecordedFailure | null | undefined): string | null {
  return failure ? JSON.stringify(failure) : null;
}

/** A run without its values, out of its row. What a row holds is what this program wrote there. */
export function toHeader(row: SqlRow): WorkflowRunHeader {
  return {
    runId: String(row.id),
    workflow: String(row.workflow),
    status: row.status as WorkflowStatus,
    idempotencyKey: toText(row.idempotency_key),
    cancelRequested: row.cancel_requested === 1,
    error: toFailure(row.error),
    createdAt: Number(row.created_at),
    startedAt: toNumber(row.started_at),
    completedAt: toNumber(row.completed_at),
  };
}

/** A run, out of its rows. */
export function toRecord(run: SqlRow, steps: readonly SqlRow[], state: readonly SqlRow[]): WorkflowRecord {
  return {
    ...toHeader(run),
    shape: String(run.shape),
    input: toText(run.input),
    output: toText(run.output),
    fence: Number(run.fence),
    leaseUntil: Number(run.until),
    steps: steps.map(toStep),
    state: state.map(toEntry),
  };
}

function toStep(row: SqlRow): StepRecord {
  return {
    step: String(row.step),
    status: row.status as StepStatus,
    attempt: Number(row.attempt),
    output: toText(row.output),
    error: toFailure(row.error),
    startedAt: toNumber(row.started_at),
    completedAt: toNumber(row.completed_at),
  };
}

function toEntry(row: SqlRow): WorkflowStateEntry {
  return { key: String(row.key), value: String(row.value) };
}

function toFailure(cell: SqlValue | undefined): RecordedFailure | null {
  return typeof cell === 'string' ? JSON.parse(cell) : null;
}

function toText(cell: SqlValue | undefined): string | null {
  return typeof cell === 'string' ? cell : null;
}

function toNumber(cell: SqlValue | undefined): number | null {
  return typeof cell === 'number' ? cell : null;
}
