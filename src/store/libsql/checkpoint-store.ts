import type {
  CheckpointChange,
  CheckpointStore,
  CheckpointSummary,
  Lease,
  NodeRecord,
  RunRecord,
} from '../../orchestration/graph/checkpoint-store.js';
import { alreadyThere, noLongerHeld, notLatest, notNewer, notThere } from '../../orchestration/graph/graph-errors.js';
import { heldByAnother } from '../../orchestration/run-errors.js';
import { type Database, prepareAll, type SqlValue } from './open-database.js';

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
  `CREATE TABLE graph_records (
     run_id TEXT NOT NULL,
     iteration INTEGER NOT NULL,
     key TEXT NOT NULL,
     json TEXT NOT NULL,
     PRIMARY KEY (run_id, iteration, key)
   ) WITHOUT ROWID;
   ALTER TABLE graph_runs ADD COLUMN parent TEXT;
   ALTER TABLE graph_runs ADD COLUMN parent_iteration INTEGER;
   CREATE INDEX graph_runs_by_parent ON graph_runs (parent, created_at) WHERE parent IS NOT NULL;`,
];

/** Number of runs that are deleted in one transaction, so that others may write in between. */
const pruneChunk = 100;

/** A `RunRecord`, and a `CheckpointSummary`: what a row holds is what this program wrote there. */
const record = `run_id AS runId, graph, identity, status, iteration, created_at AS createdAt, updated_at AS updatedAt,
  leased_until AS leasedUntil, parent`;
const summary = 'iteration, node, saved_at AS savedAt';

/**
 * The statements of a checkpoint store. A value that is null was removed. `values` gives the latest of each key (what
 * SQLite promises of a bare column beside max) with where the key first came, which is the order of a state.
 */
export const checkpointSql = {
  addRun: `INSERT INTO graph_runs
    (run_id, graph, identity, status, iteration, created_at, updated_at, token, leased_until, parent, parent_iteration)
    VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)`,
  addCheckpoint: `INSERT INTO graph_checkpoints (run_id, iteration, node, visited, secret_names, saved_at)
    VALUES (?, ?, ?, ?, ?, ?)`,
  addValue: 'INSERT INTO graph_values (run_id, key, iteration, json) VALUES (?, ?, ?, ?)',
  find: `SELECT ${record} FROM graph_runs WHERE run_id = ?`,
  raiseToken: 'UPDATE graph_tokens SET latest = latest + 1 WHERE id = 1',
  latestToken: 'SELECT latest FROM graph_tokens WHERE id = 1',
  acquire: `UPDATE graph_runs
    SET status = 'running', token = ?, leased_until = ?, updated_at = ?, identity = coalesce(?, identity) WHERE run_id = ?`,
  renew: 'UPDATE graph_runs SET leased_until = ? WHERE run_id = ? AND token = ? AND leased_until > 0',
  advance: `UPDATE graph_runs SET iteration = ?, updated_at = ?, leased_until = ?
    WHERE run_id = ? AND token = ? AND leased_until > 0 AND iteration < ?`,
  renewAt: `UPDATE graph_runs SET leased_until = ?
    WHERE run_id = ? AND token = ? AND leased_until > 0 AND iteration = ?`,
  addRecord: 'INSERT OR REPLACE INTO graph_records (run_id, iteration, key, json) VALUES (?, ?, ?, ?)',
  rewind: `UPDATE graph_runs SET iteration = coalesce(
      (SELECT kept.iteration FROM graph_checkpoints AS kept WHERE kept.run_id = ? ORDER BY kept.iteration DESC LIMIT 1), 0)
    WHERE run_id = ? AND token = ? AND leased_until > 0`,
  release: `UPDATE graph_runs SET status = ?, updated_at = ?, leased_until = 0
    WHERE run_id = ? AND token = ? AND leased_until > 0`,
  removeRun: 'DELETE FROM graph_runs WHERE run_id = ? AND token = ? AND leased_until > 0',
  dropCheckpoints: 'DELETE FROM graph_checkpoints WHERE run_id = ? AND iteration > ?',
  dropValues: 'DELETE FROM graph_values WHERE run_id = ? AND iteration > ?',
  dropRecords: 'DELETE FROM graph_records WHERE run_id = ? AND iteration >= ?',
  dropRun: 'DELETE FROM graph_runs WHERE run_id = ?',
  children: 'SELECT run_id AS runId FROM graph_runs WHERE parent = ? AND parent_iteration >= ?',
  checkpoint: `SELECT ${summary}, secret_names FROM graph_checkpoints WHERE run_id = ? AND iteration = ?`,
  latest: `SELECT ${summary}, secret_names FROM graph_checkpoints WHERE run_id = ? ORDER BY iteration DESC LIMIT 1`,
  visited: 'SELECT visited FROM graph_checkpoints WHERE run_id = ? AND iteration <= ? ORDER BY iteration',
  values: `SELECT key, json, max(iteration),
      (SELECT came.rowid FROM graph_values AS came WHERE came.run_id = ? AND came.key = kept.key
        ORDER BY came.iteration LIMIT 1) AS first
    FROM graph_values AS kept WHERE run_id = ? AND iteration <= ? GROUP BY key HAVING json IS NOT NULL`,
  history: `SELECT ${summary} FROM graph_checkpoints WHERE run_id = ? ORDER BY iteration`,
  records: 'SELECT iteration, key, json FROM graph_records WHERE run_id = ? ORDER BY iteration, key',
  recordsAt: 'SELECT iteration, key, json FROM graph_records WHERE run_id = ? AND iteration = ? ORDER BY key',
} as const;

/** The ways to list runs, each of which has an index of its own. The bound lets the first be a search along one. */
export const runListSql = {
  all: listSql(`created_at <= ${Number.MAX_SAFE_INTEGER}`),
  graph: listSql('graph = ?'),
  status: listSql('status = ?'),
  graphAndStatus: listSql('graph = ? AND status = ?'),
} as const;

/** The children of a run are few, and are filtered in memory. */
export const childListSql = `SELECT ${record} FROM graph_runs WHERE parent = ? ORDER BY created_at DESC, number DESC`;

/** A run that has not changed since was not created since: the index by time ends the search. */
export const pruneSql = {
  all: oldSql(''),
  graph: oldSql('graph = ? AND'),
  status: oldSql('status = ? AND'),
  graphAndStatus: oldSql('graph = ? AND status = ? AND'),
} as const;

function listSql(condition: string): string {
  return `SELECT ${record} FROM graph_runs WHERE ${condition} AND parent IS NULL
    ORDER BY created_at DESC, number DESC LIMIT ?`;
}

function oldSql(condition: string): string {
  return `SELECT run_id AS runId FROM graph_runs WHERE ${condition} created_at < ? AND updated_at < ? AND leased_until <= ?
    AND parent IS NULL LIMIT ${pruneChunk}`;
}

/** The statement that fits a filter. */
function filtered(sql: typeof runListSql | typeof pruneSql, graph: unknown, status: unknown): string {
  if (graph !== undefined) return status === undefined ? sql.graph : sql.graphAndStatus;
  return status === undefined ? sql.all : sql.status;
}

/**
 * Checkpoints in a libSQL file: of each checkpoint only the keys that changed are written, in one transaction with the
 * renewal of the lease. All statements are synchronous; a call is done when its promise is made.
 * @param giveBack returns the room of deleted runs to the system
 * @throws StoreError when the file has tables of a newer version
 */
export function libsqlCheckpoints(database: Database, giveBack = async () => {}): CheckpointStore {
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

  const dropChildren = (runId: string, from: number) => {
    for (const child of sql.children.all(runId, from)) drop(String(child.runId));
  };
  const drop = (runId: string) => {
    sql.dropRun.run(runId);
    dropContent(runId);
  };
  const dropContent = (runId: string) => {
    sql.dropCheckpoints.run(runId, -1);
    sql.dropValues.run(runId, -1);
    sql.dropRecords.run(runId, 0);
    dropChildren(runId, 0);
  };

  return {
    async create({ runId, graph, identity, first, leasedUntil, parent }) {
      return database.write(() => {
        if (find(runId)) throw alreadyThere(runId);
        const { iteration, savedAt } = first;
        const token = nextToken();
        const origin = [parent?.runId ?? null, parent?.iteration ?? null];
        sql.addRun.run(runId, graph, identity, iteration, savedAt, savedAt, token, leasedUntil, ...origin);
        insert(runId, first);
        return { runId, token };
      });
    },
    async acquire(runId, { now, until, takeOver, identity = null }) {
      return database.write(() => {
        const found = find(runId);
        if (!found) throw notThere(runId);
        const { leasedUntil } = found;
        if (!takeOver && leasedUntil > now) throw heldByAnother(runId, leasedUntil);
        const token = nextToken();
        sql.acquire.run(token, until, now, identity, runId);
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
    async record(lease, { iteration, key, json }, until) {
      const { runId, token } = lease;
      await database.write(() => {
        if (sql.renewAt.run(until, runId, token, iteration) === 0) {
          requireHeld(sql.renew.run(until, runId, token), lease);
          throw notLatest(runId, iteration, find(runId)?.iteration ?? 0);
        }
        sql.addRecord.run(runId, iteration, key, json);
      });
    },
    async rewind(lease, iteration) {
      const { runId, token } = lease;
      await database.write(() => {
        sql.dropRecords.run(runId, iteration);
        dropChildren(runId, iteration);
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
        dropContent(runId);
      });
    },
    async delete(runId, now) {
      const found = await database.write(() => {
        const run = find(runId);
        if (run && run.leasedUntil > now) throw heldByAnother(runId, run.leasedUntil);
        if (run) drop(runId);
        return run;
      });
      if (found) await giveBack();
      return found !== undefined;
    },
    async prune({ graph, status, updatedBefore, now }) {
      const wanted = [graph, status].filter((value) => value !== undefined);
      const old = database.prepare(filtered(pruneSql, graph, status));
      let count = 0;
      for (let dropped = pruneChunk; dropped === pruneChunk; count += dropped) {
        dropped = await database.write(() => {
          const runs = old.all(...wanted, updatedBefore, updatedBefore, now);
          for (const run of runs) drop(String(run.runId));
          return runs.length;
        });
      }
      if (count > 0) await giveBack();
      return count;
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
    async records(runId, iteration) {
      const rows = iteration === undefined ? sql.records.all(runId) : sql.recordsAt.all(runId, iteration);
      return rows as unknown as NodeRecord[];
    },
    async list({ graph, status, parent, limit = 100 } = {}) {
      if (parent !== undefined) {
        const children = database.prepare(childListSql).all(parent) as unknown as RunRecord[];
        const fits = (run: RunRecord) => (graph ?? run.graph) === run.graph && (status ?? run.status) === run.status;
        return children.filter(fits).slice(0, limit);
      }
      const wanted = [graph, status].filter((value) => value !== undefined);
      const runs = database.prepare(filtered(runListSql, graph, status)).all(...wanted, limit);
      return runs as unknown as RunRecord[];
    },
  };
}

function toNames(json: SqlValue | undefined): string[] {
  return JSON.parse(String(json)) as string[];
}
