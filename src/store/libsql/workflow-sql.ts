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
  // A run of the same id as a deleted one must not begin with a fence that is out already.
  `CREATE TABLE workflow_fences (id INTEGER PRIMARY KEY CHECK (id = 1), latest INTEGER NOT NULL);
   INSERT INTO workflow_fences (id, latest) VALUES (1, 0);`,
];

/** A `RunHeaderRecord` without its pauses, with `cancelRequested` as a number and `error` as JSON. */
const header = `id AS runId, workflow, status, idempotency_key AS idempotencyKey, cancel_requested AS cancelRequested,
  error, created_at AS createdAt, started_at AS startedAt, completed_at AS completedAt`;

/** Every statement but those of `list`. */
export const workflowSql = {
  insertRun: `INSERT INTO workflow_runs (id, workflow, status, idempotency_key, created_at)
    VALUES (?, ?, 'pending', ?, ?) ON CONFLICT DO NOTHING`,
  insertLease: 'INSERT INTO workflow_leases (run, fence, until) VALUES (last_insert_rowid(), ?, ?)',
  insertInput: 'INSERT INTO workflow_inputs (run, shape, input) VALUES (last_insert_rowid(), ?, ?)',
  latestFence: 'SELECT latest FROM workflow_fences WHERE id = 1',
  findByKey: 'SELECT id FROM workflow_runs WHERE workflow = ? AND idempotency_key = ?',
  findSeq: 'SELECT seq FROM workflow_runs WHERE id = ?',
  find: `SELECT seq, status, cancel_requested, fence, until
    FROM workflow_runs CROSS JOIN workflow_leases ON run = seq WHERE id = ?`,
  claimRun: `UPDATE workflow_runs SET status = 'running', error = NULL, completed_at = NULL WHERE seq = ?`,
  claimLease: 'UPDATE workflow_leases SET fence = fence + 1, until = ?, starts = ?, progress = ? WHERE run = ?',
  findStarts: 'SELECT starts, progress FROM workflow_leases WHERE run = ?',
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
  raiseFence:
    'UPDATE workflow_fences SET latest = max(latest, (SELECT fence FROM workflow_leases WHERE run = ?)) WHERE id = 1',
  deleteRun: 'DELETE FROM workflow_runs WHERE seq = ?',
  deleteLease: 'DELETE FROM workflow_leases WHERE run = ?',
  deleteInput: 'DELETE FROM workflow_inputs WHERE run = ?',
  deleteOutput: 'DELETE FROM workflow_outputs WHERE run = ?',
  deleteSteps: 'DELETE FROM workflow_steps WHERE run = ?',
  deleteState: 'DELETE FROM workflow_state WHERE run = ?',
  deleteItems: 'DELETE FROM workflow_items WHERE run = ?',
  deletePauses: 'DELETE FROM workflow_pauses WHERE run = ?',
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

/** Runs that `prune` deletes at once, so that others may write in between. */
export const pruneChunk = 100;

/** The next runs of one status to prune: the values of the filters, then after which `seq`, before which time, and now. */
export function workflowPruneSql(filters: { readonly workflow: boolean }): string {
  return `SELECT seq FROM workflow_runs WHERE ${filters.workflow ? 'workflow = ? AND ' : ''}status = ? AND seq > ?
    AND coalesce(completed_at, started_at, created_at) < ?
    AND (status NOT IN ('pending', 'running') OR (SELECT until FROM workflow_leases WHERE run = seq) <= ?)
    ORDER BY seq LIMIT ${pruneChunk}`;
}
