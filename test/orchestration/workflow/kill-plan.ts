import fc from 'fast-check';
import { expect } from 'vitest';
import { createEngine, type Workflow } from '../../../src/orchestration/index.js';
import { RunBusyError } from '../../../src/orchestration/run-errors.js';
import type { WorkflowStore } from '../../../src/store/index.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { build, evaluate, type StagePlan } from './random-workflow.js';

type Awaitable<R> = R | PromiseLike<R>;

/** Which write of a life fails, whether it is done all the same, and whether the process dies there. */
interface Death {
  readonly write: number;
  readonly committed: boolean;
  readonly forGood: boolean;
}

/** A store that fails at one of its writes: that one may be done, and where the process dies there, none after it is. */
function mortal(store: WorkflowStore, death: Death | null): WorkflowStore {
  let writes = 0;
  const failed = new Error('that write failed');
  const write = <R>(call: () => Awaitable<R>): Awaitable<R> => {
    writes += 1;
    if (!death || writes < death.write || (writes > death.write && !death.forGood)) return call();
    const answer = writes === death.write && death.committed ? call() : undefined;
    if (answer instanceof Promise) return answer.then(() => Promise.reject(failed));
    throw failed;
  };
  return {
    create: (run) => write(() => store.create(run)),
    claim: (runId, request) => write(() => store.claim(runId, request)),
    commit: (runId, fence, change) => write(() => store.commit(runId, fence, change)),
    cancel: (runId, at) => write(() => store.cancel(runId, at)),
    delete: (runId, at) => write(() => store.delete(runId, at)),
    prune: (filter) => write(() => store.prune(filter)),
    load: (runId) => store.load(runId),
    list: (filter) => store.list(filter),
  };
}

/** What goes wrong for one worker. */
interface Trouble {
  readonly death: Death | null;
  /** At which of the steps that it runs it is held up. No write of it fails then. */
  readonly stallAt: number | null;
  /** After how many of its steps the worker before it, that was held up, goes on; at its end at the latest. */
  readonly wakeAfter: number;
}

const calm: Trouble = { death: null, stallAt: null, wakeAfter: 2 };

export const troubles: fc.Arbitrary<readonly Trouble[]> = fc.array(
  fc.record({
    death: fc.option(
      fc.record({ write: fc.integer({ min: 1, max: 9 }), committed: fc.boolean(), forGood: fc.boolean() }),
    ),
    stallAt: fc.option(fc.integer({ min: 1, max: 6 })),
    wakeAfter: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 1, maxLength: 8 },
);

/** Runs the workflow, or goes on with it. */
async function goOn(workflow: Workflow<unknown, unknown>, input: number, store: WorkflowStore, takeOver = true) {
  const observer = createRecordingObserver();
  const engine = createEngine({ store, observer });
  const run = (await store.load('r'))
    ? engine.resume(workflow, 'r', { takeOver })
    : engine.run(workflow, input, { runId: 'r' });
  const end = await run.then(
    ({ output }) => ({ output }),
    (error: unknown) => ({ error }),
  );
  const told = observer.ofType('workflow.step.complete').filter(({ data }) => data.status === 'completed');
  return { ...end, told: told.map(({ data }) => data.step) };
}

/** Lets everything go as far as it can. */
async function settle() {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export async function checkPlans(
  plans: readonly StagePlan[],
  input: number,
  trouble: readonly Trouble[],
  store: WorkflowStore,
) {
  const expected = evaluate(plans, input);
  const ran = new Map<string, number>();
  const ended = new Set<string>();
  let late: { readonly fence: number; wake(): Promise<void> } | undefined;
  const wakeLate = async () => {
    const worker = late;
    if (!worker || ((await store.load('r'))?.fence ?? 0) <= worker.fence) return;
    late = undefined;
    await worker.wake();
  };
  for (const { wakeAfter, stallAt, ...wanted } of [...trouble, calm]) {
    if (late) await expectRefused(build(plans, ran, { mended: false }), input, store);
    const before = new Map(ran);
    const death = stallAt === null ? wanted.death : null;
    let steps = 0;
    let open = () => {};
    let arrive = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const arrived = new Promise<undefined>((resolve) => {
      arrive = () => resolve(undefined);
    });
    const onStep = async () => {
      steps += 1;
      const mine = steps;
      if (mine === wakeAfter) await wakeLate();
      if (mine !== stallAt) return;
      arrive();
      await opened;
    };
    const run = goOn(build(plans, ran, { mended: false }, onStep), input, mortal(store, death));
    const end = await Promise.race([run, arrived]);
    if (!end) await settle();
    // What had been recorded did not run again.
    for (const step of ended) expect(ran.get(step)).toBe(before.get(step));
    const record = await store.load('r');
    for (const { step, status, output } of record?.steps ?? []) {
      if (status === 'completed' || status === 'failed' || status === 'skipped') ended.add(step);
      if (status === 'completed') expect(decode(output)).toEqual(expected.steps.get(step));
    }
    const completed = record?.steps.filter(({ status }) => status === 'completed') ?? [];
    const left = Object.fromEntries((record?.state ?? []).map(({ key, value }) => [key, value]));
    expect(left).toEqual(Object.fromEntries(completed.map(({ step, output }) => [step, output])));
    if (end) {
      // What was told as done is recorded.
      for (const step of end.told) expect(ended).toContain(step);
      if ('output' in end) expect(end.output).toEqual(expected.output);
      else expect([String(end.error), death]).toEqual([expect.stringContaining('that write failed'), death]);
    }
    await wakeLate();
    if (!end) late = { fence: record?.fence ?? 0, wake: () => expectTooLate(store, open, run) };
  }
  expect(late).toBeUndefined();
  const { status, output } = (await store.load('r')) ?? {};
  expect(status).toBe('completed');
  expect(decode(output ?? null) ?? null).toEqual(JSON.parse(JSON.stringify(expected.output ?? null)));
  expect([...ran.keys()].filter((step) => expected.steps.has(step)).sort()).toEqual([...expected.steps.keys()].sort());
}

/** A run that a worker has is not given to another, however late that worker is. */
async function expectRefused(workflow: Workflow<unknown, unknown>, input: number, store: WorkflowStore) {
  const before = await store.load('r');
  expect(await goOn(workflow, input, store, false)).toMatchObject({ error: expect.any(RunBusyError) });
  expect(await store.load('r')).toEqual(before);
}

/** What a late worker brings is refused, and changes nothing. */
async function expectTooLate(store: WorkflowStore, open: () => void, run: ReturnType<typeof goOn>) {
  await settle();
  const before = await store.load('r');
  open();
  expect(await run).toMatchObject({ error: expect.any(RunBusyError) });
  await settle();
  expect(await store.load('r')).toEqual(before);
}

function decode(text: string | null): unknown {
  return text === null ? undefined : JSON.parse(text);
}
