import fc from 'fast-check';
import { expect } from 'vitest';
import { ExecutionError, type Observer, RunBusyError, State } from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import type { CheckpointStore } from '../../../src/store/index.js';
import { build, Dead, type Death, mortal, type Notes, type Plan } from './random-graph.js';

/** What goes wrong for one worker. */
interface Trouble {
  /** The iteration in which its node fails. */
  readonly failAt: number | null;
  readonly dieAt: Death | null;
  /** The iteration in which it is held up. No write of it fails then. */
  readonly stallAt: number | null;
  /** After how many of its nodes the worker before it, that was held up, goes on; at its end at the latest. */
  readonly wakeAfter: number;
}

const calm: Trouble = { failAt: null, dieAt: null, stallAt: null, wakeAfter: 2 };

export const troubles: fc.Arbitrary<readonly Trouble[]> = fc.array(
  fc.record({
    failAt: fc.option(fc.integer({ min: 1, max: 12 })),
    dieAt: fc.option(
      fc.record({ write: fc.integer({ min: 1, max: 12 }), committed: fc.boolean(), forGood: fc.boolean() }),
    ),
    stallAt: fc.option(fc.integer({ min: 1, max: 12 })),
    wakeAfter: fc.integer({ min: 1, max: 6 }),
  }),
  { minLength: 1, maxLength: 6 },
);

async function outcome(run: Promise<{ state: State<Notes>; path: readonly string[] }>) {
  try {
    const { state, path } = await run;
    return { data: state.data, path };
  } catch (error) {
    return { error };
  }
}

/** What an undisturbed run comes to, and the checkpoint that it has after each of its nodes. */
async function reference(plan: Plan) {
  const { checkpoints } = memoryStore();
  const graph = build({ ...plan, interval: 1 }, checkpoints, () => {});
  const end = await outcome(graph.run(beginning()));
  const history = await checkpoints.history('r');
  return { end, at: await Promise.all(history.map(({ iteration }) => snapshot(checkpoints, iteration))) };
}

async function snapshot(store: CheckpointStore, at: number) {
  const { iteration, node, path, values } = (await store.load('r', at)) ?? {};
  return { iteration, node, path, values: Object.fromEntries(values ?? []) };
}

const beginning = () => State.create<Notes>({ steps: 0, k0: 'first' }, { runId: 'r' });

/** How many nodes the engine told of as done, and of how many it told that they are saved. */
function listening() {
  const told = { done: 0, saved: 0 };
  const observer: Observer = {
    onEvent({ type, data }) {
      if (type === 'node.complete' && !data.error) told.done = data.iteration;
      if (type === 'checkpoint.save') told.saved = told.done;
    },
  };
  return { told, observer };
}

/** A worker that is held up in a node while others go on with its run. */
interface Late {
  /** Lets it go on: what it brings is refused, and changes nothing. */
  wake(): Promise<void>;
}

/** A place to be held up at. */
function gate() {
  let open = () => {};
  let arrive = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const wait = () => {
    arrive();
    return opened;
  };
  return { wait, arrived, open: () => open() };
}

async function everything(store: CheckpointStore) {
  return { record: await store.find('r'), at: await store.load('r'), history: await store.history('r') };
}

export async function checkPlan(plan: Plan, trouble: readonly Trouble[], store: CheckpointStore): Promise<void> {
  const expected = await reference(plan);
  let committed = 0;
  let late: Late | undefined;
  const wakeLate = async () => {
    const worker = late;
    late = undefined;
    await worker?.wake();
  };
  for (const { failAt, wakeAfter, ...wanted } of [...trouble, calm]) {
    if (late) await expectRefused(plan, store);
    const stallAt = plan.interval > 0 ? wanted.stallAt : null;
    const dieAt = stallAt === null ? wanted.dieAt : null;
    const ran: number[] = [];
    const { told, observer } = listening();
    told.done = committed;
    const stall = gate();
    let isLate = false;
    const onNode = async (iteration: number) => {
      if (isLate) return;
      if (ran.push(iteration) === wakeAfter) await wakeLate();
      if (iteration === failAt) throw new Error('no luck');
      if (iteration === stallAt) await stall.wait();
    };
    const mortalStore = mortal(store, dieAt);
    const graph = build(plan, mortalStore, onNode, observer);
    const there = await store.find('r');
    const run = outcome(there ? graph.resume('r', { takeOver: true }) : graph.run(beginning()));
    const end = await Promise.race([run, stall.arrived]);
    // No node whose completion was committed runs again, and none is left out.
    expect(ran).toEqual(ran.map((_, index) => committed + index + 1));
    const found = await store.load('r');
    const latest = found?.iteration ?? 0;
    // What was told as saved is there; and everything is, where no write failed.
    expect(latest).toBeGreaterThanOrEqual(Math.max(committed, told.saved));
    if (plan.interval > 0) expect(latest).toBeGreaterThanOrEqual(told.done - (told.done % plan.interval));
    if (end && !mortalStore.failed()) expect(latest).toBe(told.done);
    if (found) expect(await snapshot(store, latest)).toEqual(expected.at[latest]);
    committed = latest;
    if (mortalStore.acquired()) await wakeLate();
    if (end) checkEnd(end, expected.end, failAt === null && dieAt === null);
    else {
      isLate = true;
      late = {
        async wake() {
          const before = await everything(store);
          stall.open();
          expect(await run).toEqual({ error: expect.any(RunBusyError) });
          expect(await everything(store)).toEqual(before);
        },
      };
    }
  }
  expect(late).toBeUndefined();
  if ('data' in expected.end) expect((await store.find('r'))?.status).toBe('completed');
}

type Outcome = Awaited<ReturnType<typeof outcome>>;

function checkEnd(end: Outcome, expected: Outcome, undisturbed: boolean): void {
  if ('data' in end) expect(end).toEqual(expected);
  else if (undisturbed) expect(String(end.error)).toBe('error' in expected ? String(expected.error) : 'no error');
  else if ('data' in expected) expect([ExecutionError, Dead].some((kind) => end.error instanceof kind)).toBe(true);
}

/** A run that a worker has is not given to another, however late that worker is. */
async function expectRefused(plan: Plan, store: CheckpointStore): Promise<void> {
  const before = await everything(store);
  const graph = build(plan, store, () => expect.unreachable());
  expect(await outcome(graph.resume('r'))).toEqual({ error: expect.any(RunBusyError) });
  expect(await everything(store)).toEqual(before);
}
