import { describe, expect, it } from 'vitest';
import {
  and,
  Conductor,
  createEngine,
  createHub,
  defineStep,
  defineWorkflow,
  keyExists,
  memoryStore,
  not,
  or,
  StateGraph,
  WorkflowCancelledError,
} from '../../src/orchestration/index.js';
import { memoryRunStore } from '../../src/store/index.js';
import { createManualClock } from '../../src/testing/manual-clock.js';

describe('the pauses between attempts', () => {
  it.each([
    ['none', [0, 0, 0]],
    ['fixed', [0, 100, 200]],
    ['linear', [0, 100, 300]],
    ['exponential', [0, 100, 300]],
  ] as const)('of the backoff %s are as its name says', async (backoff, startedAt) => {
    const runtime = createManualClock();
    const started: number[] = [];
    const run = () => {
      started.push(runtime.now());
      throw new Error('no');
    };
    const step = defineStep({ id: 'a', run, retries: 2, backoff, retryDelayMs: 100 });
    const result = createEngine({ store: memoryStore(), runtime })
      .run(defineWorkflow('w').thenStep(step).build(), undefined)
      .catch(() => {});
    await runtime.advance(1_000);
    await result;
    expect(started.map((at) => at - (started[0] ?? 0))).toEqual(startedAt);
  });
});

describe('a node of a graph', () => {
  const graphOf = (checkpoints?: { store: ReturnType<typeof memoryStore>; preserve: boolean }) =>
    new StateGraph<{ count: number; note?: string | undefined }>({ name: 'g', checkpoints })
      .addNode('partial', (state) => ({ count: state.get('count') + 1 }))
      .addNode('later', async () => ({ note: undefined }))
      .addNode('end', (state) => state)
      .addEdge('partial', 'later', async (state) => state.get('count') === 2)
      .addEdge('partial', 'end')
      .addEdge('later', 'end')
      .setEntryPoint('partial')
      .setExitPoint('end')
      .compile();

  it('may return the keys that change, and a predicate may be asynchronous', async () => {
    expect((await graphOf().run({ count: 1 })).path).toEqual(['partial', 'later', 'end']);
    const { state, path } = await graphOf().run({ count: 5, note: 'stays' });
    expect(path).toEqual(['partial', 'end']);
    expect(state.data).toEqual({ count: 6, note: 'stays' });
  });

  it('may set a key to undefined where there are checkpoints: it is absent afterwards, as in any JSON', async () => {
    const graph = graphOf({ store: memoryStore(), preserve: true });
    const { runId, state } = await graph.run({ count: 1, note: 'gone' });
    expect((await graph.stateAt(runId)).data).toEqual({ count: 2 });
    expect([Object.keys(state.data), state.has('note')]).toEqual([['count'], false]);
  });
});

describe('predicates that are joined', () => {
  const yes = async () => true;
  const no = async () => false;
  const graph = (predicate: () => boolean | PromiseLike<boolean>) =>
    new StateGraph({ name: 'g' })
      .addNode('a', (state) => state)
      .addNode('yes', (state) => state)
      .addNode('no', (state) => state)
      .addEdge('a', 'yes', predicate)
      .addEdge('a', 'no')
      .setEntryPoint('a')
      .setExitPoint('yes')
      .setExitPoint('no')
      .compile()
      .run({})
      .then(({ exitPoint }) => exitPoint);

  it.each([
    ['not(yes)', not(yes), 'no'],
    ['not(no)', not(no), 'yes'],
    ['and(yes, yes)', and(yes, yes), 'yes'],
    ['and(yes, no)', and(yes, no), 'no'],
    ['and(no, yes)', and(no, yes), 'no'],
    ['or(no, yes)', or(no, yes), 'yes'],
    ['or(no, no)', or(no, no), 'no'],
    ['or(keyExists, yes)', or(keyExists('nothing'), yes), 'yes'],
  ])('%s may be asynchronous', async (_, predicate, exit) => {
    expect(await graph(predicate as () => Promise<boolean>)).toBe(exit);
  });

  it('fail the run as the predicate of an edge when they reject', async () => {
    await expect(graph(() => Promise.reject(new Error('down')))).rejects.toThrow("the predicate of edge 'a' -> 'yes'");
  });
});

describe('a workflow', () => {
  it('finds the run of a key also when the keys of the input are in another order', async () => {
    const engine = createEngine({ store: memoryStore() });
    const echo = defineStep({ id: 'echo', run: (_, input: object) => input });
    const workflow = defineWorkflow('w').thenStep(echo).build();
    const first = await engine.run(workflow, { a: 1, b: { c: 2, d: 3 } }, { idempotencyKey: 'k' });
    const second = await engine.run(workflow, { b: { d: 3, c: 2 }, a: 1 }, { idempotencyKey: 'k' });
    expect(second.runId).toBe(first.runId);
    await expect(engine.run(workflow, { a: 2 }, { idempotencyKey: 'k' })).rejects.toThrow('another input');
  });

  it('removes a key of the state that is set to undefined', async () => {
    const engine = createEngine({ store: memoryStore() });
    const set = defineStep({
      id: 'set',
      run: ({ state }) => {
        state.set('a', 1);
        state.set('a', undefined);
        return state.has('a');
      },
    });
    expect((await engine.run(defineWorkflow('w').thenStep(set).build(), undefined)).output).toBe(false);
  });
});

describe('Symbol.asyncDispose', () => {
  it('of an engine stops its runs, which can be resumed', async () => {
    const store = memoryStore();
    const engine = createEngine({ store });
    let calls = 0;
    let begin = () => {};
    const started = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const wait = defineStep({
      id: 'wait',
      run: ({ signal }) => {
        calls += 1;
        begin();
        if (calls > 1) return 'done';
        return new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const workflow = defineWorkflow('w').thenStep(wait).build();
    const { runId, result } = await engine.start(workflow, undefined);
    await started;
    await engine[Symbol.asyncDispose]();
    await expect(result).rejects.toThrow(WorkflowCancelledError);
    expect((await createEngine({ store }).resume(workflow, runId)).output).toBe('done');
  });

  it('of a hub closes it, and of a store too', async () => {
    const hub = createHub({ name: 'h' });
    await hub[Symbol.asyncDispose]();
    expect(() => hub.register('a', () => {})).toThrow('closed');
    await memoryStore()[Symbol.asyncDispose]();
  });

  it('of a run store closes it', async () => {
    const store = memoryRunStore();
    await store[Symbol.asyncDispose]();
    await expect(store.scanOf('a')).rejects.toThrow('the store has been closed');
  });

  it('of the stream of a graph stops the run', async () => {
    let calls = 0;
    const graph = new StateGraph<{ count: number }>({ name: 'endless', maxIterations: 1_000_000 })
      .addNode('add', (state) => {
        calls += 1;
        return state.set('count', state.get('count') + 1);
      })
      .addNode('never', (state) => state)
      .addEdge('add', 'never', () => false)
      .addEdge('add', 'add')
      .setEntryPoint('add')
      .setExitPoint('never')
      .compile();
    {
      await using stream = graph.stream({ count: 0 });
      expect((await stream.next()).value).toMatchObject({ node: 'add', iteration: 1 });
    }
    const before = calls;
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(before);
  });
});

it('a process need not say how it is stopped', async () => {
  const failing = { name: 'failing', run: () => Promise.reject(new Error('no')) };
  const { outcome, unfinished } = await new Conductor([{ name: 'idle', run() {} }, failing]).run().thenStop();
  expect({ outcome, unfinished }).toEqual({ outcome: 'failed', unfinished: [] });
});

it.each([[new Map()], [[1]], [new Date(0)], [null]])('a branch that gives %o fails, as a node does', async (output) => {
  const graph = new StateGraph<{ count: number }>({ name: 'g' })
    .addNode('x', () => output as never)
    .addBranches('b', ['x'])
    .setEntryPoint('b')
    .setExitPoint('b')
    .compile();
  await expect(graph.run({ count: 1 })).rejects.toThrow(
    "branch 'x': a branch must return a State or a record of changes, but returned",
  );
});
