import {
  deathOf,
  type ItemRecord,
  type PauseAnswer,
  type PauseRecord,
  pendingRun,
  type RunHeaderRecord,
  type StepRecord,
  type StepStatus,
  type WorkflowRecord,
  type WorkflowStatus,
  type WorkflowStore,
} from '../workflow/workflow-store.js';

/** A stored run: the record, with steps, state and items by their names. */
interface Kept {
  record: Omit<WorkflowRecord, 'steps' | 'state' | 'items' | 'pauses'>;
  readonly steps: Map<string, StepRecord>;
  readonly state: Map<string, string>;
  readonly items: Map<string, Map<number, ItemRecord>>;
  readonly pauses: Map<string, PauseRecord>;
  /** How many workers in a row have had the run without progress, and what had been recorded at the latest claim. */
  starts: number;
  progress: string;
}

/**
 * Runs of workflows in the memory of this process.
 *
 * @example
 * const engine = createEngine({ store: memoryWorkflows() });
 */
export function memoryWorkflows(): WorkflowStore {
  /** By id, in the order of their creation. */
  const runs = new Map<string, Kept>();
  const idsByKey = new Map<string, string>();
  /** The highest fence of a deleted run. */
  let latestFence = 0;
  const drop = (runId: string, { record }: Kept) => {
    latestFence = Math.max(latestFence, record.fence);
    runs.delete(runId);
    if (record.idempotencyKey !== null) idsByKey.delete(keyIn(record.workflow, record.idempotencyKey));
  };
  return {
    create(run) {
      const { workflow, idempotencyKey, runId } = run;
      const key = idempotencyKey === null ? undefined : keyIn(workflow, idempotencyKey);
      const existing = runs.get((key && idsByKey.get(key)) ?? runId);
      if (existing) return { created: false, run: toRecord(existing) };
      const {
        steps: _steps,
        state: _state,
        items: _items,
        pauses: _pauses,
        ...record
      } = pendingRun(run, latestFence + 1);
      const kept: Kept = {
        record,
        steps: new Map(),
        state: new Map(),
        items: new Map(),
        pauses: new Map(),
        starts: 1,
        progress: '0 0',
      };
      runs.set(runId, kept);
      if (key) idsByKey.set(key, runId);
      return { created: true, run: toRecord(kept) };
    },
    claim(runId, { at, leaseUntil, takeOver, answer, deadOnly, maxStarts = Number.POSITIVE_INFINITY }) {
      const kept = runs.get(runId);
      if (!kept) return undefined;
      const { record } = kept;
      if ((isLeased(kept, at) && !takeOver) || record.status === 'completed' || record.cancelRequested) {
        return { claimed: false, run: toRecord(kept) };
      }
      if (answer ? !answerPause(kept, answer, at) : record.status === 'paused') {
        return { claimed: false, run: toRecord(kept) };
      }
      const progress = progressOf(kept);
      const starts = isOpen(record.status) && progress === kept.progress ? kept.starts : 0;
      if (starts >= maxStarts) {
        kept.record = { ...record, status: 'dead', error: deathOf(starts), completedAt: at };
        return { claimed: false, run: toRecord(kept) };
      }
      if (deadOnly) return { claimed: false, run: toRecord(kept) };
      Object.assign(kept, { starts: starts + 1, progress });
      const fence = record.fence + 1;
      kept.record = { ...record, status: 'running', error: null, completedAt: null, fence, leaseUntil };
      return { claimed: true, run: toRecord(kept) };
    },
    commit(runId, fence, { run, steps = [], state = [], items = [], pauses = [], dropItems, leaseUntil }) {
      const kept = runs.get(runId);
      if (!kept) return 'unknown';
      const { record } = kept;
      if (record.cancelRequested) return 'cancelled';
      if (record.fence !== fence) return 'superseded';
      if (!isOpen(record.status)) return 'finished';
      for (const step of steps) {
        if (kept.steps.get(step.step)?.status !== 'completed') kept.steps.set(step.step, step);
      }
      for (const { key, value } of state) {
        if (value === null) kept.state.delete(key);
        else kept.state.set(key, value);
      }
      for (const item of items) addItem(kept, item);
      for (const pause of pauses) if (!kept.pauses.has(keyOf(pause))) kept.pauses.set(keyOf(pause), pause);
      if (dropItems !== undefined) kept.items.delete(dropItems);
      kept.record = { ...record, ...run, leaseUntil: leaseUntil ?? record.leaseUntil };
      return 'committed';
    },
    cancel(runId, at) {
      const kept = runs.get(runId);
      if (!kept) return undefined;
      const { record } = kept;
      if (isOver(record.status)) return record.status;
      kept.record = { ...record, status: 'cancelled', cancelRequested: true, completedAt: record.completedAt ?? at };
      for (const [id, step] of kept.steps) {
        if (!inFlight.includes(step.status)) continue;
        kept.steps.set(id, { ...step, status: 'cancelled', completedAt: at });
      }
      return 'cancelled';
    },
    delete(runId, at) {
      const kept = runs.get(runId);
      if (!kept) return 'unknown';
      if (isLeased(kept, at)) return 'leased';
      drop(runId, kept);
      return 'deleted';
    },
    prune({ workflow, statuses, before, at }) {
      const old = [...runs].filter(([, kept]) => {
        const { record } = kept;
        const since = record.completedAt ?? record.startedAt ?? record.createdAt;
        const fits = statuses.includes(record.status) && (workflow ?? record.workflow) === record.workflow;
        return fits && since < before && !isLeased(kept, at);
      });
      for (const [runId, kept] of old) drop(runId, kept);
      return old.length;
    },
    load(runId) {
      const kept = runs.get(runId);
      return kept && toRecord(kept);
    },
    list({ workflow, status, limit, before }) {
      const newestFirst = [...runs.values()].reverse();
      const start = before === undefined ? 0 : newestFirst.findIndex(({ record }) => record.runId === before) + 1;
      if (before !== undefined && start === 0) return [];
      return newestFirst
        .slice(start)
        .filter(
          ({ record: one }) => (workflow ?? one.workflow) === one.workflow && (status ?? one.status) === one.status,
        )
        .slice(0, limit)
        .map(toHeader);
    },
  };
}

function keyIn(workflow: string, idempotencyKey: string): string {
  return JSON.stringify([workflow, idempotencyKey]);
}

function isLeased({ record }: Kept, at: number): boolean {
  return isOpen(record.status) && record.leaseUntil > at;
}

/** The statuses of steps that the cancellation of a run ends. */
const inFlight: readonly StepStatus[] = ['running', 'retrying', 'paused'];

function keyOf({ step, item, number }: PauseAnswer): string {
  return JSON.stringify([step, item, number]);
}

/** @returns whether the pause waited for the answer */
function answerPause({ pauses }: Kept, answer: PauseAnswer, at: number): boolean {
  const pause = pauses.get(keyOf(answer));
  if (pause?.answeredAt !== null) return false;
  pauses.set(keyOf(answer), { ...pause, value: answer.value, answeredAt: at });
  return true;
}

function inOrder(pauses: ReadonlyMap<string, PauseRecord>): readonly PauseRecord[] {
  const place = ({ item }: PauseRecord) => item ?? -1;
  const byStep = (a: string, b: string) => (a < b ? -1 : Number(a > b));
  return [...pauses.values()].sort((a, b) => byStep(a.step, b.step) || place(a) - place(b) || a.number - b.number);
}

function toHeader({ record, pauses }: Kept): RunHeaderRecord {
  const { shape: _s, input: _i, output: _o, fence: _f, leaseUntil: _l, ...header } = record;
  return { ...header, pauses: inOrder(pauses) };
}

/** The steps and items that have been recorded, in number. */
function progressOf({ steps, items }: Kept): string {
  const ended = [...steps.values()].filter(({ status }) => status !== 'running' && status !== 'retrying');
  return `${ended.length} ${[...items.values()].reduce((sum, ofStep) => sum + ofStep.size, 0)}`;
}

function isOver(status: WorkflowStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'dead';
}

function isOpen(status: WorkflowStatus): boolean {
  return status === 'pending' || status === 'running';
}

function addItem({ items }: Kept, item: ItemRecord): void {
  const ofStep = items.get(item.step) ?? new Map<number, ItemRecord>();
  items.set(item.step, ofStep);
  if (!ofStep.has(item.item)) ofStep.set(item.item, item);
}

function toRecord({ record, steps, state, items, pauses }: Kept): WorkflowRecord {
  const results = [...items.values()].flatMap((ofStep) => [...ofStep.values()].sort((a, b) => a.item - b.item));
  const entries = [...state].map(([key, value]) => ({ key, value }));
  return { ...record, steps: [...steps.values()], state: entries, items: results, pauses: inOrder(pauses) };
}
