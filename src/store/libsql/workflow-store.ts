import { nodeRuntime } from '../../foundation/runtime.js';
import {
  type CommitAnswer,
  deathOf,
  type NewWorkflowRun,
  type PauseAnswer,
  type PauseRecord,
  pendingRun,
  type RecordedFailure,
  type RunHeaderRecord,
  type StepRecord,
  type WorkflowChange,
  type WorkflowClaim,
  type WorkflowFilter,
  type WorkflowPruneFilter,
  type WorkflowRecord,
  type WorkflowStatus,
  type WorkflowStore,
} from '../../orchestration/workflow/workflow-store.js';
import {
  type Database,
  prepareAll,
  type SqlRow,
  type SqlValue,
  type Statement,
  type Statements,
} from './open-database.js';

import { pruneChunk, workflowListSql, workflowMigrations, workflowPruneSql, workflowSql } from './workflow-sql.js';

/**
 * Keeps the runs of workflows in a libSQL file.
 * @param giveBack returns the room of deleted runs to the system
 *
 * @example
 * const database = openDatabase('runs.db');
 * const engine = createEngine({ store: libsqlWorkflows(database) });
 */
export function libsqlWorkflows(database: Database, giveBack = async () => {}): WorkflowStore {
  database.migrate('workflows', workflowMigrations);
  return new LibsqlWorkflows(database, giveBack);
}

class LibsqlWorkflows implements WorkflowStore {
  private readonly sql: Statements<typeof workflowSql>;
  private readonly lists = new Map<string, Statement>();

  constructor(
    private readonly database: Database,
    private readonly giveBack: () => Promise<void>,
  ) {
    this.sql = prepareAll(database, workflowSql);
  }

  create(run: NewWorkflowRun) {
    const { sql } = this;
    return this.database.write(() => {
      const { runId, workflow, idempotencyKey, createdAt } = run;
      if (sql.insertRun.run(runId, workflow, idempotencyKey, createdAt) === 1) {
        const fence = Number(sql.latestFence.get()?.latest) + 1;
        sql.insertLease.run(fence, run.leaseUntil);
        sql.insertInput.run(run.shape, run.input);
        return { created: true, run: pendingRun(run, fence) };
      }
      const known = idempotencyKey === null ? undefined : sql.findByKey.get(workflow, idempotencyKey);
      return { created: false, run: this.read(known === undefined ? runId : String(known.id)) };
    });
  }

  claim(runId: string, request: WorkflowClaim) {
    const { at, takeOver, answer } = request;
    return this.database.write(() => {
      const found = this.sql.find.get(runId);
      if (!found) return undefined;
      const taken = isOpen(found.status) && Number(found.until) > at && !takeOver;
      const isOver = found.status === 'completed' || found.cancel_requested === 1;
      const isDue = () => (answer ? this.answerPause(seqOf(found), answer, at) : found.status !== 'paused');
      const claimed = !taken && !isOver && isDue() && this.begin(found, request);
      return { claimed, run: this.read(runId) };
    });
  }

  commit(runId: string, fence: number, change: WorkflowChange): CommitAnswer | Promise<CommitAnswer> {
    const { sql } = this;
    return this.database.write(() => {
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
      for (const { step, item, value } of change.items ?? []) sql.writeItem.run(seq, step, item, value);
      for (const pause of change.pauses ?? []) this.writePause(seq, pause);
      if (change.dropItems !== undefined) sql.dropItems.run(seq, change.dropItems);
      if (change.run) {
        const { status, output, error, startedAt, completedAt } = change.run;
        sql.writeStatus.run(status, failureCell(error), startedAt ?? null, completedAt ?? null, seq);
        if (typeof output === 'string') sql.writeOutput.run(seq, output);
      }
      if (change.leaseUntil !== undefined) sql.writeLease.run(change.leaseUntil, seq);
      return 'committed';
    });
  }

  cancel(runId: string, at: number): WorkflowStatus | undefined | Promise<WorkflowStatus | undefined> {
    const { sql } = this;
    return this.database.write(() => {
      const found = sql.find.get(runId);
      if (!found) return undefined;
      if (found.status === 'completed' || found.status === 'failed' || found.status === 'dead') return found.status;
      sql.cancelRun.run(at, seqOf(found));
      sql.cancelSteps.run(at, seqOf(found));
      return 'cancelled';
    });
  }

  load(runId: string): WorkflowRecord | undefined {
    return this.database.snapshot(() => (this.sql.findSeq.get(runId) ? this.read(runId) : undefined));
  }

  list({ workflow, status, limit, before }: WorkflowFilter): RunHeaderRecord[] {
    const values = [workflow, status].filter((value) => value !== undefined);
    const end = before === undefined ? Number.MAX_SAFE_INTEGER : this.sql.findSeq.get(before)?.seq;
    if (end === undefined) return [];
    const sql = workflowListSql({ workflow: workflow !== undefined, status: status !== undefined });
    return this.prepared(sql)
      .all(...values, end, limit)
      .map((row) => this.toHeader(row));
  }

  async delete(runId: string, at: number): Promise<'deleted' | 'leased' | 'unknown'> {
    const answer = await this.database.write(() => {
      const found = this.sql.find.get(runId);
      if (!found) return 'unknown';
      if (isOpen(found.status) && Number(found.until) > at) return 'leased';
      this.drop(seqOf(found));
      return 'deleted';
    });
    if (answer === 'deleted') await this.giveBack();
    return answer;
  }

  async prune({ workflow, statuses, before, at }: WorkflowPruneFilter): Promise<number> {
    const statement = this.prepared(workflowPruneSql({ workflow: workflow !== undefined }));
    let count = 0;
    for (const status of statuses) {
      const values = workflow === undefined ? [status] : [workflow, status];
      for (let seq = 0, isLast = false; !isLast; ) {
        const dropped = await this.database.write(() => {
          const old = statement.all(...values, seq, before, at).map(seqOf);
          for (const one of old) this.drop(one);
          return old;
        });
        seq = dropped.at(-1) ?? 0;
        isLast = dropped.length < pruneChunk;
        count += dropped.length;
        if (!isLast) await new Promise<void>((resolve) => void nodeRuntime.nextTurn(resolve));
      }
    }
    if (count > 0) await this.giveBack();
    return count;
  }

  private drop(seq: number): void {
    const { sql } = this;
    sql.raiseFence.run(seq);
    for (const statement of [sql.deleteLease, sql.deleteInput, sql.deleteOutput, sql.deleteState]) statement.run(seq);
    for (const statement of [sql.deleteItems, sql.deletePauses, sql.deleteSteps, sql.deleteRun]) statement.run(seq);
  }

  private prepared(sql: string): Statement {
    const statement = this.lists.get(sql) ?? this.database.prepare(sql);
    this.lists.set(sql, statement);
    return statement;
  }

  /** @throws when the run is not there */
  private read(runId: string): WorkflowRecord {
    const { sql } = this;
    const [run] = sql.loadRun.all(runId);
    if (!run) throw new Error(`run ${runId} is gone within a transaction`);
    const steps = sql.loadSteps.all(seqOf(run)).sort((one, other) => seqOf(one) - seqOf(other));
    const state = sql.loadState.all(seqOf(run));
    const items = sql.loadItems.all(seqOf(run));
    return { ...this.toHeader(run), steps: steps.map(toStep), state, items } as unknown as WorkflowRecord;
  }

  /** A run without its values, out of its row. What a row holds is what this program wrote there. */
  private toHeader({ seq, cancelRequested, error, ...same }: SqlRow): RunHeaderRecord {
    const pauses = this.sql.loadPauses.all(Number(seq));
    const header = { ...same, cancelRequested: cancelRequested === 1, error: toFailure(error), pauses };
    return header as unknown as RunHeaderRecord;
  }

  private writePause(seq: number, pause: PauseRecord): void {
    const { step, item, number, reason, payload, pausedAt } = pause;
    this.sql.writePause.run(seq, step, item ?? -1, number, reason, payload, pausedAt);
  }

  /** @returns whether the pause waited for the answer */
  private answerPause(seq: number, { step, item, number, value }: PauseAnswer, at: number): boolean {
    return this.sql.answerPause.run(value, at, seq, step, item ?? -1, number) === 1;
  }

  /** Gives the run to a worker, unless too many had it without progress. */
  private begin(found: SqlRow, claim: WorkflowClaim): boolean {
    const { sql } = this;
    const { at, leaseUntil, deadOnly, maxStarts = Number.POSITIVE_INFINITY } = claim;
    const seq = seqOf(found);
    const progress = `${sql.countSteps.get(seq)?.number} ${sql.countItems.get(seq)?.number}`;
    const before = sql.findStarts.get(seq);
    const starts = isOpen(found.status) && before?.progress === progress ? Number(before.starts) : 0;
    if (starts >= maxStarts) {
      sql.declareDead.run(failureCell(deathOf(starts)), at, seq);
      return false;
    }
    if (deadOnly) return false;
    sql.claimRun.run(seq);
    sql.claimLease.run(leaseUntil, starts + 1, progress, seq);
    return true;
  }

  private writeStep(seq: number, step: StepRecord): void {
    const { status, attempt, output, startedAt, completedAt } = step;
    const error = failureCell(step.error);
    this.sql.writeStep.run(seq, step.step, status, attempt, output, error, startedAt, completedAt);
  }
}

function seqOf(row: SqlRow): number {
  return Number(row.seq);
}

function isOpen(status: SqlRow[string] | undefined): boolean {
  return status === 'pending' || status === 'running';
}

/** A failure as a cell. */
function failureCell(failure: RecordedFailure | null | undefined): string | null {
  return failure ? JSON.stringify(failure) : null;
}

function toStep({ seq: _, error, ...same }: SqlRow): StepRecord {
  return { ...same, error: toFailure(error) } as unknown as StepRecord;
}

function toFailure(cell: SqlValue | undefined): RecordedFailure | null {
  return typeof cell === 'string' ? JSON.parse(cell) : null;
}
