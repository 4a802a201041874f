import type {
  Checkpoint,
  CheckpointChange,
  CheckpointStore,
  Lease,
  NodeRecord,
  ParentRun,
  RunRecord,
} from '../graph/checkpoint-store.js';
import { alreadyThere, noLongerHeld, notLatest, notNewer, notThere } from '../graph/graph-errors.js';
import { heldByAnother } from '../run-errors.js';

interface Run {
  record: RunRecord;
  token: number;
  changes: CheckpointChange[];
  readonly parent: ParentRun | undefined;
  readonly records: Map<string, NodeRecord>;
}

/** Checkpoints in the memory of this process: for tests, and for runs that need not survive it. */
export function memoryCheckpoints(): CheckpointStore {
  const runs = new Map<string, Run>();
  let latestToken = 0;

  const held = (lease: Lease): Run => {
    const run = runs.get(lease.runId);
    if (!run || run.token !== lease.token || run.record.leasedUntil === 0) throw noLongerHeld(lease);
    return run;
  };
  const update = (run: Run, changed: Partial<RunRecord>) => {
    run.record = { ...run.record, ...changed };
  };
  const dropChildren = (runId: string, from: number) => {
    for (const [id, { parent }] of runs) if (parent?.runId === runId && parent.iteration >= from) drop(id);
  };
  const drop = (runId: string) => {
    runs.delete(runId);
    dropChildren(runId, 0);
  };

  return {
    async create({ runId, graph, identity, first, leasedUntil, parent }) {
      if (runs.has(runId)) throw alreadyThere(runId);
      const { iteration, savedAt } = first;
      latestToken += 1;
      const times = { createdAt: savedAt, updatedAt: savedAt, leasedUntil };
      runs.set(runId, {
        record: { runId, graph, identity, status: 'running', iteration, ...times, parent: parent?.runId ?? null },
        token: latestToken,
        changes: [first],
        parent,
        records: new Map(),
      });
      return { runId, token: latestToken };
    },
    async acquire(runId, { now, until, takeOver, identity }) {
      const run = runs.get(runId);
      if (!run) throw notThere(runId);
      if (!takeOver && run.record.leasedUntil > now) throw heldByAnother(runId, run.record.leasedUntil);
      latestToken += 1;
      run.token = latestToken;
      update(run, {
        status: 'running',
        updatedAt: now,
        leasedUntil: until,
        identity: identity ?? run.record.identity,
      });
      return { runId, token: run.token };
    },
    async renew(lease, until) {
      update(held(lease), { leasedUntil: until });
    },
    async append(lease, change, until) {
      const run = held(lease);
      const { iteration: latest } = run.record;
      if (change.iteration <= latest) throw notNewer(lease.runId, change.iteration, latest);
      run.changes.push(change);
      update(run, { iteration: change.iteration, updatedAt: change.savedAt, leasedUntil: until });
    },
    async record(lease, record, until) {
      const run = held(lease);
      const { iteration, key } = record;
      if (iteration !== run.record.iteration) throw notLatest(lease.runId, iteration, run.record.iteration);
      run.records.set(JSON.stringify([iteration, key]), record);
      update(run, { leasedUntil: until });
    },
    async rewind(lease, iteration) {
      const run = held(lease);
      for (const [id, record] of run.records) if (record.iteration >= iteration) run.records.delete(id);
      dropChildren(lease.runId, iteration);
      run.changes = run.changes.filter((change) => change.iteration <= iteration);
      update(run, { iteration: run.changes.at(-1)?.iteration ?? 0 });
    },
    async release(lease, status, now) {
      update(held(lease), { status, updatedAt: now, leasedUntil: 0 });
    },
    async remove(lease) {
      held(lease);
      drop(lease.runId);
    },
    async delete(runId, now) {
      const run = runs.get(runId);
      if (!run) return false;
      if (run.record.leasedUntil > now) throw heldByAnother(runId, run.record.leasedUntil);
      drop(runId);
      return true;
    },
    async prune({ graph, status, updatedBefore, now }) {
      const fits = ({ record }: Run) =>
        record.parent === null &&
        record.leasedUntil <= now &&
        record.updatedAt < updatedBefore &&
        (graph ?? record.graph) === record.graph &&
        (status ?? record.status) === record.status;
      const old = [...runs.values()].filter(fits);
      for (const { record } of old) drop(record.runId);
      return old.length;
    },
    async find(runId) {
      return runs.get(runId)?.record;
    },
    async load(runId, iteration) {
      const changes = runs.get(runId)?.changes ?? [];
      const last =
        iteration === undefined ? changes.length - 1 : changes.findIndex((one) => one.iteration === iteration);
      return replay(changes.slice(0, last + 1));
    },
    async history(runId) {
      return (runs.get(runId)?.changes ?? []).map(({ iteration, node, savedAt }) => ({ iteration, node, savedAt }));
    },
    async records(runId, iteration) {
      const records = [...(runs.get(runId)?.records.values() ?? [])];
      return records
        .filter((record) => (iteration ?? record.iteration) === record.iteration)
        .sort((a, b) => a.iteration - b.iteration || (a.key < b.key ? -1 : 1));
    },
    async list({ graph, status, parent = null, limit = 100 } = {}) {
      const records = [...runs.values()].map((run) => run.record).reverse();
      const wanted = records.filter(
        (one) => (graph ?? one.graph) === one.graph && (status ?? one.status) === one.status && parent === one.parent,
      );
      return wanted.sort((a, b) => b.createdAt - a.createdAt).slice(0, limit);
    },
  };
}

/** The state after the last of some changes. */
function replay(changes: readonly CheckpointChange[]): Checkpoint | undefined {
  const last = changes.at(-1);
  if (!last) return undefined;
  const values = new Map<string, string>();
  for (const { set, removed } of changes) {
    for (const [key, json] of set) values.set(key, json);
    for (const key of removed) values.delete(key);
  }
  const { iteration, node, secretNames, savedAt } = last;
  const path = changes.flatMap((change) => change.visited);
  return { iteration, node, path, values: [...values], secretNames, savedAt };
}
