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
];

const header = `id, workflow, status, idempotency_key, cancel_requested, error, created_at, started_at, completed_at`;

/** Every statement but those of `list`. */
export const workflowSql = {
  insertRun: `INSERT INTO workflow_runs (id, workflow, status, idempotency_key, created_at)
    VALUES (?, ?, 'pending', ?, ?) ON CONFLICT DO NOTHING`,
  insertLease: 'INSERT INTO workflow_leases (run, fence, until) VALUES (last_insert_rowid(), 1, ?)',
  insertInput: 'INSERT INTO workflow_inputs (run, shape, input) VALUES (last_insert_rowid(), ?, ?)',
  findByKey: 'SELECT id FROM workflow_runs WHERE workflow = ? AND idempotency_key = ?',
  findSeq: 'SELECT seq FROM workflow_runs WHERE id = ?',
  find: `SELECT seq, status, cancel_requested, fence, until
    FROM workflow_runs CROSS JOIN workflow_leases ON run = seq WHERE id = ?`,
  claimRun: `UPDATE workflow_runs SET status = 'running', error = NULL, completed_at = NULL WHERE seq = ?`,
  claimLease: 'UPDATE workflow_leases SET fence = fence + 1, until = ? WHERE run = ?',
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
  cancelRun: `UPDATE workflow_runs SET status = 'cancelled', cancel_requested = 1, completed_at = coalesce(completed_at, ?)
    WHERE seq = ?`,
  cancelSteps: `UPDATE workflow_steps SET status = 'cancelled', completed_at = ?
    WHERE run = ? AND status IN ('running', 'retrying')`,
  loadRun: `SELECT seq, ${header}, shape, input, output, fence, until FROM workflow_runs
    CROSS JOIN workflow_leases ON workflow_leases.run = seq
    CROSS JOIN workflow_inputs ON workflow_inputs.run = seq
    LEFT JOIN workflow_outputs ON workflow_outputs.run = seq WHERE id = ?`,
  loadSteps: `SELECT seq, step, status, attempt, output, error, started_at, completed_at FROM workflow_steps
    WHERE run = ?`,
  loadState: 'SELECT key, value FROM workflow_state WHERE run = ? ORDER BY key',
} as const;

/** A page of runs, the newest first: the values of the filters, then before which `seq`, then how many. */
export function listSql(filters: { readonly workflow: boolean; readonly status: boolean }): string {
  const conditions = [filters.workflow && 'workflow = ?', filters.status && 'status = ?', 'seq < ?'].filter(Boolean);
  return `SELECT ${header} FROM workflow_runs WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`;
}
