import { describe, expect, test } from 'vitest';
import { StoreError } from '../../../src/index.js';
import { createEngine, defineStep, defineWorkflow } from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import type { WorkflowChange, WorkflowStore } from '../../../src/store/index.js';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../../src/store/libsql/workflow-store.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';

const stores: Readonly<Record<string, () => WorkflowStore>> = {
  memory: memoryWorkflows,
  libsql: () => libsqlWorkflows(openDatabase(':memory:')),
  later: () => answerLater(memoryWorkflows()),
};

/** A store that answers some turns later, the later the smaller the change. */
function answerLater(store: WorkflowStore): WorkflowStore {
  return {
    ...store,
    create: async (run) => store.create(run),
    claim: async (runId, claim) => store.claim(runId, claim),
    commit: async (runId, fence, change) => {
      for (let turns = 9 - (change.steps?.length ?? 0); turns > 0; turns -= 1) await Promise.resolve();
      return store.commit(runId, fence, change);
    },
    cancel: async (runId, at) => store.cancel(runId, at),
    load: async (runId) => store.load(runId),
    list: async (filter) => store.list(filter),
  };
}

/** Steps that count how often they ran, and fail while they are told to. */
function countedSteps() {
  const ran: string[] = [];
  const failing = new Set<string>();
  const work = (id: string) => async (_: unknown, input: unknown) => {
    ran.push(id);
    if (failing.has(id)) throw new Error(`${id} broke`);
    return `${id}(${typeof input === 'object' ? Object.values(input ?? {}).join() : String(input)})`;
  };
  const make = <const Id extends string>(id: Id) => defineStep({ id, retries: 0, run: work(id) });
  const tolerant = <const Id extends string>(id: Id) =>
    defineStep({ id, retries: 0, continueOnError: true, run: work(id) });
  return { ran, failing, make, tolerant };
}

describe.for(Object.entries(stores))('on a store (%s)', ([, createStore]) => {
  test('a group of which one member failed completes when all have; the others do not run again', async () => {
    const { ran, failing, make } = countedSteps();
    const store = createStore();
    const workflow = defineWorkflow('w').thenStep(make('a')).parallel(make('b'), make('c')).thenStep(make('d')).build();
    failing.add('c');
    const { runId, result } = await createEngine({ store }).start(workflow, 1);
    await expect(result).rejects.toThrow("step 'c' failed after 1 attempt: c broke");
    failing.clear();
    ran.length = 0;
    const engine = createEngine({ store });
    await expect(engine.resume(workflow, runId)).resolves.toEqual({
      runId,
      output: 'd(b(a(1)),c(a(1)))',
      failures: [],
    });
    expect(ran).toEqual(['c', 'd']);
    expect(await engine.get(runId)).toMatchObject({ status: 'completed', output: 'd(b(a(1)),c(a(1)))', error: null });
    await expect(engine.resume(workflow, runId)).resolves.toMatchObject({ output: 'd(b(a(1)),c(a(1)))' });
    expect(ran).toEqual(['c', 'd']);
  });

  test('a group that one member had completed when its worker was lost completes when all have', async () => {
    const ran: string[] = [];
    const store = createStore();
    const finish = new Map<string, () => void>();
    const member = <const Id extends string>(id: Id) =>
      defineStep({
        id,
        run: async () => {
          ran.push(id);
          if (id !== 'b') await new Promise<void>((resolve) => finish.set(id, resolve));
          return id;
        },
      });
    const join = defineStep({
      id: 'join',
      run: (_, { b, c, d }: Readonly<Record<'b' | 'c' | 'd', string>>) => {
        ran.push('join');
        return b + c + d;
      },
    });
    const workflow = defineWorkflow('w').parallel(member('b'), member('c'), member('d')).thenStep(join).build();
    const engine = createEngine({ store });
    /** Lets everything happen that can, until the store says so. */
    const until = async (said: readonly string[]) => {
      for (;;) {
        const run = await engine.get('r');
        const steps = run?.steps.map(({ step, status }) => `${step} ${status}`) ?? [];
        if (steps.join() === said.join()) return run;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const lost = await createEngine({ store }).start(workflow, null, { runId: 'r' });
    await until(['b completed', 'c running', 'd running']);
    const endLost = [...finish.values()];
    const resumed = engine.resume(workflow, 'r', { takeOver: true });
    while (ran.length < 5) await new Promise((resolve) => setImmediate(resolve));
    finish.get('d')?.();
    const halfway = await until(['b completed', 'c running', 'd completed']);
    expect(halfway).toMatchObject({ status: 'running', output: undefined });
    expect(ran).toEqual(['b', 'c', 'd', 'c', 'd']);
    finish.get('c')?.();
    await expect(resumed).resolves.toMatchObject({ output: 'bcd' });
    expect(ran).toEqual(['b', 'c', 'd', 'c', 'd', 'join']);
    for (const end of endLost) end();
    await expect(lost.result).rejects.toMatchObject({ code: 'CHORALE_RUN_BUSY' });
    expect(ran).toHaveLength(6);
  });

  test('failures that a run survived, and choices, stay as they were', async () => {
    const { ran, failing, make, tolerant } = countedSteps();
    const store = createStore();
    let holds = true;
    const workflow = defineWorkflow('w')
      .parallel(tolerant('a'), make('b'))
      .thenStepIf(() => holds, make('yes'), make('no'))
      .thenStepIf(() => !holds, make('maybe'))
      .thenStep(make('c'))
      .build();
    failing.add('a').add('c');
    const { runId, result } = await createEngine({ store }).start(workflow, 1);
    await expect(result).rejects.toThrow("step 'c' failed");
    failing.clear();
    holds = false;
    ran.length = 0;
    const first = await createEngine({ store }).resume(workflow, runId);
    expect(ran).toEqual(['c']);
    expect(first.output).toBe('c(yes(,b(1)))');
    expect(first.failures).toEqual([{ step: 'a', error: new Error('a broke') }]);
    await expect(createEngine({ store }).resume(workflow, runId)).resolves.toEqual(first);
  });

  test('what the steps left in the state is there when the run is resumed', async () => {
    const store = createStore();
    let broken = true;
    const write = defineStep({
      id: 'write',
      run: ({ state }) => {
        state.set('kept', { n: 1 });
        state.set('gone', 1);
      },
    });
    const read = defineStep({
      id: 'read',
      retries: 0,
      run: ({ state }) => {
        state.delete('gone');
        state.set('lost', true);
        if (broken) throw new Error('broken');
        return [state.get('kept'), state.has('gone'), state.get('lost')];
      },
    });
    const show = defineStep({ id: 'show', run: ({ state }) => [state.get('kept'), state.has('gone')] });
    const workflow = defineWorkflow('w').thenStep(write).thenStep(read).thenStep(show).build();
    await expect(createEngine({ store }).run(workflow, null, { runId: 'r' })).rejects.toThrow('broken');
    expect((await createEngine({ store }).get('r'))?.state).toEqual({ kept: { n: 1 }, gone: 1 });
    broken = false;
    const { output } = await createEngine({ store }).resume(workflow, 'r');
    expect(output).toEqual([{ n: 1 }, false]);
    expect((await createEngine({ store }).get('r'))?.state).toEqual({ kept: { n: 1 }, lost: true });
  });

  test('a choice that was made is not made again for a step that failed', async () => {
    const { ran, failing, make } = countedSteps();
    const store = createStore();
    let holds = true;
    const workflow = defineWorkflow('w')
      .thenStep(make('first'))
      .thenStepIf(() => holds, make('yes'), make('no'))
      .build();
    failing.add('yes');
    const { runId, result } = await createEngine({ store }).start(workflow, 1);
    await expect(result).rejects.toThrow("step 'yes' failed");
    holds = false;
    failing.clear();
    await createEngine({ store }).resume(workflow, runId);
    expect(ran).toEqual(['first', 'yes', 'yes']);
  });

  test('cancel is kept: the run cannot be resumed, not even by another engine', async () => {
    const { ran, make } = countedSteps();
    const store = createStore();
    const engine = createEngine({ store });
    let stop: (() => void) | undefined;
    const begun = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const wait = defineStep({
      id: 'wait',
      run: ({ signal }, _: string) =>
        new Promise<string>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          stop?.();
        }),
    });
    const workflow = defineWorkflow('w').thenStep(make('a')).thenStep(wait).build();
    const { runId, result } = await engine.start(workflow, 1);
    await begun;
    expect(await engine.cancel(runId, { reason: new Error('not needed') })).toBe('cancelled');
    await expect(result).rejects.toMatchObject({
      code: 'CHORALE_WORKFLOW_CANCELLED',
      forGood: true,
      message: `workflow 'w' run ${runId}: cancelled: not needed`,
    });
    const restarted = createEngine({ store });
    const run = await restarted.get(runId);
    expect(run).toMatchObject({ status: 'cancelled', cancelRequested: true });
    expect(run?.steps.map(({ step, status }) => `${step} ${status}`)).toEqual(['a completed', 'wait cancelled']);
    await expect(restarted.resume(workflow, runId)).rejects.toMatchObject({ forGood: true });
    await expect(restarted.resume(workflow, runId, { takeOver: true })).rejects.toThrow('cancelled for good');
    expect(await restarted.cancel(runId)).toBe('cancelled');
    expect(ran).toEqual(['a']);
  });

  test('a run that its signal stopped can be resumed', async () => {
    const { ran, make } = countedSteps();
    const store = createStore();
    const stop = new AbortController();
    const last = defineStep({
      id: 'last',
      run: ({ signal }, text: string) => {
        if (stop.signal.aborted) return `${text}!`;
        stop.abort(new Error('enough'));
        return Promise.reject(signal.reason);
      },
    });
    const workflow = defineWorkflow('w').thenStep(make('a')).thenStep(last).build();
    const engine = createEngine({ store });
    const { runId, result } = await engine.start(workflow, 1, { signal: stop.signal });
    await expect(result).rejects.toMatchObject({ forGood: false, cause: new Error('enough') });
    expect(await engine.get(runId)).toMatchObject({ status: 'cancelled', cancelRequested: false });
    await expect(engine.resume(workflow, runId)).resolves.toMatchObject({ output: 'a(1)!' });
    expect(ran).toEqual(['a']);
  });

  test('a run that is stopped when its last step is done is done', async () => {
    const stop = new AbortController();
    const last = defineStep({
      id: 'last',
      run: () => {
        stop.abort(new Error('too late'));
        return 'done';
      },
    });
    const engine = createEngine({ store: createStore() });
    await expect(
      engine.run(defineWorkflow('w').thenStep(last).build(), null, { signal: stop.signal }),
    ).resolves.toMatchObject({ output: 'done' });
  });

  test('one key is one run: it is joined, repeated, or gone on with', async () => {
    const { ran, failing, make } = countedSteps();
    const store = createStore();
    const engine = createEngine({ store });
    const workflow = defineWorkflow('w').thenStep(make('a')).build();
    const options = { idempotencyKey: 'k' };
    const [one, two] = await Promise.all([engine.start(workflow, 1, options), engine.start(workflow, 1, options)]);
    expect([one.created, two.created, two.runId]).toEqual([true, false, one.runId]);
    expect(await two.result).toEqual(await one.result);
    await expect(engine.run(workflow, 1, options)).resolves.toEqual(await one.result);
    expect(ran).toEqual(['a']);
    await expect(engine.run(workflow, 2, options)).rejects.toThrow(
      `workflow 'w' run ${one.runId}: it was started with another input under the same key or id`,
    );
    failing.add('a');
    await expect(engine.run(workflow, 1, { idempotencyKey: 'bad' })).rejects.toThrow("step 'a' failed");
    await expect(engine.run(workflow, 1, { idempotencyKey: 'bad' })).rejects.toThrow(
      "it has failed before: step 'a' failed after 1 attempt: a broke",
    );
  });

  test('runs are listed, the newest first', async () => {
    const { make } = countedSteps();
    const store = createStore();
    const engine = createEngine({ store: { workflows: store } });
    const workflow = defineWorkflow('w').thenStep(make('a')).build();
    const ids: string[] = [];
    for (const n of [1, 2, 3]) ids.unshift((await engine.run(workflow, n)).runId);
    const idsOf = async (options?: Parameters<typeof engine.list>[0]) =>
      (await engine.list(options)).map(({ runId }) => runId);
    expect(await idsOf()).toEqual(ids);
    expect(await idsOf({ workflow: 'w', status: 'completed', limit: 1, before: ids[0] })).toEqual([ids[1]]);
    expect(await idsOf({ status: 'failed' })).toEqual([]);
    await expect(engine.resume(workflow, 'nobody')).rejects.toThrow(
      `unknown workflow run: nobody (newest: ${ids.join(', ')})`,
    );
    await expect(engine.cancel('nobody')).rejects.toThrow('unknown workflow run: nobody');
    expect(await engine.get('nobody')).toBeUndefined();
    await expect(createEngine({ store: createStore() }).cancel('x')).rejects.toThrow('x (the store has none)');
  });
});

describe('a run that does not fit', () => {
  test('is refused, and says why', async () => {
    const { failing, make } = countedSteps();
    const engine = createEngine({ store: memoryWorkflows() });
    const workflow = defineWorkflow('w').thenStep(make('a')).build();
    failing.add('a');
    await engine.run(workflow, 1, { runId: 'r' }).catch(() => {});
    const other = defineWorkflow('other').thenStep(make('a')).build();
    await expect(engine.resume(other, 'r')).rejects.toThrow("workflow 'other' run r: it is a run of workflow 'w'");
    const longer = defineWorkflow('w').thenStep(make('a')).thenStep(make('b')).build();
    await expect(engine.resume(longer, 'r')).rejects.toThrow(
      `workflow 'w' run r: it was started with the steps "a", but the workflow now has "a" > "b"`,
    );
  });
});

describe('two workers', () => {
  /** A worker in the middle of a step, which ends when it is told to. */
  async function waiting(store: WorkflowStore, clock = createManualClock()) {
    const steps: ((value: string) => void)[] = [];
    const told: (() => void)[] = [];
    const observer = createRecordingObserver();
    const wait = defineStep({
      id: 'wait',
      timeoutMs: Number.POSITIVE_INFINITY,
      run: ({ signal }, _n: number) =>
        new Promise<string>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          steps.push(resolve);
          for (const tell of told) tell();
        }),
    });
    const workflow = defineWorkflow('w').thenStep(wait).build();
    const engine = createEngine({ store, leaseMs: 15_000, runtime: clock, observer });
    const begun = new Promise<void>((resolve) => told.push(resolve));
    const started = await engine.start(workflow, 1);
    await begun;
    return { clock, engine, workflow, steps, observer, ...started };
  }

  test('do not have a run at once, until the lease has run out', async () => {
    const store = memoryWorkflows();
    const clock = createManualClock({ epochMs: Date.UTC(2026, 0, 1) });
    const { workflow, runId, engine, steps, result } = await waiting(store, clock);
    const other = createEngine({ store, leaseMs: 15_000, runtime: clock });
    await expect(engine.resume(workflow, runId)).rejects.toThrow(`run ${runId}: this engine is running it`);
    await expect(other.resume(workflow, runId)).rejects.toThrow(
      `workflow 'w' run ${runId}: another worker has it until at least 2026-01-01T00:00:15.000Z; wait, or pass takeOver: true`,
    );
    await clock.advance(60_000);
    await expect(other.resume(workflow, runId)).rejects.toMatchObject({ code: 'CHORALE_RUN_BUSY' });
    steps[0]?.('first');
    await expect(result).resolves.toMatchObject({ output: 'first' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('do not have a resumed run at once, either', async () => {
    const store = bound(memoryWorkflows());
    const { claim } = store;
    const leases: number[] = [];
    store.claim = (id, request) => {
      leases.push(request.leaseUntil - request.at);
      return claim(id, request);
    };
    const clock = createManualClock();
    const { workflow, runId, steps, result } = await waiting(store, clock);
    const second = createEngine({ store, leaseMs: 15_000, runtime: clock }).resume(workflow, runId, { takeOver: true });
    while (steps.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(leases).toEqual([15_000]);
    const third = createEngine({ store, leaseMs: 15_000, runtime: clock }).resume(workflow, runId);
    await expect(third).rejects.toMatchObject({ code: 'CHORALE_RUN_BUSY' });
    steps[1]?.('of the second');
    await expect(second).resolves.toMatchObject({ output: 'of the second' });
    steps[0]?.('of the first');
    await expect(result).rejects.toMatchObject({ code: 'CHORALE_RUN_BUSY' });
  });

  test('a stale one never overwrites what the other recorded', async () => {
    const store = memoryWorkflows();
    const { workflow, runId, steps, result } = await waiting(store);
    const other = createEngine({ store, leaseMs: 15_000, runtime: createManualClock() });
    const resumed = other.resume(workflow, runId, { takeOver: true });
    while (steps.length < 2) await new Promise((resolve) => setImmediate(resolve));
    steps[1]?.('of the second');
    await expect(resumed).resolves.toMatchObject({ output: 'of the second' });
    steps[0]?.('of the first');
    await expect(result).rejects.toMatchObject({
      code: 'CHORALE_RUN_BUSY',
      message: `workflow 'w' run ${runId}: another worker has taken it over`,
    });
    expect(await other.get(runId)).toMatchObject({ status: 'completed', output: 'of the second' });
  });

  test('a stale one is stopped at its next renewal', async () => {
    const store = memoryWorkflows();
    const { workflow, runId, steps, result, clock, observer } = await waiting(store);
    const other = createEngine({ store, leaseMs: 15_000, runtime: createManualClock() });
    const resumed = other.resume(workflow, runId, { takeOver: true });
    while (steps.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const failure = result.catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(String(await failure)).toContain('another worker has taken it over');
    expect(observer.events.at(-1)?.data).toMatchObject({ status: 'failed', error_type: 'CHORALE_RUN_BUSY' });
    expect(clock.pendingTimers).toBe(0);
    steps[1]?.('x');
    await resumed;
  });

  test('a run cancelled elsewhere is stopped at its next renewal', async () => {
    const store = memoryWorkflows();
    const { runId, result, clock } = await waiting(store);
    await createEngine({ store }).cancel(runId);
    const failure = result.catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await failure).toMatchObject({ code: 'CHORALE_WORKFLOW_CANCELLED', forGood: true });
  });

  test('a renewal that fails is tried again', async () => {
    const store = memoryWorkflows();
    const flaky = { ...bound(store), failures: 0 };
    const commit = flaky.commit;
    flaky.commit = (runId, fence, change) => {
      if (!change.steps && !change.run && flaky.failures++ === 0) throw new Error('busy');
      return commit(runId, fence, change);
    };
    const { result, clock, steps } = await waiting(flaky);
    await clock.advance(10_000);
    expect(flaky.failures).toBe(2);
    steps[0]?.('done');
    await expect(result).resolves.toMatchObject({ output: 'done' });
  });
});

function bound(store: WorkflowStore): WorkflowStore {
  return {
    create: store.create.bind(store),
    claim: store.claim.bind(store),
    commit: store.commit.bind(store),
    cancel: store.cancel.bind(store),
    delete: store.delete.bind(store),
    prune: store.prune.bind(store),
    load: store.load.bind(store),
    list: store.list.bind(store),
  };
}

describe('a store that fails', () => {
  /** A store that fails at writes of one kind. */
  function failingAt(isFatal: (change: WorkflowChange) => boolean) {
    const store = bound(memoryWorkflows());
    const broken = { ...store, down: true };
    broken.commit = (runId, fence, change) => {
      if (broken.down && isFatal(change)) throw new StoreError('runs.db', 'the disk is full', 'make room');
      return store.commit(runId, fence, change);
    };
    return broken;
  }
  const completes = (id: string) => (change: WorkflowChange) =>
    change.steps?.some(({ step, status }) => step === id && status === 'completed') === true;

  test('at a completion: it is not reported as done, and the step runs again', async () => {
    const { ran, make } = countedSteps();
    const store = failingAt(completes('b'));
    const observer = createRecordingObserver();
    const engine = createEngine({ store, observer });
    const workflow = defineWorkflow('w').thenStep(make('a')).thenStep(make('b')).build();
    const { runId, result } = await engine.start(workflow, 1);
    await expect(result).rejects.toMatchObject({
      code: 'CHORALE_WORKFLOW',
      step: 'b',
      message: `workflow 'w' run ${runId}: what step 'b' did could not be recorded: runs.db: the disk is full; make room`,
    });
    expect(observer.ofType('workflow.step.complete').map(({ data }) => [data.step, data.status, data.error])).toEqual([
      ['a', 'completed', false],
      ['b', 'failed', true],
    ]);
    expect(observer.ofType('workflow.complete').map(({ data }) => data.status)).toEqual(['failed']);
    expect((await engine.get(runId))?.steps.map(({ status }) => status)).toEqual(['completed', 'running']);
    store.down = false;
    // The lease was given back.
    await expect(createEngine({ store }).resume(workflow, runId)).resolves.toMatchObject({ output: 'b(a(1))' });
    expect(ran).toEqual(['a', 'b', 'b']);
  });

  test('at a member of a group: the siblings are stopped', async () => {
    const { make } = countedSteps();
    const store = failingAt(completes('a'));
    const sibling = defineStep({
      id: 'sibling',
      run: ({ signal }, _n: unknown) =>
        new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    const workflow = defineWorkflow('w').parallel(make('a'), sibling).build();
    const failure = await createEngine({ store })
      .run(workflow, 1)
      .catch((error: unknown) => error);
    expect(String(failure)).toContain("what step 'a' did could not be recorded");
  });

  test('at the beginning, the middle or the end of a step, and at creation', async () => {
    const { make } = countedSteps();
    const workflow = defineWorkflow('w').thenStep(make('a')).build();
    const run = (store: WorkflowStore) => createEngine({ store }).run(workflow, 1, { runId: 'r' });
    const begins = failingAt((change) => change.steps?.[0]?.status === 'running');
    await expect(run(begins)).rejects.toThrow("workflow 'w' run r: its progress could not be recorded: runs.db");
    const creates = bound(memoryWorkflows());
    creates.create = () => {
      throw new StoreError('runs.db', 'the disk is full', 'make room');
    };
    await expect(run(creates)).rejects.toThrow(StoreError);
    const always = failingAt(() => true);
    await expect(run(always)).rejects.toThrow('its progress could not be recorded');
  });

  test('between two attempts: the step has its end, and is not tried again', async () => {
    for (const fatal of ['retrying', 'running'] as const) {
      const { ran, failing } = countedSteps();
      const step = defineStep({
        id: 's',
        retryDelayMs: 0,
        run: () => {
          ran.push('s');
          throw new Error('s broke');
        },
      });
      failing.add('s');
      let writes = 0;
      const store = failingAt(
        (change) => change.steps?.[0]?.status === fatal && writes++ > (fatal === 'running' ? 0 : -1),
      );
      const observer = createRecordingObserver();
      const running = createEngine({ store, observer }).run(defineWorkflow('w').thenStep(step).build(), 1);
      await expect(running).rejects.toThrow("what step 's' did could not be recorded");
      expect(ran).toEqual(['s']);
      expect(observer.types().filter((type) => type !== 'workflow.step.retry')).toEqual([
        'workflow.start',
        'workflow.step.start',
        'workflow.step.complete',
        'workflow.complete',
      ]);
    }
  });

  test('a step that is recorded as begun when its run is stopped is recorded as cancelled', async () => {
    const { make } = countedSteps();
    const stop = new AbortController();
    const store = bound(memoryWorkflows());
    const { commit } = store;
    store.commit = async (runId, fence, change) => {
      const answer = await commit(runId, fence, change);
      if (completes('a')(change)) stop.abort(new Error('now'));
      return answer;
    };
    const observer = createRecordingObserver();
    const engine = createEngine({ store, observer });
    const workflow = defineWorkflow('w').thenStep(make('a')).thenStep(make('b')).build();
    await expect(engine.run(workflow, 1, { runId: 'r', signal: stop.signal })).rejects.toThrow('cancelled: now');
    const run = await engine.get('r');
    expect(run?.steps.map(({ step, status }) => `${step} ${status}`)).toEqual(['a completed', 'b cancelled']);
    const count = (type: string) => observer.types().filter((one) => one === type).length;
    expect(count('workflow.step.start')).toBe(count('workflow.step.complete'));
  });

  test('that has lost or ended the run is told so', async () => {
    const { make } = countedSteps();
    const workflow = defineWorkflow('w').thenStep(make('a')).build();
    for (const [answer, message] of [
      ['unknown', 'unknown workflow run: r'],
      ['finished', "workflow 'w' run r: it has ended meanwhile"],
    ] as const) {
      const store = bound(memoryWorkflows());
      store.commit = () => answer;
      await expect(createEngine({ store }).run(workflow, 1, { runId: 'r' })).rejects.toThrow(message);
    }
  });

  test('with a record that cannot be read', async () => {
    const { make, failing } = countedSteps();
    const store = bound(memoryWorkflows());
    const workflow = defineWorkflow('w').thenStep(make('a')).thenStep(make('b')).build();
    failing.add('b');
    await createEngine({ store })
      .run(workflow, 1, { runId: 'r' })
      .catch(() => {});
    const { claim } = store;
    store.claim = async (runId, request) => {
      const answer = await claim(runId, request);
      return answer && { ...answer, run: { ...answer.run, input: '{' } };
    };
    await expect(createEngine({ store }).resume(workflow, 'r')).rejects.toThrow(
      "workflow 'w' run r: could not continue: ",
    );
  });
});

test('the result of a started run may be left alone', async () => {
  const { make, failing } = countedSteps();
  failing.add('a');
  const engine = createEngine({ store: memoryWorkflows() });
  const { runId } = await engine.start(defineWorkflow('w').thenStep(make('a')).build(), 1);
  for (let status = 'pending'; status !== 'failed'; status = (await engine.get(runId))?.status ?? 'gone') {
    await new Promise((resolve) => setImmediate(resolve));
  }
});
