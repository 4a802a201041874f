import type { WorkflowStatus } from 'chorale/orchestration';
import type {
  ItemRecord,
  PauseAnswer,
  PauseRecord,
  RunHeaderRecord,
  StepRecord,
  WorkflowChange,
  WorkflowRecord,
  WorkflowStore,
} from 'chorale/store';

/** Defects that such a store may have. */
export type WorkflowFault =
  | 'a second run replaces the first'
  | 'keys are not looked at'
  | 'keys are shared by all workflows'
  | 'a key has two runs when two start at once'
  | 'a run is claimed while a lease lasts'
  | 'a run is claimed by two at once'
  | 'a lease never ends'
  | 'nobody can take a run over'
  | 'a completed run is claimed'
  | 'a cancelled run is claimed'
  | 'a claim keeps the failure'
  | 'a claim does not raise the fence'
  | 'a late worker is let in'
  | 'a refused change is half written'
  | 'a cancelled run takes changes'
  | 'an ended run takes changes'
  | 'a completed step is overwritten'
  | 'steps are sorted'
  | 'state that is removed stays'
  | 'items are overwritten'
  | 'items stay when they are dropped'
  | 'the lease is not renewed'
  | 'a change forgets what it does not name'
  | 'a run is deleted although a worker has it'
  | 'a deleted run stays'
  | 'a new run has the fence of a deleted one'
  | 'prune ignores the status'
  | 'prune ignores the age'
  | 'prune ignores the workflow'
  | 'prune ignores the lease'
  | 'no run dies'
  | 'a run is claimed to see whether it is dead'
  | 'progress does not count'
  | 'a dead run is cancelled'
  | 'pauses have no order'
  | 'an answered pause is asked again'
  | 'a paused run is claimed without an answer'
  | 'an answer goes to a pause that is not there'
  | 'an answer is taken from whoever does not get the run'
  | 'an answer is lost'
  | 'cancelling ends what is over'
  | 'cancelling leaves the steps running'
  | 'cancelling again changes the end'
  | 'the oldest runs are listed first'
  | 'the list ignores its limit'
  | 'the list ignores where to begin'
  | 'the list ignores the workflow'
  | 'the list ignores the status'
  | 'the list has the values';

/** A store that somebody else wrote, over what the package exports: one JSON text for each run. */
export function toyWorkflows(fault?: WorkflowFault): WorkflowStore {
  const has = (one: WorkflowFault) => fault === one;
  const texts = new Map<string, string>();
  let latestFence = 0;
  const drop = ({ runId, fence }: WorkflowRecord) => {
    if (!has('a new run has the fence of a deleted one')) latestFence = Math.max(latestFence, fence);
    claims.delete(runId);
    if (!has('a deleted run stays')) texts.delete(runId);
  };
  const claims = new Map<string, { readonly starts: number; readonly progress: string }>();
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));
  const read = (runId: string): WorkflowRecord | undefined => {
    const text = texts.get(runId);
    return text === undefined ? undefined : JSON.parse(text);
  };
  const write = (run: WorkflowRecord) => {
    texts.set(run.runId, JSON.stringify(run));
    return run;
  };
  const all = () => [...texts.keys()].flatMap((id) => read(id) ?? []);
  const isOpen = (status: WorkflowStatus) => status === 'pending' || status === 'running';

  function changed(run: WorkflowRecord, change: WorkflowChange): WorkflowRecord {
    const steps = new Map(run.steps.map((step): [string, StepRecord] => [step.step, step]));
    for (const step of change.steps ?? []) {
      const done = steps.get(step.step)?.status === 'completed';
      if (!done || has('a completed step is overwritten')) steps.set(step.step, step);
    }
    const state = new Map(run.state.map(({ key, value }) => [key, value]));
    for (const { key, value } of change.state ?? []) {
      if (value !== null) state.set(key, value);
      else if (!has('state that is removed stays')) state.delete(key);
    }
    const keyOf = ({ step, item }: ItemRecord) => `${step} ${item}`;
    const items = new Map(run.items.map((item) => [keyOf(item), item]));
    for (const item of change.items ?? []) {
      if (!items.has(keyOf(item)) || has('items are overwritten')) items.set(keyOf(item), item);
    }
    const isDropped = ({ step }: ItemRecord) => step === change.dropItems && !has('items stay when they are dropped');
    const byPosition = (a: ItemRecord, b: ItemRecord) => a.step.localeCompare(b.step) || a.item - b.item;
    const pauses = new Map(run.pauses.map((pause) => [pauseKey(pause), pause]));
    for (const pause of change.pauses ?? []) {
      if (!pauses.has(pauseKey(pause)) || has('an answered pause is asked again')) pauses.set(pauseKey(pause), pause);
    }
    const byPlace = (a: PauseRecord, b: PauseRecord) =>
      a.step.localeCompare(b.step) || (a.item ?? -1) - (b.item ?? -1) || a.number - b.number;
    const nothing = { startedAt: null, output: null, completedAt: null };
    const inOrder = [...steps.values()];
    return {
      ...run,
      ...(has('a change forgets what it does not name') ? nothing : {}),
      ...change.run,
      leaseUntil: has('the lease is not renewed') ? run.leaseUntil : (change.leaseUntil ?? run.leaseUntil),
      steps: has('steps are sorted') ? inOrder.sort((a, b) => (a.step < b.step ? -1 : 1)) : inOrder,
      state: [...state].map(([key, value]) => ({ key, value })),
      pauses: has('pauses have no order') ? [...pauses.values()] : [...pauses.values()].sort(byPlace),
      items: [...items.values()].filter((item) => !isDropped(item)).sort(byPosition),
    };
  }

  const pausedFor = ({ status }: WorkflowRecord) =>
    status === 'paused' && !has('a paused run is claimed without an answer');

  return {
    async create(run) {
      await later();
      const sameKey = all().find(
        ({ idempotencyKey, workflow }) =>
          run.idempotencyKey !== null &&
          idempotencyKey === run.idempotencyKey &&
          (workflow === run.workflow || has('keys are shared by all workflows')),
      );
      const sameId = has('a second run replaces the first') ? undefined : read(run.runId);
      const known = has('keys are not looked at') ? sameId : (sameKey ?? sameId);
      if (known) return { created: false, run: known };
      if (has('a key has two runs when two start at once')) await later();
      const unbegun = { cancelRequested: false, error: null, output: null, startedAt: null, completedAt: null };
      return {
        created: true,
        run: write({
          ...run,
          ...unbegun,
          status: 'pending',
          fence: latestFence + 1,
          steps: [],
          state: [],
          items: [],
          pauses: [],
        }),
      };
    },
    async claim(runId, { at, leaseUntil, takeOver, answer, deadOnly, maxStarts = Number.POSITIVE_INFINITY }) {
      await later();
      const run = read(runId);
      if (!run) return undefined;
      const lasts = run.leaseUntil > at || has('a lease never ends');
      const mayTake = takeOver && !has('nobody can take a run over');
      const taken = isOpen(run.status) && lasts && !mayTake && !has('a run is claimed while a lease lasts');
      const over = run.status === 'completed' && !has('a completed run is claimed');
      const cancelled = run.cancelRequested && !has('a cancelled run is claimed');
      const answered = (pause: PauseRecord): PauseRecord =>
        answer && !has('an answer is lost') && pauseKey(pause) === pauseKey(answer)
          ? { ...pause, value: answer.value, answeredAt: at }
          : pause;
      if (taken && has('an answer is taken from whoever does not get the run')) {
        write({ ...run, pauses: run.pauses.map(answered) });
      }
      if (taken || over || cancelled) return { claimed: false, run };
      const waits = run.pauses.some(
        (pause) => answer && pauseKey(pause) === pauseKey(answer) && pause.answeredAt === null,
      );
      if (answer ? !waits && !has('an answer goes to a pause that is not there') : pausedFor(run)) {
        return { claimed: false, run };
      }
      if (has('a run is claimed by two at once')) await later();
      const progress = has('progress does not count') ? '' : progressOf(run);
      const before = claims.get(runId) ?? { starts: 1, progress: has('progress does not count') ? '' : '0 0' };
      const starts = isOpen(run.status) && before.progress === progress ? before.starts : 0;
      if (starts >= maxStarts && !has('no run dies')) {
        const message = `its process ended ${starts} times without progress`;
        const error = { name: 'WorkflowError', code: 'CHORALE_WORKFLOW', message };
        return { claimed: false, run: write({ ...run, status: 'dead', error, completedAt: at }) };
      }
      if (deadOnly && !has('a run is claimed to see whether it is dead')) return { claimed: false, run };
      claims.set(runId, { starts: starts + 1, progress });
      const fence = has('a claim does not raise the fence') ? run.fence : run.fence + 1;
      const fresh = has('a claim keeps the failure') ? {} : { error: null, completedAt: null };
      return {
        claimed: true,
        run: write({ ...run, ...fresh, pauses: run.pauses.map(answered), status: 'running', fence, leaseUntil }),
      };
    },
    async commit(runId, fence, change) {
      await later();
      const run = read(runId);
      if (!run) return 'unknown';
      if (run.cancelRequested && !has('a cancelled run takes changes')) return 'cancelled';
      if (run.fence !== fence && !has('a late worker is let in')) {
        if (has('a refused change is half written'))
          write(changed(run, { run: change.run, leaseUntil: change.leaseUntil }));
        return 'superseded';
      }
      if (!isOpen(run.status) && !has('an ended run takes changes')) return 'finished';
      write(changed(run, change));
      return 'committed';
    },
    async cancel(runId, at) {
      await later();
      const run = read(runId);
      if (!run) return undefined;
      const isDead = run.status === 'dead' && !has('a dead run is cancelled');
      const isOver = run.status === 'completed' || run.status === 'failed' || isDead;
      if (isOver && !has('cancelling ends what is over')) return run.status;
      const inFlight = ({ status }: StepRecord) => ['running', 'retrying', 'paused'].includes(status);
      const stopped = (step: StepRecord): StepRecord =>
        inFlight(step) && !has('cancelling leaves the steps running')
          ? { ...step, status: 'cancelled', completedAt: at }
          : step;
      const completedAt = has('cancelling again changes the end') ? at : (run.completedAt ?? at);
      write({ ...run, status: 'cancelled', cancelRequested: true, completedAt, steps: run.steps.map(stopped) });
      return 'cancelled';
    },
    async delete(runId, at) {
      await later();
      const run = read(runId);
      if (!run) return 'unknown';
      if (isOpen(run.status) && run.leaseUntil > at && !has('a run is deleted although a worker has it'))
        return 'leased';
      drop(run);
      return 'deleted';
    },
    async prune({ workflow, statuses, before, at }) {
      await later();
      const old = all()
        .filter(({ status }) => statuses.includes(status) || has('prune ignores the status'))
        .filter((run) => (workflow ?? run.workflow) === run.workflow || has('prune ignores the workflow'))
        .filter((run) => (run.completedAt ?? run.startedAt ?? run.createdAt) < before || has('prune ignores the age'))
        .filter((run) => !isOpen(run.status) || run.leaseUntil <= at || has('prune ignores the lease'));
      old.forEach(drop);
      return old.length;
    },
    async load(runId) {
      await later();
      return read(runId);
    },
    async list({ workflow, status, limit, before }) {
      await later();
      const newest = has('the oldest runs are listed first') ? all() : all().reverse();
      const begin = newest.findIndex(({ runId }) => runId === before) + 1;
      if (before !== undefined && begin === 0) return [];
      return newest
        .slice(has('the list ignores where to begin') ? 0 : begin)
        .filter((run) => workflow === undefined || has('the list ignores the workflow') || run.workflow === workflow)
        .filter((run) => status === undefined || has('the list ignores the status') || run.status === status)
        .slice(0, has('the list ignores its limit') ? undefined : limit)
        .map((run) => (has('the list has the values') ? run : headerOf(run)));
    },
  };
}

function progressOf({ steps, items }: WorkflowRecord): string {
  return `${steps.filter(({ status }) => status !== 'running' && status !== 'retrying').length} ${items.length}`;
}

function pauseKey({ step, item, number }: PauseAnswer): string {
  return JSON.stringify([step, item, number]);
}

function headerOf(run: WorkflowRecord): RunHeaderRecord {
  const { runId, workflow, status, idempotencyKey, cancelRequested, error, createdAt, startedAt, completedAt, pauses } =
    run;
  return { runId, workflow, status, idempotencyKey, cancelRequested, error, createdAt, startedAt, completedAt, pauses };
}
