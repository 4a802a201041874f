import { describe, expect, test } from 'vitest';
import {
  createEngine,
  defineStep,
  defineWorkflow,
  RunBusyError,
  type Workflow,
} from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import type { WorkflowStore } from '../../../src/store/index.js';
import { createManualClock, type ManualClock } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';

expectNothingUnhandled();

const leaseMs = 1_000;

/** A process of its own: when its clock stands still, it is dead. */
function processAt(store: WorkflowStore, epochMs: number, workflows: readonly Workflow<never, unknown>[] = []) {
  const runtime = createManualClock({ epochMs });
  return { runtime, engine: createEngine({ store, runtime, leaseMs, workflows }) };
}

const hang = () => new Promise<never>(() => {});

/** Two steps, the second of which hangs while `hangs()`. */
function twoSteps(hangs: () => boolean, ran: string[] = []) {
  const first = defineStep({
    id: 'first',
    run: (_, n: number) => {
      ran.push('first');
      return n + 1;
    },
  });
  const second = defineStep({
    id: 'second',
    run: (_, n: number): number | Promise<number> => {
      ran.push('second');
      return hangs() ? hang() : n * 10;
    },
  });
  return defineWorkflow('w').thenStep(first).thenStep(second).build();
}

/** Lets everything go as far as it can without time. */
async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('engine.recover', () => {
  test('resumes what a dead process left open, the oldest first, and runs no completed step again', async () => {
    const store = memoryWorkflows();
    const ran: string[] = [];
    let hangs = true;
    const workflow = twoSteps(() => hangs, ran);
    const first = processAt(store, 0);
    for (const runId of ['a', 'b']) await first.engine.start(workflow, 1, { runId });
    await settle();
    hangs = false;
    const second = processAt(store, leaseMs, [workflow]);
    const { resumed, dead, skipped } = await second.engine.recover();
    expect(resumed.map(({ runId, created }) => [runId, created])).toEqual([
      ['a', false],
      ['b', false],
    ]);
    expect(await Promise.all(resumed.map(({ result }) => result))).toMatchObject([{ output: 20 }, { output: 20 }]);
    expect([dead, skipped]).toEqual([[], []]);
    expect(ran.filter((step) => step === 'first')).toHaveLength(2);
  });

  test('leaves alone what another worker has, what is over or paused, and runs of other workflows', async () => {
    const store = memoryWorkflows();
    const workflow = twoSteps(() => true);
    const ask = defineWorkflow('ask')
      .thenStep(defineStep({ id: 's', run: ({ pause }) => pause('?') }))
      .build();
    const done = defineWorkflow('done')
      .thenStep(defineStep({ id: 's', run: () => 1 }))
      .build();
    const other = defineWorkflow('other')
      .thenStep(defineStep({ id: 's', run: hang }))
      .build();
    const first = processAt(store, 0);
    await first.engine.start(workflow, 1, { runId: 'held' });
    await first.engine.start(other, null, { runId: 'other' });
    await first.engine.run(done, null);
    await first.engine.run(ask, null).catch(() => {});
    await settle();
    const known = [workflow, ask, done];
    expect((await processAt(store, leaseMs - 1, known).engine.recover()).resumed).toEqual([]);
    const { resumed } = await processAt(store, leaseMs - 1, known).engine.recover({ takeOver: true });
    expect(resumed.map(({ runId }) => runId)).toEqual(['held']);
  });

  test('leaves alone what this engine runs already', async () => {
    const store = memoryWorkflows();
    const workflow = twoSteps(() => true);
    const { engine } = processAt(store, 0, [workflow]);
    await engine.start(workflow, 1, { runId: 'r' });
    await settle();
    expect((await engine.recover({ takeOver: true })).resumed).toEqual([]);
    expect((await store.load('r'))?.fence).toBe(1);
  });

  test('declares a run dead whose process ends at the same step again and again', async () => {
    const store = memoryWorkflows();
    let hangs = true;
    const workflow = twoSteps(() => hangs);
    await processAt(store, 0).engine.start(workflow, 1, { runId: 'r', idempotencyKey: 'k' });
    await settle();
    // The first step was progress: the second may begin three times.
    for (let life = 1; life <= 3; life += 1) {
      const { engine } = processAt(store, life * leaseMs, [workflow]);
      expect((await engine.recover({ maxAttempts: 3 })).resumed).toHaveLength(1);
      await settle();
    }
    const { engine } = processAt(store, 4 * leaseMs, [workflow]);
    expect(await engine.recover({ maxAttempts: 3 })).toEqual({ resumed: [], dead: ['r'], skipped: [] });
    expect(await engine.list({ status: 'dead' })).toMatchObject([
      { runId: 'r', error: { message: 'its process ended 3 times without progress' } },
    ]);
    expect(await engine.recover()).toEqual({ resumed: [], dead: [], skipped: [] });
    await expect(engine.run(workflow, 1, { idempotencyKey: 'k' })).rejects.toThrow(
      'it is dead; resume begins it again',
    );
    expect(await engine.cancel('r')).toBe('dead');
    hangs = false;
    expect((await engine.resume(workflow, 'r')).output).toBe(20);
  });

  test('counts the start of a run before its work begins', async () => {
    const store = memoryWorkflows();
    const workflow = defineWorkflow('w')
      .thenStep(defineStep({ id: 's', run: hang }))
      .build();
    await processAt(store, 0).engine.start(workflow, null, { runId: 'r' });
    expect((await processAt(store, leaseMs, [workflow]).engine.recover({ maxAttempts: 1 })).dead).toEqual(['r']);
  });

  test('skips a run whose workflow has another shape now, and says why', async () => {
    const store = memoryWorkflows();
    await processAt(store, 0).engine.start(
      twoSteps(() => true),
      1,
      { runId: 'r' },
    );
    const changed = defineWorkflow('w')
      .thenStep(defineStep({ id: 'only', run: () => 1 }))
      .build();
    const { skipped } = await processAt(store, leaseMs, [changed]).engine.recover();
    expect(skipped).toMatchObject([{ runId: 'r', error: { code: 'CHORALE_RUN_MISMATCH' } }]);
    expect((await store.load('r'))?.fence).toBe(1);
  });

  test('finds all of many runs', async () => {
    const store = memoryWorkflows();
    const workflow = twoSteps(() => false);
    for (let n = 0; n < 250; n += 1) {
      await store.create({
        ...{ runId: `r${n}`, workflow: 'w', shape: workflow.shape, idempotencyKey: null },
        ...{ input: '1', createdAt: n, leaseUntil: 0 },
      });
    }
    const { resumed } = await createEngine({ store, workflows: [workflow] }).recover({ concurrency: 100 });
    expect(resumed.map(({ runId }) => runId)).toEqual(Array.from({ length: 250 }, (_, n) => `r${n}`));
    await Promise.all(resumed.map(({ result }) => result));
  });

  describe('of more runs than run at once', () => {
    /** Runs `r0`, `r1`, … whose process died; each waits until it is let go. */
    function backlog(runs: number) {
      const store = memoryWorkflows();
      const letGo = new Map<string, () => void>();
      const began: string[] = [];
      let [running, most] = [0, 0];
      const step = defineStep({
        id: 's',
        run: async ({ runId, signal }) => {
          began.push(runId);
          running += 1;
          most = Math.max(most, running);
          await new Promise<void>((resolve, reject) => {
            letGo.set(runId, resolve);
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
          running -= 1;
          return runId;
        },
      });
      const workflow = defineWorkflow('w').thenStep(step).build();
      const add = (runId: string) =>
        store.create({
          ...{ runId, workflow: 'w', shape: workflow.shape, idempotencyKey: null },
          ...{ input: 'null', createdAt: 0, leaseUntil: 0 },
        });
      for (let n = 0; n < runs; n += 1) void add(`r${n}`);
      return { store, workflow, began, letGo, most: () => most };
    }

    test('a bounded number runs at once, the oldest first; recover does not wait for them', async () => {
      const { store, workflow, began, letGo, most } = backlog(7);
      const { resumed } = await processAt(store, leaseMs, [workflow]).engine.recover({ concurrency: 2 });
      expect(resumed.map(({ runId }) => runId)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6']);
      for (let n = 0; n < 7; n += 1) {
        await settle();
        expect(began).toHaveLength(Math.min(7, n + 2));
        letGo.get(`r${n}`)?.();
        expect(await resumed[n]?.result).toMatchObject({ output: `r${n}` });
      }
      expect([began, most()]).toEqual([['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6'], 2]);
    });

    test('as many run at once as items of other functions by default, and all with Infinity', async () => {
      for (const [options, expected] of [
        [{}, 8],
        [{ concurrency: Number.POSITIVE_INFINITY }, 20],
      ] as const) {
        const { store, workflow, began, letGo } = backlog(20);
        const { resumed } = await processAt(store, leaseMs, [workflow]).engine.recover(options);
        await settle();
        expect(began).toHaveLength(expected);
        for (let n = 0; n < 20; n += 1) {
          await settle();
          for (const end of letGo.values()) end();
        }
        await Promise.all(resumed.map(({ result }) => result));
      }
    });

    test('a run that waits for its turn is not leased, and is found dead at once', async () => {
      const { store, workflow, letGo } = backlog(4);
      const { resumed, dead } = await processAt(store, leaseMs, [workflow]).engine.recover({ concurrency: 1 });
      expect([resumed.length, dead]).toEqual([4, []]);
      await settle();
      expect(await store.load('r3')).toMatchObject({ status: 'pending', fence: 1 });
      const second = await processAt(store, leaseMs, [workflow]).engine.recover({ concurrency: 1, maxAttempts: 1 });
      expect(second).toMatchObject({ resumed: [], dead: ['r1', 'r2', 'r3'] });
      letGo.get('r0')?.();
      await resumed[0]?.result;
      for (const { result } of resumed.slice(1)) await expect(result).rejects.toThrow('it is dead');
    });

    test('a run that another process begins first is rejected, or gives its result', async () => {
      const { store, workflow, letGo } = backlog(3);
      const { resumed } = await processAt(store, leaseMs, [workflow]).engine.recover({ concurrency: 1 });
      const other = await processAt(store, leaseMs, [workflow]).engine.recover();
      expect(other.resumed.map(({ runId }) => runId)).toEqual(['r1', 'r2']);
      await settle();
      letGo.get('r1')?.();
      expect(await other.resumed[0]?.result).toMatchObject({ output: 'r1' });
      letGo.get('r0')?.();
      expect(await resumed[1]?.result).toMatchObject({ output: 'r1' });
      await expect(resumed[2]?.result).rejects.toThrow(RunBusyError);
      letGo.get('r2')?.();
      expect(await other.resumed[1]?.result).toMatchObject({ output: 'r2' });
    });

    test.for(['signal', 'engine'] as const)('none begins after the end of the %s', async (what) => {
      const { store, workflow, began } = backlog(3);
      const stop = new AbortController();
      const { engine } = processAt(store, leaseMs, [workflow]);
      const { resumed } = await engine.recover({ concurrency: 1, signal: stop.signal });
      await settle();
      if (what === 'signal') stop.abort(new Error('enough'));
      else void engine[Symbol.asyncDispose]();
      for (const { result } of resumed)
        await expect(result).rejects.toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED' });
      expect(began).toEqual(['r0']);
      expect(await store.load('r2')).toMatchObject({ status: 'pending', fence: 1 });
    });

    test('the number must be one', async () => {
      const { store, workflow } = backlog(1);
      const { engine } = processAt(store, leaseMs, [workflow]);
      await expect(engine.recover({ concurrency: 0 })).rejects.toThrow('option concurrency must be a whole number');
      // @ts-expect-error it has no such option
      await expect(engine.recover({ concurency: 1 })).rejects.toThrow("did you mean 'concurrency'?");
    });
  });

  test('is rejected by an engine that knows no workflows', async () => {
    await expect(createEngine({ store: memoryWorkflows() }).recover()).rejects.toThrow(
      'option workflows must be given',
    );
  });
});

describe('wait', () => {
  /** Lets time pass for all processes, in steps of less than a renewal. */
  async function pass(clocks: readonly ManualClock[], ms: number) {
    for (let passed = 0; passed < ms; passed += 50) {
      for (const clock of clocks) await clock.advance(50);
      await settle();
    }
  }

  test('gives a second process the result of the first, which nobody else runs', async () => {
    const store = memoryWorkflows();
    let finish = (_: number) => {};
    let calls = 0;
    const step = defineStep({
      id: 's',
      timeoutMs: Number.POSITIVE_INFINITY,
      run: () => {
        calls += 1;
        return new Promise<number>((resolve) => {
          finish = resolve;
        });
      },
    });
    const workflow = defineWorkflow('w').thenStep(step).build();
    const [first, second] = [processAt(store, 0), processAt(store, 0)];
    await first.engine.start(workflow, null, { idempotencyKey: 'k' });
    await settle();
    await expect(second.engine.run(workflow, null, { idempotencyKey: 'k' })).rejects.toThrow(RunBusyError);
    const { created, result } = await second.engine.start(workflow, null, { idempotencyKey: 'k', wait: true });
    expect(created).toBe(false);
    await pass([first.runtime, second.runtime], 3 * leaseMs);
    finish(7);
    await pass([first.runtime, second.runtime], 300);
    expect((await result).output).toBe(7);
    expect(calls).toBe(1);
  });

  test('takes the run over when the first process is dead', async () => {
    const store = memoryWorkflows();
    let hangs = true;
    const workflow = twoSteps(() => hangs);
    await processAt(store, 0).engine.start(workflow, 1, { runId: 'r' });
    await settle();
    hangs = false;
    const second = processAt(store, 0);
    const { result } = await second.engine.start(workflow, 1, { runId: 'r', wait: true });
    await pass([second.runtime], leaseMs + 300);
    expect((await result).output).toBe(20);
  });

  test('rejects when the run fails or is cancelled elsewhere, and runs it no more', async () => {
    const store = memoryWorkflows();
    let fail = (_: Error) => {};
    const step = defineStep({
      id: 's',
      retries: 0,
      run: () => {
        return new Promise<number>((_, reject) => {
          fail = reject;
        });
      },
    });
    const workflow = defineWorkflow('w').thenStep(step).build();
    const ends = {
      failed: ['CHORALE_WORKFLOW', () => fail(new Error('no'))],
      cancelled: ['CHORALE_WORKFLOW_CANCELLED', () => createEngine({ store }).cancel('cancelled')],
    } as const;
    for (const [runId, [code, end]] of Object.entries(ends)) {
      const second = processAt(store, 0);
      await processAt(store, 0).engine.start(workflow, null, { runId });
      await settle();
      const { result } = await second.engine.start(workflow, null, { runId, wait: true });
      void end();
      await pass([second.runtime], 300);
      await expect(result).rejects.toMatchObject({ code });
      expect((await store.load(runId))?.fence).toBe(1);
    }
  });

  test('ends with its signal, and the run of the other process does not', async () => {
    const store = memoryWorkflows();
    const workflow = twoSteps(() => true);
    await processAt(store, 0).engine.start(workflow, 1, { runId: 'r' });
    await settle();
    const stop = new AbortController();
    const second = processAt(store, 0);
    const result = second.engine.resume(workflow, 'r', { wait: true, signal: stop.signal });
    await settle();
    stop.abort(new Error('enough'));
    await expect(result).rejects.toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED', forGood: false });
    expect(second.runtime.pendingTimers).toBe(0);
    expect((await store.load('r'))?.status).toBe('running');
  });

  test('joins a run of the same engine', async () => {
    const { engine } = processAt(memoryWorkflows(), 0);
    let finish = () => {};
    const step = defineStep({
      id: 's',
      run: () => {
        return new Promise<number>((resolve) => {
          finish = () => resolve(1);
        });
      },
    });
    const workflow = defineWorkflow('w').thenStep(step).build();
    await engine.start(workflow, null, { runId: 'r' });
    await settle();
    const joined = engine.resume(workflow, 'r', { wait: true });
    await settle();
    finish();
    expect((await joined).output).toBe(1);
  });
});
