import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  defineMapStep,
  defineStep,
  defineWorkflow,
  WorkflowError,
} from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import type { WorkflowChange, WorkflowStore } from '../../../src/store/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { mortal } from './mortal-store.js';

expectNothingUnhandled();

const double = defineMapStep({
  id: 'double',
  items: (numbers: readonly number[]) => numbers,
  run: (_, n) => n * 2,
  retries: 0,
});

/** A map step that counts how often each item ran. */
function counting(ran: Map<number, number>, concurrency: number) {
  const step = defineMapStep({
    id: 'each',
    items: (numbers: readonly number[]) => numbers,
    concurrency,
    run: async (_, n, index) => {
      ran.set(index, (ran.get(index) ?? 0) + 1);
      return n * 10;
    },
  });
  return defineWorkflow('map', undefined, { retries: 0 }).thenStep(step).build();
}

describe('a map step', () => {
  test('gives the results in the order of the list, whatever ends first', async () => {
    const clock = createManualClock();
    const slowFirst = defineMapStep({
      id: 'slow first',
      items: (numbers: readonly number[]) => numbers,
      concurrency: 3,
      run: (_, ms) => new Promise<string>((resolve) => void clock.setTimer(ms, () => resolve(`${ms} ms`))),
    });
    const engine = createEngine({ store: memoryWorkflows(), runtime: clock });
    const { result } = await engine.start(defineWorkflow('w').thenStep(slowFirst).build(), [30, 20, 10]);
    await clock.advance(30);
    expect((await result).output).toEqual(['30 ms', '20 ms', '10 ms']);
  });

  test('passes its results to the next step, and an empty list as one', async () => {
    const sum = defineStep({ id: 'sum', run: (_, numbers: number[]) => numbers.reduce((a, b) => a + b, 0) });
    const workflow = defineWorkflow('w').thenStep(double).thenStep(sum).build();
    const engine = createEngine({ store: memoryWorkflows() });
    expect((await engine.run(workflow, [1, 2, 3])).output).toBe(12);
    expect((await engine.run(workflow, [])).output).toBe(0);
  });

  test('has as many items in flight as its concurrency', async () => {
    const seen: number[] = [];
    let inFlight = 0;
    const step = defineMapStep({
      id: 'each',
      items: (count: number) => Array.from({ length: count }, (_, index) => index),
      concurrency: 3,
      async run() {
        inFlight += 1;
        seen.push(inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
      },
    });
    await createEngine({ store: memoryWorkflows() }).run(defineWorkflow('w').thenStep(step).build(), 20);
    expect(Math.max(...seen)).toBe(3);
  });

  test('retries an item by the settings of the step, with an untouched value for each attempt', async () => {
    const observer = createRecordingObserver();
    const step = defineMapStep({
      id: 'each',
      items: (lists: readonly number[][]) => lists,
      retries: 2,
      retryDelayMs: 0,
      run({ attempt }, list, index) {
        list.push(99);
        if (index === 1 && attempt < 3) throw new Error(`attempt ${attempt}`);
        return list;
      },
    });
    const engine = createEngine({ store: memoryWorkflows(), observer });
    const { output } = await engine.run(defineWorkflow('w').thenStep(step).build(), [[1], [2], [3]]);
    expect(output).toEqual([
      [1, 99],
      [2, 99],
      [3, 99],
    ]);
    const retries = observer.ofType('workflow.item.retry').map(({ data }) => [data.item, data.attempt, data.message]);
    expect(retries).toEqual([
      [1, 1, 'attempt 1'],
      [1, 2, 'attempt 2'],
    ]);
    expect(observer.ofType('workflow.item.complete').map(({ data }) => data.status)).toEqual(
      Array(3).fill('completed'),
    );
  });

  test('fails with the first item that fails, and stops the others', async () => {
    let stopped = 0;
    const step = defineMapStep({
      id: 'each',
      items: (numbers: readonly number[]) => numbers,
      concurrency: 2,
      retries: 0,
      run: ({ signal }, n) =>
        new Promise<number>((resolve, reject) => {
          signal.addEventListener('abort', () => {
            stopped += 1;
            resolve(n);
          });
          if (n === 1) reject(new Error('one is odd'));
        }),
    });
    const engine = createEngine({ store: memoryWorkflows() });
    const run = engine.run(defineWorkflow('w').thenStep(step).build(), [0, 1, 2, 3], { runId: 'r' });
    await expect(run).rejects.toThrow("workflow 'w' run r: item 1 of step 'each' failed after 1 attempt: one is odd");
    expect(stopped).toBe(1);
    expect((await engine.get('r'))?.status).toBe('failed');
  });

  test('without failFast gives an outcome per item, and fails only if all items failed', async () => {
    const step = defineMapStep({
      id: 'each',
      items: (numbers: readonly number[]) => numbers,
      failFast: false,
      retries: 0,
      run(_, n) {
        if (n < 0) throw new RangeError(`${n} is below 0`);
        return n === 0 ? undefined : n;
      },
    });
    const engine = createEngine({ store: memoryWorkflows() });
    const workflow = defineWorkflow('w').thenStep(step).build();
    expect((await engine.run(workflow, [1, -2, 0])).output).toEqual([
      { status: 'ok', value: 1 },
      { status: 'failed', error: { name: 'RangeError', message: '-2 is below 0', code: null } },
      { status: 'ok' },
    ]);
    await expect(engine.run(workflow, [-1, -2])).rejects.toThrow(WorkflowError);
  });

  test('is stopped by the signal of its caller, and resumes with the items that are not recorded', async () => {
    const stop = new AbortController();
    const ran: number[] = [];
    const step = defineMapStep({
      id: 'each',
      items: (numbers: readonly number[]) => numbers,
      concurrency: 1,
      run(_, n) {
        ran.push(n);
        if (n === 2 && !stop.signal.aborted) stop.abort(new Error('enough'));
        return n;
      },
    });
    const engine = createEngine({ store: memoryWorkflows() });
    const workflow = defineWorkflow('w').thenStep(step).build();
    const run = engine.run(workflow, [0, 1, 2, 3], { runId: 'r', signal: stop.signal });
    await expect(run).rejects.toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED' });
    const before = ran.length;
    expect((await engine.resume(workflow, 'r')).output).toEqual([0, 1, 2, 3]);
    expect(ran.slice(before)).not.toContain(0);
    expect(ran.slice(before)).not.toContain(1);
    expect(ran.slice(before)).toContain(3);
  });

  test('makes its list once: a resumed run has the recorded one', async () => {
    const store = memoryWorkflows();
    let calls = 0;
    let broken = true;
    const step = defineMapStep({
      id: 'each',
      retries: 0,
      items: (count: number) => {
        calls += 1;
        return Array.from({ length: count }, () => calls);
      },
      run(_, n) {
        if (broken) throw new Error('not today');
        return n;
      },
    });
    const workflow = defineWorkflow('w').thenStep(step).build();
    await expect(createEngine({ store }).run(workflow, 2, { runId: 'r' })).rejects.toThrow('not today');
    broken = false;
    expect((await createEngine({ store }).resume(workflow, 'r')).output).toEqual([1, 1]);
    expect(calls).toBe(1);
  });

  test('rejects a list that is not an array, and an item that is not JSON', async () => {
    const engine = createEngine({ store: memoryWorkflows() });
    const run = (items: unknown) => {
      const step = defineMapStep({ id: 'each', items: () => items as unknown[], run: () => 1 });
      return engine.run(defineWorkflow('w').thenStep(step).build(), 1);
    };
    await expect(run('abc')).rejects.toThrow('items must return an array');
    await expect(run([() => 1])).rejects.toThrow("step 'each': invalid output: 0");
  });

  test('keeps what items set in the state of the run', async () => {
    const step = defineMapStep({
      id: 'each',
      items: (numbers: readonly number[]) => numbers,
      run: ({ state }, n) => state.set(`n${n}`, n),
    });
    const last = defineStep({ id: 'last', run: ({ state }) => [state.get('n1'), state.get('n2')] });
    const engine = createEngine({ store: memoryWorkflows() });
    const { output, runId } = await engine.run(defineWorkflow('w').thenStep(step).thenStep(last).build(), [1, 2]);
    expect(output).toEqual([1, 2]);
    expect((await engine.get(runId))?.state).toEqual({ n1: 1, n2: 2 });
  });

  test('keeps no items after its end', async () => {
    const store = memoryWorkflows();
    const { runId } = await createEngine({ store }).run(defineWorkflow('w').thenStep(double).build(), [1, 2]);
    expect((await store.load(runId))?.items).toEqual([]);
  });

  test('records items that end in the same turn in one change', async () => {
    const store = memoryWorkflows();
    const changes: WorkflowChange[] = [];
    const counted: WorkflowStore = {
      ...store,
      commit(runId, fence, change) {
        changes.push(change);
        return store.commit(runId, fence, change);
      },
    };
    const numbers = Array.from({ length: 1_000 }, (_, index) => index);
    const step = defineMapStep({ id: 'each', items: () => numbers, concurrency: 100, run: (_, n) => n });
    await createEngine({ store: counted }).run(defineWorkflow('w').thenStep(step).build(), 1);
    const written = changes.flatMap(({ items = [] }) => items);
    expect(written.length).toBe(1_001);
    expect(changes.length).toBeLessThan(30);
  });

  test('marks its id in the shape of the workflow', () => {
    expect(defineWorkflow('w').thenStep(double).build().shape).toBe('"double"[]');
  });

  test('killed at any write, and again, runs no recorded item twice and loses none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(12), { maxLength: 6 }),
        async (length, concurrency, kills) => {
          const store = memoryWorkflows();
          const list = Array.from({ length }, (_, index) => index);
          const ran = new Map<number, number>();
          const workflow = counting(ran, concurrency);
          await store.create({
            ...{ runId: 'r', workflow: 'map', shape: workflow.shape, idempotencyKey: null },
            ...{ input: JSON.stringify(list), createdAt: 0, leaseUntil: 0 },
          });
          for (const writes of [...kills, Number.POSITIVE_INFINITY]) {
            const recorded =
              (await store.load('r'))?.items.filter(({ item }) => item >= 0).map(({ item }) => item) ?? [];
            const before = new Map(ran);
            const run = createEngine({ store: mortal(store, writes) }).resume(workflow, 'r', { takeOver: true });
            const end = await run.then(
              ({ output }) => output,
              () => 'dead',
            );
            if (end !== 'dead') expect(end).toEqual(list.map((n) => n * 10));
            for (const item of recorded) expect(ran.get(item)).toBe(before.get(item));
          }
          expect([...ran.keys()].sort((a, b) => a - b)).toEqual(list);
          expect((await store.load('r'))?.status).toBe('completed');
        },
      ),
      { numRuns: 60 },
    );
  });
});
