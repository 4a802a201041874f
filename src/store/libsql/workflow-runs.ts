import { pendingRun } from '../../orchestration/memory-store/pending-run.js';
import type {
  CommitAnswer,
  NewWorkflowRun,
  StepRecord,
  WorkflowChange,
  WorkflowClaim,
  WorkflowFilter,
  WorkflowRecord,
  WorkflowRunChange,
  WorkflowRunHeader,
  WorkflowStatus,
  WorkflowStore,
} from '../../orchestration/workflow/workflow-store.js';
import type { Database, SqlRow, Statement } from './open-database.js';
import { fromFailure, toHeader, toRecord } from './workflow-rows.js';
import { listSql, workflowMigrations, workflowSql } from './workflow-sql.js';

/**
 * Keeps the runs of workflows in a libSQL file.
 *
 * @example
 * const database = openDatabase('runs.db');
 * const engine = createEngine({ store: libsqlWorkflows(database) });
 */
export function libsqlWorkflows(database: Database): WorkflowStore {
  database.migrate('workflows', workflowMigrations);
  return new LibsqlWorkflows(database);
}

class LibsqlWorkflows implements WorkflowStore {
  private readonly sql: Readonly<Record<keyof typeof workflowSql, Statement>>;
  private readonly lists = new Map<string, Statement>();

  constructor(private readonly database: Database) {
    const entries = Object.entries(workflowSql).map(([name, sql]) => [name, database.prepare(sql)]);
    this.sql = Object.fromEntries(entries);
  }

  create(run: NewWorkflowRun) {
    const { sql } = this;
    return this.database.transaction(() => {
      const { runId, workflow, idempotencyKey, createdAt } = run;
      if (sql.insertRun.run(runId, workflow, idempotencyKey, createdAt) === 1) {
        sql.insertLease.run(run.leaseUntil);
        sql.insertInput.run(run.shape, run.input);
        return { created: true, run: pendingRun(run) };
      }
      const known = idempotencyKey === null ? undefined : sql.findByKey.get(workflow, idempotencyKey);
      return { created: false, run: this.read(known === undefined ? runId : String(known.id)) };
    });
  }

  claim(runId: string, { at, leaseUntil, takeOver }: WorkflowClaim) {
    const { sql } = this;
    return this.database.transaction(() => {
      const found = sql.find.get(runId);
      if (!found) return undefined;
      const taken = isOpen(found.status) && Number(found.until) > at && !takeOver;
      const claimed = !taken && found.status !== 'completed' && found.cancel_requested === 0;
      if (claimed) {
        sql.claimRun.run(seqOf(found));
        sql.claimLease.run(leaseUntil, seqOf(found));
      }
      return { claimed, run: this.read(runId) };
    });
  }

  commit(runId: string, fence: number, change: WorkflowChange): CommitAnswer {
    const { sql } = this;
    return this.database.transaction(() => {
      const found = sql.find.get(runId);
      if (!found) return 'unknown';
      if (found.cancel_requested === 1) return 'cancelled';
      if (found.fence !== fence) return 'superseded';
      if (!isOpen(found.status)) return 'finished';
      const seq = seqOf(found);
      for (const step of change.steps ?? []) this.writeStep(seq, step);
      for (const { key, value } of change.state ?? []) {
        if (value === null) sql.removeState.run(seq, key);
        else sql.writeState.run(seq, key, value);
      }
      if (change.run) this.writeRun(seq, change.run);
      if (change.leaseUntil !== undefined) sql.writeLease.run(change.leaseUntil, seq);
      return 'committed';
    });
  }

  cancel(runId: string, at: number): WorkflowStatus | undefined {
    const { sql } = this;
    return this.database.transaction(() => {
      const found = sql.find.get(runId);
      if (!found) return undefined;
      if (found.status === 'completed' || found.status === 'failed') return found.status;
      sql.cancelRun.run(at, seqOf(found));
      sql.cancelSteps.run(at, seqOf(found));
      return 'cancelled';
    });
  }

  load(runId: string): WorkflowRecord | undefined {
    return this.database.snapshot(() => (this.sql.findSeq.get(runId) ? this.read(runId) : undefined));
  }

  list({ workflow, status, limit, before }: WorkflowFilter): WorkflowRunHeader[] {
    const values = [workflow, status].filter((value) => value !== undefined);
    const end = before === undefined ? Number.MAX_SAFE_INTEGER : this.sql.findSeq.get(before)?.seq;
    if (end === undefined) return [];
    const sql = listSql({ workflow: workflow !== undefined, status: status !== undefined });
    const statement = this.lists.get(sql) ?? this.database.prepare(sql);
    this.lists.set(sql, statement);
    return statement.all(...values, end, limit).map(toHeader);
  }

  /** @throws when the run is not there */
  private read(runId: string): WorkflowRecord {
    const { sql } = this;
    const run = sql.loadRun.get(runId);
    if (!run) throw new Error(`run ${runId} is gone within a transaction`);
    const steps = sql.loadSteps.all(seqOf(run)).sort((one, other) => seqOf(one) - seqOf(other));
    return toRecord(run, steps, sql.loadState.all(seqOf(run)));
  }

  private writeStep(seq: number, step: StepRecord): void {
    const { status, attempt, output, startedAt, completedAt } = step;
    const error = fromFailure(step.error);
    this.sql.writeStep.run(seq, step.step, status, attempt, output, error, startedAt, completedAt);
  }

  private writeRun(seq: number, { status, output, error, startedAt, completedAt }: WorkflowRunChange): void {
    this.sql.writeStatus.run(status, fromFailure(error), startedAt ?? null, completedAt ?? null, seq);
    if (typeof output === 'string') this.sql.writeOutput.run(seq, output);
  }
}

function seqOf(row: SqlRow): number {
  return Number(row.seq);
}

function isOpen(status: SqlRow[string] | undefined): boolean {
  return status === 'pending' || status === 'running';
}
