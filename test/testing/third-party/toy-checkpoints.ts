import { CheckpointError, RunBusyError } from 'chorale/orchestration';
import type {
  Checkpoint,
  CheckpointChange,
  CheckpointStore,
  Lease,
  NodeRecord,
  ParentRun,
  RunRecord,
} from 'chorale/store';

/** Defects that such a store may have. */
export type CheckpointFault =
  | 'a second run replaces the first'
  | 'begins two runs at once'
  | 'a late worker may append'
  | 'a late worker may release'
  | 'a late worker may renew'
  | 'a late worker may rewind'
  | 'a late worker may remove'
  | 'tokens begin anew after a removal'
  | 'whoever gave a run back may go on'
  | 'a lease is given to two'
  | 'a lease is given to two at once'
  | 'a lease never ends'
  | 'a lease ends although nobody takes it'
  | 'appending does not renew the lease'
  | 'an old checkpoint is taken'
  | 'a refused checkpoint leaves its values'
  | 'an older checkpoint shows newer values'
  | 'a removed key stays'
  | 'keys are sorted'
  | 'the path is that of the last checkpoint'
  | 'secret names are those of the first'
  | 'rewinding keeps what came later'
  | 'removing keeps the history'
  | 'a late worker may record'
  | 'records are those of the first iteration'
  | 'a record of an earlier node is taken'
  | 'rewinding keeps records'
  | 'children outlive their parent'
  | 'children are listed'
  | 'a run in work is deleted'
  | 'pruning ignores the status'
  | 'the identity stays'
  | 'the oldest runs are listed first'
  | 'the list ignores its limit'
  | 'the list ignores the status'
  | 'refusals are plain errors';

interface Run {
  record: RunRecord;
  token: number;
  /** As JSON, as a database would have them. */
  changes: string[];
  number: number;
  parent: ParentRun | undefined;
  records: NodeRecord[];
}

/** A store that somebody else wrote, over what the package exports. It answers later, as one over a network does. */
export function toyCheckpoints(fault?: CheckpointFault): CheckpointStore {
  const has = (one: CheckpointFault) => fault === one;
  const runs = new Map<string, Run>();
  let tokens = 0;
  let made = 0;
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));
  const noLease = (runId: string) =>
    has('refusals are plain errors') ? new Error('no lease') : new RunBusyError(runId, 'toy: it is not yours');
  const heldUntil = (runId: string, until: number) =>
    new RunBusyError(runId, `toy: taken until ${new Date(until).toISOString()}`);
  const changesOf = (run: Run | undefined) => (run?.changes ?? []).map((json): CheckpointChange => JSON.parse(json));

  function held(lease: Lease, lateMay: CheckpointFault): Run {
    const run = runs.get(lease.runId);
    if (!run) throw noLease(lease.runId);
    if (has(lateMay)) return run;
    if (run.token !== lease.token) throw noLease(lease.runId);
    if (run.record.leasedUntil === 0 && !has('whoever gave a run back may go on')) throw noLease(lease.runId);
    return run;
  }
  const update = (run: Run, changed: Partial<RunRecord>) => {
    run.record = { ...run.record, ...changed };
  };
  const dropChildren = (runId: string, from: number) => {
    if (has('children outlive their parent')) return;
    for (const [id, { parent }] of runs) if (parent?.runId === runId && parent.iteration >= from) drop(id);
  };
  const drop = (runId: string) => {
    runs.delete(runId);
    dropChildren(runId, 0);
  };

  return {
    async create({ runId, graph, identity, first, leasedUntil, parent }) {
      if (!has('begins two runs at once')) await later();
      if (runs.has(runId) && !has('a second run replaces the first'))
        throw new CheckpointError(runId, 'toy: it is there');
      if (has('begins two runs at once')) await later();
      if (has('tokens begin anew after a removal')) tokens = 0;
      tokens += 1;
      made += 1;
      const { iteration, savedAt } = first;
      const record: RunRecord = {
        runId,
        graph,
        identity,
        status: 'running',
        iteration,
        createdAt: savedAt,
        updatedAt: savedAt,
        leasedUntil,
        parent: parent?.runId ?? null,
      };
      runs.set(runId, { record, token: tokens, changes: [JSON.stringify(first)], number: made, parent, records: [] });
      return { runId, token: tokens };
    },
    async acquire(runId, { now, until, takeOver, identity = '' }) {
      await later();
      const run = runs.get(runId);
      if (!run) throw new CheckpointError(runId, 'toy: it is not there');
      const { leasedUntil } = run.record;
      const taken = leasedUntil > now || (has('a lease never ends') && leasedUntil > 0);
      if (taken && !takeOver && !has('a lease is given to two')) throw heldUntil(runId, leasedUntil);
      if (has('a lease is given to two at once')) await later();
      tokens += 1;
      run.token = tokens;
      update(run, { status: 'running', updatedAt: now, leasedUntil: until });
      if (identity !== '' && !has('the identity stays')) update(run, { identity });
      return { runId, token: tokens };
    },
    async renew(lease, until) {
      await later();
      update(held(lease, 'a late worker may renew'), { leasedUntil: until });
    },
    async append(lease, change, until) {
      await later();
      const run = held(lease, 'a late worker may append');
      if (has('a lease ends although nobody takes it') && run.record.leasedUntil < change.savedAt)
        throw noLease(lease.runId);
      if (change.iteration <= run.record.iteration && !has('an old checkpoint is taken')) {
        const latest = changesOf(run).at(-1);
        if (has('a refused checkpoint leaves its values') && latest) {
          run.changes.splice(-1, 1, JSON.stringify({ ...latest, set: [...latest.set, ...change.set] }));
        }
        throw new CheckpointError(lease.runId, 'toy: it is not newer');
      }
      run.changes.push(JSON.stringify(change));
      const leasedUntil = has('appending does not renew the lease') ? run.record.leasedUntil : until;
      update(run, { iteration: change.iteration, updatedAt: change.savedAt, leasedUntil });
    },
    async record(lease, record, until) {
      await later();
      const run = held(lease, 'a late worker may record');
      if (record.iteration !== run.record.iteration && !has('a record of an earlier node is taken'))
        throw new CheckpointError(lease.runId, 'toy: not the node in work');
      run.records = run.records.filter((one) => one.iteration !== record.iteration || one.key !== record.key);
      run.records.push(record);
      update(run, { leasedUntil: until });
    },
    async rewind(lease, iteration) {
      await later();
      const run = held(lease, 'a late worker may rewind');
      if (!has('rewinding keeps records')) run.records = run.records.filter((one) => one.iteration < iteration);
      dropChildren(lease.runId, iteration);
      const kept = changesOf(run).filter((change) => change.iteration <= iteration);
      if (!has('rewinding keeps what came later')) run.changes = kept.map((change) => JSON.stringify(change));
      update(run, { iteration: kept.at(-1)?.iteration ?? 0 });
    },
    async release(lease, status, now) {
      await later();
      update(held(lease, 'a late worker may release'), { status, updatedAt: now, leasedUntil: 0 });
    },
    async remove(lease) {
      await later();
      const run = held(lease, 'a late worker may remove');
      if (has('removing keeps the history')) update(run, { leasedUntil: 0 });
      else drop(lease.runId);
    },
    async delete(runId, now) {
      await later();
      const run = runs.get(runId);
      if (run && run.record.leasedUntil > now && !has('a run in work is deleted'))
        throw heldUntil(runId, run.record.leasedUntil);
      drop(runId);
      return run !== undefined;
    },
    async prune({ graph, status, updatedBefore, now }) {
      await later();
      const old = [...runs.values()].filter(
        ({ record, parent }) =>
          !parent &&
          record.updatedAt < updatedBefore &&
          record.leasedUntil <= now &&
          (graph ?? record.graph) === record.graph &&
          (has('pruning ignores the status') || (status ?? record.status) === record.status),
      );
      for (const { record } of old) drop(record.runId);
      return old.length;
    },
    async find(runId) {
      await later();
      return runs.get(runId)?.record;
    },
    async load(runId, iteration) {
      await later();
      const changes = changesOf(runs.get(runId));
      const at = iteration === undefined ? changes.length - 1 : changes.findIndex((one) => one.iteration === iteration);
      return at < 0 ? undefined : replay(changes, at, has);
    },
    async history(runId) {
      await later();
      return changesOf(runs.get(runId)).map(({ iteration, node, savedAt }) => ({ iteration, node, savedAt }));
    },
    async records(runId, iteration) {
      await later();
      const at = has('records are those of the first iteration') ? 0 : iteration;
      return (runs.get(runId)?.records ?? [])
        .filter((one) => (at ?? one.iteration) === one.iteration)
        .sort((a, b) => a.iteration - b.iteration || (a.key < b.key ? -1 : 1));
    },
    async list({ graph, status, parent, limit = 100 } = {}) {
      await later();
      const fits = ({ record }: Run) =>
        (record.parent === (parent ?? null) || has('children are listed')) &&
        (graph === undefined || record.graph === graph) &&
        (status === undefined || has('the list ignores the status') || record.status === status);
      const direction = has('the oldest runs are listed first') ? -1 : 1;
      return [...runs.values()]
        .filter(fits)
        .sort((a, b) => direction * (b.record.createdAt - a.record.createdAt || b.number - a.number))
        .slice(0, has('the list ignores its limit') ? undefined : limit)
        .map(({ record }) => record);
    },
  };
}

/** The state after the change at this place. */
function replay(
  changes: readonly CheckpointChange[],
  at: number,
  has: (fault: CheckpointFault) => boolean,
): Checkpoint | undefined {
  const last = changes[at];
  if (!last) return undefined;
  const until = changes.slice(0, at + 1);
  const values = new Map<string, string>();
  for (const { set, removed } of has('an older checkpoint shows newer values') ? changes : until) {
    for (const [key, json] of set) values.set(key, json);
    if (!has('a removed key stays')) for (const key of removed) values.delete(key);
  }
  const { iteration, node, savedAt, visited } = last;
  const entries = [...values];
  return {
    iteration,
    node,
    savedAt,
    path: has('the path is that of the last checkpoint') ? visited : until.flatMap((change) => change.visited),
    values: has('keys are sorted') ? entries.sort(([a], [b]) => (a < b ? -1 : 1)) : entries,
    secretNames: (has('secret names are those of the first') ? changes[0] : last)?.secretNames ?? [],
  };
}
