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

/**
 * The tables of workflow runs, by schema version. What changes often (the lease, statuses) is kept apart from what may be
 * large (inputs, outputs), so that a write costs what has changed.
 */
export const workflowMigrations: readonly string[] = [
  `CREATE TABLE workflow_runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    status TEXT NOT NULL,
    idempotency_key TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER
  );
  CREATE UNIQUE INDEX workflow_runs_key ON workflow_runs (workflow, idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX workflow_runs_workflow ON workflow_runs (workflow, seq);
  CREATE INDEX workflow_runs_status ON workflow_runs (status, seq);
  CREATE INDEX workflow_runs_workflow_status ON workflow_runs (workflow, status, seq);
  CREATE TABLE workflow_leases (run INTEGER PRIMARY KEY, fence INTEGER NOT NULL, until INTEGER NOT NULL);
  CREATE TABLE workflow_inputs (run INTEGER PRIMARY KEY, shape TEXT NOT NULL, input TEXT);
  CREATE TABLE workflow_outputs (run INTEGER PRIMARY KEY, output TEXT);
  CREATE TABLE workflow_steps (
    seq INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    output TEXT,
    error TEXT,
    started_at INTEGER,
    completed_at INTEGER,
    UNIQUE (run, step)
  );
  CREATE TABLE workflow_state (
    run INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, key)
  ) WITHOUT ROWID;`,
  `CREATE TABLE workflow_items (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    item INTEGER NOT NULL,
    value TEXT,
    PRIMARY KEY (run, step, item)
  ) WITHOUT ROWID;`,
  // An item of -1: the step itself.
  `CREATE TABLE workflow_pauses (
    run INTEGER NOT NULL,
    step TEXT NOT NULL,
    item INTEGER NOT NULL,
    number INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload TEXT,
    paused_at INTEGER NOT NULL,
    value TEXT,
    answered_at INTEGER,
    PRIMARY KEY (run, step, item, number)
  ) WITHOUT ROWID;`,
  // The workers in a row that have had the run without progress, and what had been recorded at the latest claim.
  `ALTER TABLE workflow_leases ADD COLUMN starts INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE workflow_leases ADD COLUMN progress TEXT NOT NULL DEFAULT '0 0';`,
];

/** A `RunHeaderRecord` without its pauses, with `cancelRequested` as a number and `error` as JSON. */
const header = `id AS runId, workflow, status, idempotency_key AS idempotencyKey, cancel_requested AS cancelRequested,
  error, created_at AS createdAt, started_at AS startedAt, completed_at AS completedAt`;

/** Every statement but those of `list`. */
export const workflowSql = {
  insertRun: `INSERT INTO workflow_runs (id, workflow, status, idempotency_key, created_at)
    VALUES (?, ?, 'pending', ?, ?) ON CONFLICT DO NOTHING`,
  insertLease: 'INSERT INTO workflow_leases (run, fence, until) VALUES (last_insert_rowid(), 1, ?)',
  insertInput: 'INSERT INTO workflow_inputs (run, shape, input) VALUES (last_insert_rowid(), ?, ?)',
  findByKey: 'SELECT id FROM workflow_runs WHERE workflow = ? AND idempotency_key = ?',
  findSeq: 'SELECT seq FROM workflow_runs WHERE id = ?',
  find: `SELECT seq, status, cancel_requested, fence, until, starts, progress
    FROM workflow_runs CROSS JOIN workflow_leases ON run = seq WHERE id = ?`,
  claimRun: `UPDATE workflow_runs SET status = 'running', error = NULL, completed_at = NULL WHERE seq = ?`,
  claimLease: 'UPDATE workflow_leases SET fence = fence + 1, until = ?, starts = ?, progress = ? WHERE run = ?',
  countSteps: `SELECT count(*) AS number FROM workflow_steps WHERE run = ? AND status NOT IN ('running', 'retrying')`,
  countItems: 'SELECT count(*) AS number FROM workflow_items WHERE run = ?',
  declareDead: `UPDATE workflow_runs SET status = 'dead', error = ?, completed_at = ? WHERE seq = ?`,
  writeLease: 'UPDATE workflow_leases SET until = ? WHERE run = ?',
  writeStatus: `UPDATE workflow_runs SET status = ?, error = coalesce(?, error), started_at = coalesce(?, started_at),
    completed_at = coalesce(?, completed_at) WHERE seq = ?`,
  writeOutput: 'INSERT OR REPLACE INTO workflow_outputs (run, output) VALUES (?, ?)',
  writeStep: `INSERT INTO workflow_steps (run, step, status, attempt, output, error, started_at, completed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (run, step) DO UPDATE SET status = excluded.status, attempt = excluded.attempt, output = excluded.output,
      error = excluded.error, started_at = excluded.started_at, completed_at = excluded.completed_at
    WHERE workflow_steps.status <> 'completed'`,
  writeState: 'INSERT OR REPLACE INTO workflow_state (run, key, value) VALUES (?, ?, ?)',
  removeState: 'DELETE FROM workflow_state WHERE run = ? AND key = ?',
  writeItem: 'INSERT INTO workflow_items (run, step, item, value) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  dropItems: 'DELETE FROM workflow_items WHERE run = ? AND step = ?',
  writePause: `INSERT INTO workflow_pauses (run, step, item, number, reason, payload, paused_at)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  answerPause: `UPDATE workflow_pauses SET value = ?, answered_at = ?
    WHERE run = ? AND step = ? AND item = ? AND number = ? AND answered_at IS NULL`,
  loadPauses: `SELECT step, nullif(item, -1) AS item, number, reason, payload, paused_at AS pausedAt, value,
    answered_at AS answeredAt FROM workflow_pauses WHERE run = ? ORDER BY step, workflow_pauses.item, number`,
  cancelRun: `UPDATE workflow_runs SET status = 'cancelled', cancel_requested = 1, completed_at = coalesce(completed_at, ?)
    WHERE seq = ?`,
  cancelSteps: `UPDATE workflow_steps SET status = 'cancelled', completed_at = ?
    WHERE run = ? AND status IN ('running', 'retrying', 'paused')`,
  loadRun: `SELECT seq, ${header}, shape, input, output, fence, until AS leaseUntil FROM workflow_runs
    CROSS JOIN workflow_leases ON workflow_leases.run = seq
    CROSS JOIN workflow_inputs ON workflow_inputs.run = seq
    LEFT JOIN workflow_outputs ON workflow_outputs.run = seq WHERE id = ?`,
  loadSteps: `SELECT seq, step, status, attempt, output, error, started_at AS startedAt, completed_at AS completedAt
    FROM workflow_steps WHERE run = ?`,
  loadState: 'SELECT key, value FROM workflow_state WHERE run = ? ORDER BY key',
  loadItems: 'SELECT step, item, value FROM workflow_items WHERE run = ? ORDER BY step, item',
} as const;

/** A page of runs, the newest first: the values of the filters, then before which `seq`, then how many. */
export function workflowListSql(filters: { readonly workflow: boolean; readonly status: boolean }): string {
  const conditions = [filters.workflow && 'workflow = ?', filters.status && 'status = ?', 'seq < ?'].filter(Boolean);
  return `SELECT seq, ${header} FROM workflow_runs WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`;
}

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
  private readonly sql: Statements<typeof workflowSql>;
  private readonly lists = new Map<string, Statement>();

  constructor(private readonly database: Database) {
    this.sql = prepareAll(database, workflowSql);
  }

  create(run: NewWorkflowRun) {
    const { sql } = this;
    return this.database.write(() => {
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
    const statement = this.lists.get(sql) ?? this.database.prepare(sql);
    this.lists.set(sql, statement);
    return statement.all(...values, end, limit).map((row) => this.toHeader(row));
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
  private begin(found: SqlRow, { at, leaseUntil, maxStarts = Number.POSITIVE_INFINITY }: WorkflowClaim): boolean {
    const { sql } = this;
    const seq = seqOf(found);
    const progress = `${sql.countSteps.get(seq)?.number} ${sql.countItems.get(seq)?.number}`;
    const starts = isOpen(found.status) && found.progress === progress ? Number(found.starts) : 0;
    if (starts >= maxStarts) {
      sql.declareDead.run(failureCell(deathOf(starts)), at, seq);
      return false;
    }
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
