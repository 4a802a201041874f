import type {
  CheckpointChange,
  CheckpointStore,
  CheckpointSummary,
  Lease,
  RunRecord,
} from '../../orchestration/graph/checkpoint-store.js';
import {
  alreadyThere,
  heldByAnother,
  noLongerHeld,
  notNewer,
  notThere,
} from '../../orchestration/graph/graph-errors.js';
import { type Database, prepareAll, type SqlValue, type Statement } from './open-database.js';

/** Schemas of the component `checkpoints`; only ever appended to. */
export const checkpointMigrations: readonly string[] = [
  `CREATE TABLE graph_runs (
     number INTEGER PRIMARY KEY,
     run_id TEXT NOT NULL UNIQUE,
     graph TEXT NOT NULL,
     identity TEXT NOT NULL,
     status TEXT NOT NULL,
     iteration INTEGER NOT NULL,
     created_at INTEGER NOT NULL,
     updated_at INTEGER NOT NULL,
     token INTEGER NOT NULL,
     leased_until INTEGER NOT NULL
   );
   CREATE INDEX graph_runs_by_time ON graph_runs (created_at);
   CREATE INDEX graph_runs_by_graph ON graph_runs (graph, created_at);
   CREATE INDEX graph_runs_by_status ON graph_runs (status, created_at);
   CREATE INDEX graph_runs_by_graph_and_status ON graph_runs (graph, status, created_at);
   CREATE TABLE graph_checkpoints (
     run_id TEXT NOT NULL,
     iteration INTEGER NOT NULL,
     node TEXT,
     visited TEXT NOT NULL,
     secret_names TEXT NOT NULL,
     saved_at INTEGER NOT NULL,
     PRIMARY KEY (run_id, iteration)
   ) WITHOUT ROWID;
   CREATE TABLE graph_values (
     run_id TEXT NOT NULL,
     key TEXT NOT NULL,
     iteration INTEGER NOT NULL,
     json TEXT,
     PRIMARY KEY (run_id, key, iteration)
   );`,
  // Counted over all runs: a run of the same id as a removed one must not begin with a token that is out already.
  `CREATE TABLE graph_tokens (id INTEGER PRIMARY KEY CHECK (id = 1), latest INTEGER NOT NULL);
   INSERT INTO graph_tokens (id, latest) SELECT 1, coalesce(max(token), 0) FROM graph_runs;`,
];

/** A `RunRecord`, and a `CheckpointSummary`: what a row holds is what this program wrote there. */
const record = `run_id AS runId, graph, identity, status, iteration, created_at AS createdAt, updated_at AS updatedAt,
  leased_until AS leasedUntil`;
const summary = 'iteration, node, saved_at AS savedAt';

/**
 * The statements of a checkpoint store. A value that is null was removed. `values` gives the latest of each key (what
 * SQLite promises of a bare column beside max) with where the key first came, which is the order of a state.
 */
export const checkpointSql = {
  addRun: `INSERT INTO graph_runs (run_id, graph, identity, status, iteration, created_at, updated_at, token, leased_until)
    VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?)`,
  addCheckpoint: `INSERT INTO graph_checkpoints (run_id, iteration, node, visited, secret_names, saved_at)
    VALUES (?, ?, ?, ?, ?, ?)`,
  addValue: 'INSERT INTO graph_values (run_id, key, iteration, json) VALUES (?, ?, ?, ?)',
  find: `SELECT ${record} FROM graph_runs WHERE run_id = ?`,
  raiseToken: 'UPDATE graph_tokens SET latest = latest + 1 WHERE id = 1',
  latestToken: 'SELECT latest FROM graph_tokens WHERE id = 1',
  acquire: `UPDATE graph_runs SET status = 'running', token = ?, leased_until = ?, updated_at = ? WHERE run_id = ?`,
  renew: 'UPDATE graph_runs SET leased_until = ? WHERE run_id = ? AND token = ? AND leased_until > 0',
  advance: `UPDATE graph_runs SET iteration = ?, updated_at = ?, leased_until = ?
    WHERE run_id = ? AND token = ? AND leased_until > 0 AND iteration < ?`,
  rewind: `UPDATE graph_runs SET iteration = coalesce(
      (SELECT kept.iteration FROM graph_checkpoints AS kept WHERE kept.run_id = ? ORDER BY kept.iteration DESC LIMIT 1), 0)
    WHERE run_id = ? AND token = ? AND leased_until > 0`,
  release: `UPDATE graph_runs SET status = ?, updated_at = ?, leased_until = 0
    WHERE run_id = ? AND token = ? AND leased_until > 0`,
  removeRun: 'DELETE FROM graph_runs WHERE run_id = ? AND token = ? AND leased_until > 0',
  dropCheckpoints: 'DELETE FROM graph_checkpoints WHERE run_id = ? AND iteration > ?',
  dropValues: 'DELETE FROM graph_values WHERE run_id = ? AND iteration > ?',
  checkpoint: `SELECT ${summary}, secret_names FROM graph_checkpoints WHERE run_id = ? AND iteration = ?`,
  latest: `SELECT ${summary}, secret_names FROM graph_checkpoints WHERE run_id = ? ORDER BY iteration DESC LIMIT 1`,
  visited: 'SELECT visited FROM graph_checkpoints WHERE run_id = ? AND iteration <= ? ORDER BY iteration',
  values: `SELECT key, json, max(iteration),
      (SELECT came.rowid FROM graph_values AS came WHERE came.run_id = ? AND came.key = kept.key
        ORDER BY came.iteration LIMIT 1) AS first
    FROM graph_values AS kept WHERE run_id = ? AND iteration <= ? GROUP BY key HAVING json IS NOT NULL`,
  history: `SELECT ${summary} FROM graph_checkpoints WHERE run_id = ? ORDER BY iteration`,
} as const;

/** The four ways to list runs, each of which has an index of its own. The bound lets the first be a search along one. */
export const runListSql = {
  all: listSql(`created_at <= ${Number.MAX_SAFE_INTEGER}`),
  graph: listSql('graph = ?'),
  status: listSql('status = ?'),
  graphAndStatus: listSql('graph = ? AND status = ?'),
} as const;

function listSql(condition: string): string {
  return `SELECT ${record} FROM graph_runs WHERE ${condition} ORDER BY created_at DESC, number DESC LIMIT ?`;
}

function listStatement(database: Database, graph: unknown, status: unknown): Statement {
  if (graph !== undefined) return database.prepare(status === undefined ? runListSql.graph : runListSql.graphAndStatus);
  return database.prepare(status === undefined ? runListSql.all : runListSql.status);
}

/**
 * Checkpoints in a libSQL file: of each checkpoint only the keys that changed are written, in one transaction with the
 * renewal of the lease. All statements are synchronous; a call is done when its promise is made.
 * @throws StoreError when the file has tables of a newer version
 */
export function libsqlCheckpoints(database: Database): CheckpointStore {
  database.migrate('checkpoints', checkpointMigrations);
  const sql = prepareAll(database, checkpointSql);

  const insert = (runId: string, change: CheckpointChange) => {
    const { iteration, node, visited, secretNames, savedAt } = change;
    sql.addCheckpoint.run(runId, iteration, node, JSON.stringify(visited), JSON.stringify(secretNames), savedAt);
    for (const [key, json] of change.set) sql.addValue.run(runId, key, iteration, json);
    for (const key of change.removed) sql.addValue.run(runId, key, iteration, null);
  };
  const requireHeld = (changedRows: number, lease: Lease) => {
    if (changedRows === 0) throw noLongerHeld(lease);
  };
  const nextToken = () => {
    sql.raiseToken.run();
    return Number(sql.latestToken.get()?.latest);
  };
  const find = (runId: string) => sql.find.all(runId)[0] as unknown as RunRecord | undefined;

  return {
    async create({ runId, graph, identity, first, leasedUntil }) {
      return database.write(() => {
        if (find(runId)) throw alreadyThere(runId);
        const { iteration, savedAt } = first;
        const token = nextToken();
        sql.addRun.run(runId, graph, identity, iteration, savedAt, savedAt, token, leasedUntil);
        insert(runId, first);
        return { runId, token };
      });
    },
    async acquire(runId, { now, until, takeOver }) {
      return database.write(() => {
        const found = find(runId);
        if (!found) throw notThere(runId);
        const { leasedUntil } = found;
        if (!takeOver && leasedUntil > now) throw heldByAnother(runId, leasedUntil);
        const token = nextToken();
        sql.acquire.run(token, until, now, runId);
        return { runId, token };
      });
    },
    async renew(lease, until) {
      await database.write(() => requireHeld(sql.renew.run(until, lease.runId, lease.token), lease));
    },
    async append(lease, change, until) {
      const { runId, token } = lease;
      await database.write(() => {
        const { iteration, savedAt } = change;
        if (sql.advance.run(iteration, savedAt, until, runId, token, iteration) === 0) {
          requireHeld(sql.renew.run(until, runId, token), lease);
          throw notNewer(runId, iteration, find(runId)?.iteration ?? 0);
        }
        insert(runId, change);
      });
    },
    async rewind(lease, iteration) {
      const { runId, token } = lease;
      await database.write(() => {
        sql.dropCheckpoints.run(runId, iteration);
        sql.dropValues.run(runId, iteration);
        requireHeld(sql.rewind.run(runId, runId, token), lease);
      });
    },
    async release(lease, status, now) {
      await database.write(() => requireHeld(sql.release.run(status, now, lease.runId, lease.token), lease));
    },
    async remove(lease) {
      const { runId, token } = lease;
      await database.write(() => {
        requireHeld(sql.removeRun.run(runId, token), lease);
        sql.dropCheckpoints.run(runId, -1);
        sql.dropValues.run(runId, -1);
      });
    },
    async find(runId) {
      return find(runId);
    },
    async load(runId, iteration) {
      return database.snapshot(() => {
        const [row] = iteration === undefined ? sql.latest.all(runId) : sql.checkpoint.all(runId, iteration);
        if (!row) return undefined;
        const { secret_names: secretNames, ...found } = row;
        const at = Number(row.iteration);
        return {
          ...(found as unknown as CheckpointSummary),
          path: sql.visited.all(runId, at).flatMap(({ visited }) => toNames(visited)),
          values: sql.values
            .all(runId, runId, at)
            .sort((one, other) => Number(one.first) - Number(other.first))
            .map(({ key, json }) => [String(key), String(json)]),
          secretNames: toNames(secretNames),
        };
      });
    },
    async history(runId) {
      return sql.history.all(runId) as unknown as CheckpointSummary[];
    },
    async list({ graph, status, limit = 100 } = {}) {
      const wanted = [graph, status].filter((value) => value !== undefined);
      return listStatement(database, graph, status).all(...wanted, limit) as unknown as RunRecord[];
    },
  };
}

function toNames(json: SqlValue | undefined): string[] {
  return JSON.parse(String(json)) as string[];
}
