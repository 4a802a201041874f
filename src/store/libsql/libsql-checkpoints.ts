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
import { checkpointMigrations, listStatement, prepareStatements } from './checkpoint-sql.js';
import type { Database, SqlRow, SqlValue } from './open-database.js';

/**
 * Checkpoints in a libSQL file: of each checkpoint only the keys that changed are written, in one transaction with the
 * renewal of the lease. All statements are synchronous; a call is done when its promise is made.
 * @throws StoreError when the file has tables of a newer version
 */
export function libsqlCheckpoints(database: Database): CheckpointStore {
  database.migrate('checkpoints', checkpointMigrations);
  const sql = prepareStatements(database);

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
  const find = (runId: string): RunRecord | undefined => {
    const row = sql.find.get(runId);
    return row && toRecord(row);
  };

  return {
    async create({ runId, graph, identity, first, leasedUntil }) {
      return database.transaction(() => {
        if (find(runId)) throw alreadyThere(runId);
        const { iteration, savedAt } = first;
        const token = nextToken();
        sql.addRun.run(runId, graph, identity, iteration, savedAt, savedAt, token, leasedUntil);
        insert(runId, first);
        return { runId, token };
      });
    },
    async acquire(runId, { now, until, takeOver }) {
      return database.transaction(() => {
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
      requireHeld(sql.renew.run(until, lease.runId, lease.token), lease);
    },
    async append(lease, change, until) {
      const { runId, token } = lease;
      database.transaction(() => {
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
      database.transaction(() => {
        sql.dropCheckpoints.run(runId, iteration);
        sql.dropValues.run(runId, iteration);
        requireHeld(sql.rewind.run(runId, runId, token), lease);
      });
    },
    async release(lease, status, now) {
      requireHeld(sql.release.run(status, now, lease.runId, lease.token), lease);
    },
    async remove(lease) {
      const { runId, token } = lease;
      database.transaction(() => {
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
        const row = iteration === undefined ? sql.latest.get(runId) : sql.checkpoint.get(runId, iteration);
        if (!row) return undefined;
        const at = Number(row.iteration);
        return {
          ...toSummary(row),
          path: sql.visited.all(runId, at).flatMap(({ visited }) => toNames(visited)),
          values: sql.values
            .all(runId, runId, at)
            .sort((one, other) => Number(one.first) - Number(other.first))
            .map(({ key, json }) => [String(key), String(json)]),
          secretNames: toNames(row.secret_names),
        };
      });
    },
    async history(runId) {
      return sql.history.all(runId).map(toSummary);
    },
    async list({ graph, status, limit = 100 } = {}) {
      const wanted = [graph, status].filter((value) => value !== undefined);
      return listStatement(database, graph, status)
        .all(...wanted, limit)
        .map(toRecord);
    },
  };
}

function toSummary({ iteration, node, saved_at: savedAt }: SqlRow): CheckpointSummary {
  return { iteration: Number(iteration), node: node === null ? null : String(node), savedAt: Number(savedAt) };
}

function toNames(json: SqlValue | undefined): string[] {
  return JSON.parse(String(json)) as string[];
}

function toRecord(row: SqlRow): RunRecord {
  return {
    runId: String(row.run_id),
    graph: String(row.graph),
    identity: String(row.identity),
    status: row.status as RunRecord['status'],
    iteration: Number(row.iteration),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    leasedUntil: Number(row.leased_until),
  };
}
