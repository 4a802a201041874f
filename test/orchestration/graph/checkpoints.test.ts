import { describe, expect, test } from 'vitest';
import {
  type ExecutionError,
  type NodeFunction,
  RouteError,
  SecretsMissingError,
  State,
  StateGraph,
  type StepLimitError,
} from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import type { CheckpointStore } from '../../../src/store/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { addOne, type Counter, changed, failing, line, loop, rejection, start } from './counter.js';

expectNothingUnhandled();

const saves = (store: { checkpoints: CheckpointStore }) =>
  store.checkpoints.history('r').then((history) => history.map(({ iteration, node }) => [iteration, node]));

describe('checkpoints', () => {
  test('are saved after every node, from the beginning on, and removed at the exit', async () => {
    const store = memoryStore();
    const seen: unknown[] = [];
    const c: NodeFunction<Counter> = async (state, context) => {
      seen.push(await saves(store), (await store.checkpoints.find('r'))?.status);
      return addOne(state, context);
    };
    const { state } = await line({ checkpoints: { store } }, { c }).run(start());
    expect(seen).toEqual([
      [
        [0, null],
        [1, 'a'],
        [2, 'b'],
      ],
      'running',
    ]);
    expect(await store.checkpoints.list()).toEqual([]);
    expect(state.checkpointNode).toBe('c');
  });

  test('are kept with preserve, the last one included', async () => {
    const store = memoryStore();
    await loop(6, { checkpoints: { store, interval: 3, preserve: true } }).run(start());
    expect(await saves(store)).toEqual([
      [0, null],
      [3, 'add'],
      [6, 'add'],
      [7, 'done'],
    ]);
    expect((await store.checkpoints.find('r'))?.status).toBe('completed');
    expect((await store.checkpoints.load('r'))?.path).toEqual(['add', 'add', 'add', 'add', 'add', 'add', 'done']);
  });

  test.each([0, 1, 2, 5])('are saved on failure with an interval of %i', async (interval) => {
    const store = memoryStore();
    const b = failing();
    const graph = line({ checkpoints: { store, interval } }, { b });
    const { state } = await rejection<ExecutionError<State<Counter>>>(graph.run(start()));
    expect((await store.checkpoints.find('r'))?.status).toBe('failed');
    expect((await store.checkpoints.load('r'))?.path).toEqual(['a']);
    expect(state.checkpointNode).toBe('a');
    b.broken = false;
    const result = await graph.resume('r');
    expect([result.path, result.state.data]).toEqual([['a', 'b', 'c'], { count: 3 }]);
    expect(await store.checkpoints.list()).toEqual([]);
  });

  test('hold only what changed since the one before', async () => {
    const written: string[][] = [];
    const store = changed(({ append }) => ({
      append: (lease, change, until) => {
        written.push([...change.set.map(([key]) => key), ...change.removed.map((key) => `-${key}`)]);
        return append(lease, change, until);
      },
    }));
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index]));
    const graph = new StateGraph<Record<string, unknown>>({ name: 'wide', checkpoints: { store } })
      .addNode('a', (state) => state.set('k1', 'x'))
      .addNode('b', (state) => state.delete('k2').merge({ k3: 'y', more: 1 }))
      .addNode('c', (state) => state)
      .addEdge('a', 'b')
      .addEdge('b', 'c')
      .setEntryPoint('a')
      .setExitPoint('c')
      .compile();
    await graph.run(wide);
    expect(written.map((keys) => keys.sort())).toEqual([['k1'], ['-k2', 'k3', 'more'], []]);
  });

  test('hold an object that is set again, as it may have changed in place, and no text that stayed as it was', async () => {
    const written: (readonly (readonly [string, string])[])[] = [];
    const store = changed(({ append }) => ({
      append: (lease, change, until) => {
        written.push(change.set);
        return append(lease, change, until);
      },
    }));
    const graph = new StateGraph<{ list: number[]; text: string; gone?: number }>({
      name: 'g',
      freeze: false,
      checkpoints: { store },
    })
      .addNode('a', (state) => {
        state.get('list').push(2);
        return state.set('list', state.get('list')).set('text', 'same');
      })
      .addNode('b', (state) => state.merge(state.set('gone', 1).delete('gone').set('text', 'other')))
      .addNode('c', (state) => state.merge(State.create({ list: state.get('list'), text: 'other' })))
      .addEdge('a', 'b')
      .addEdge('b', 'c')
      .setEntryPoint('a')
      .setExitPoint('c')
      .compile();
    await graph.run({ list: [1], text: 'same' });
    expect(written).toEqual([[['list', '[1,2]']], [['text', '"other"']], [['list', '[1,2]']]]);
  });

  test.each<[string, unknown, string]>([
    ['a date', new Date(0), 'is an instance of Date'],
    ['a map', new Map(), 'is an instance of Map'],
    ['NaN', Number.NaN, 'is NaN'],
    ['a bigint', 5n, 'is a bigint'],
    ['a function', () => 1, 'is a function'],
    ['a place deep inside', { list: [1, { when: Symbol('s') }] }, '.list.1.when is a symbol'],
    ['an item that is undefined', [1, undefined, 2], '.1 is undefined'],
    ['an object of a class without a name', new (class {})(), 'is an object of a class'],
    ['an object with a toJSON', { toJSON: () => 1 }, 'is an object with its own toJSON'],
  ])('that cannot hold a value fail the node: %s', async (_, value, problem) => {
    const graph = new StateGraph<{ note?: unknown }>({ name: 'g', checkpoints: { store: memoryStore() } })
      .addNode('a', (state) => state.set('note', value))
      .setEntryPoint('a')
      .setExitPoint('a')
      .compile();
    const error = await rejection<ExecutionError>(graph.run(State.create({}, { runId: 'r' })));
    const detail = `run r: the state after node 'a': note${problem.startsWith('.') ? '' : ' '}${problem}, which JSON cannot represent`;
    expect(error.message).toBe(`graph 'g': the completion of node 'a' could not be written: ${detail}`);
    expect(error.cause).toMatchObject({ code: 'CHORALE_CHECKPOINT' });
  });

  test('that cannot hold how a run begins refuse it before any work', async () => {
    const knot: { self?: unknown } = {};
    knot.self = knot;
    const observer = createRecordingObserver();
    const graph = new StateGraph<{ knot: unknown }>({ name: 'g', observer, checkpoints: { store: memoryStore() } });
    const run = graph
      .addNode('a', (state) => state)
      .setEntryPoint('a')
      .setExitPoint('a')
      .compile()
      .run({ knot });
    expect((await rejection(run)).message).toMatch(/the initial state: knot\.self is an object that contains itself/);
    expect(observer.types()).toEqual(['state.create']);
  });

  test('leave out properties that are undefined', async () => {
    const store = memoryStore();
    const graph = new StateGraph<{ v: object }>({ name: 'g', checkpoints: { store, preserve: true } });
    await graph
      .addNode('a', (state) => state)
      .setEntryPoint('a')
      .setExitPoint('a')
      .compile()
      .run(State.create({ v: { a: undefined, b: 1 } }, { runId: 'r' }));
    expect((await store.checkpoints.load('r'))?.values).toEqual([['v', '{"b":1}']]);
  });
});

describe('a completion that could not be written', () => {
  const full = new Error('disk full');
  const appendFails = () => changed(() => ({ append: () => Promise.reject(full) }));

  test('is not told as done, and the state before it is what is left', async () => {
    const observer = createRecordingObserver();
    const error = await rejection<ExecutionError<State<Counter>>>(
      line({ observer, checkpoints: { store: appendFails() } }).run(start()),
    );
    expect(error).toMatchObject({ name: 'ExecutionError', node: 'a', cause: full, path: ['a'] });
    expect(error.message).toBe("graph 'line': the completion of node 'a' could not be written: disk full");
    expect(error.state.data).toEqual({ count: 0 });
    expect(observer.ofType('node.complete').map(({ data }) => data.error)).toEqual([true]);
    expect(observer.ofType('checkpoint.save')).toEqual([]);
    expect(observer.ofType('graph.complete').map(({ data }) => data.error)).toEqual([true]);
  });

  test('of the whole run is a failure, and the run can be resumed to its end', async () => {
    let broken = true;
    const store = changed(({ remove }) => ({
      remove: (lease) => (broken ? Promise.reject(full) : remove(lease)),
    }));
    const graph = line({ checkpoints: { store } });
    const error = await rejection<ExecutionError>(graph.run(start()));
    expect(error.message).toBe("graph 'line': the completion of node 'c' could not be written: disk full");
    broken = false;
    const { state, path } = await graph.resume('r');
    expect([state.data, path]).toEqual([{ count: 3 }, ['a', 'b', 'c']]);
    expect(await store.checkpoints.list()).toEqual([]);
  });

  test('of the whole run, which was written all the same, is a failure, and a resume gives the result', async () => {
    const store = changed(({ release }) => ({
      release: async (lease, status, now) => {
        await release(lease, status, now);
        if (status === 'completed') throw full;
      },
    }));
    const graph = line({ checkpoints: { store, preserve: true } });
    const error = await rejection<ExecutionError>(graph.run(start()));
    expect(error.message).toMatch(/^graph 'line': the completion of node 'c' could not be written: disk full; its/);
    expect(error.unsaved).toMatchObject({ code: 'CHORALE_RUN_BUSY' });
    expect((await store.checkpoints.find('r'))?.status).toBe('completed');
  });

  test('of a failure is told with it', async () => {
    const options = { checkpoints: { store: appendFails(), interval: 2 } };
    const error = await rejection<ExecutionError>(line(options, { b: failing() }).run(start()));
    expect(error).toMatchObject({ unsaved: full });
    expect(error.message).toBe(
      "graph 'line': node 'b' failed: no luck; its checkpoint could not be written: disk full",
    );
  });

  test('of a way that is not there is told with it', async () => {
    const graph = new StateGraph<Counter>({ name: 'g', checkpoints: { store: appendFails(), interval: 2 } })
      .addNode('a', addOne)
      .addNode('b', addOne)
      .addEdge('a', 'b', () => false, 'never')
      .setEntryPoint('a')
      .setExitPoint('b')
      .compile();
    const error = await rejection<RouteError>(graph.run(start()));
    expect(error).toBeInstanceOf(RouteError);
    expect(error.unsaved).toBe(full);
    expect(error.message).toMatch(/no edge is true.*; its checkpoint could not be written: disk full$/);
  });

  test('of a run that is given back is told with the failure', async () => {
    const store = changed(() => ({ release: () => Promise.reject(full) }));
    const error = await rejection<ExecutionError>(line({ checkpoints: { store } }, { b: failing() }).run(start()));
    expect(error.unsaved).toBe(full);
  });
});

describe('resume', () => {
  test('goes on after the node that was done last: its iterations, path and visits go on, too', async () => {
    const observer = createRecordingObserver();
    const add = failing();
    add.broken = false;
    const graph = loop(5, { observer, checkpoints: { store: memoryStore() } }, (state, context) => {
      if (context.iteration === 4 && add.broken) throw new Error('no luck');
      return addOne(state, context);
    });
    add.broken = true;
    await rejection(graph.run(start()));
    add.broken = false;
    const { path, iterations, state } = await graph.resume('r');
    expect([path.length, iterations, state.get('count')]).toEqual([6, 6, 5]);
    const after = observer.events.slice(observer.types().indexOf('checkpoint.resume'));
    expect(after.filter(({ type }) => type === 'cycle.detected')[0]?.data).toMatchObject({
      visit_count: 4,
      iteration: 4,
    });
  });

  test('of a run that was never started begins at the entry point', async () => {
    const observer = createRecordingObserver();
    const a = failing();
    const graph = line({ observer, checkpoints: { store: memoryStore() } }, { a });
    await rejection(graph.run(start()));
    a.broken = false;
    expect((await graph.resume('r')).path).toEqual(['a', 'b', 'c']);
    expect(observer.ofType('checkpoint.resume').map(({ data }) => data)).toEqual([
      { checkpoint_node: null, resume_node: 'a', run_id: 'r' },
    ]);
  });

  test('of a run that has reached its exit gives the result and runs nothing', async () => {
    const observer = createRecordingObserver();
    const graph = line({ observer, checkpoints: { store: memoryStore(), preserve: true } });
    const first = await graph.run(start());
    const before = observer.events.length;
    const again = await graph.resume('r');
    expect({ ...again, state: again.state.data }).toEqual({ ...first, state: first.state.data });
    expect(observer.types().slice(before)).toEqual([
      'checkpoint.load',
      'checkpoint.resume',
      'graph.start',
      'graph.complete',
    ]);
    expect(observer.ofType('checkpoint.resume')[0]?.data.resume_node).toBeNull();
  });

  test('from an earlier iteration drops the later ones', async () => {
    const store = memoryStore();
    const graph = loop(3, { checkpoints: { store, preserve: true } });
    await graph.run(start());
    const { path, state } = await graph.resume('r', { from: 1 });
    expect([path, state.get('count')]).toEqual([['add', 'add', 'add', 'done'], 3]);
    expect((await saves(store)).map(([iteration]) => iteration)).toEqual([0, 1, 2, 3, 4]);
  });

  test('of a run that can find no way tells so again', async () => {
    const observer = createRecordingObserver();
    const way = { open: false };
    const graph = new StateGraph<Counter>({ name: 'g', observer, checkpoints: { store: memoryStore() } })
      .addNode('a', addOne)
      .addNode('b', addOne)
      .addEdge('a', 'b', () => way.open, 'open')
      .setEntryPoint('a')
      .setExitPoint('b')
      .compile();
    await rejection(graph.run(start()));
    const before = observer.events.length;
    expect(await rejection(graph.resume('r'))).toBeInstanceOf(RouteError);
    expect(observer.types().slice(before)).toEqual([
      'checkpoint.load',
      'edge.evaluate',
      'checkpoint.resume',
      'graph.start',
      'graph.complete',
    ]);
    way.open = true;
    expect((await graph.resume('r')).path).toEqual(['a', 'b']);
  });

  test('after the limit of iterations goes on with a higher one', async () => {
    const graph = loop(20, { maxIterations: 10, checkpoints: { store: memoryStore() } });
    expect((await rejection<StepLimitError>(graph.run(start()))).limit).toBe(10);
    expect((await rejection<StepLimitError>(graph.resume('r'))).limit).toBe(10);
    expect((await graph.resume('r', { maxIterations: 30 })).iterations).toBe(21);
  });

  test('after a cancellation goes on where it was', async () => {
    const store = memoryStore();
    const controller = new AbortController();
    const graph = loop(5, { checkpoints: { store, interval: 0 } }, (state, context) => {
      if (context.iteration === 3) controller.abort(new Error('pause'));
      return addOne(state, context);
    });
    await rejection(graph.run(start(), { signal: controller.signal }));
    expect((await store.checkpoints.find('r'))?.status).toBe('cancelled');
    const { path, state } = await graph.resume('r');
    expect([path.length, state.get('count')]).toEqual([6, 5]);
  });

  test('is refused for what is not there, telling what is', async () => {
    const graph = line({ checkpoints: { store: memoryStore() } }, { b: failing() });
    expect((await rejection(graph.resume('x'))).message).toBe(
      "run x: graph 'line' has no such run in its store; its latest runs: none; completed runs are kept only with checkpoints.preserve",
    );
    await rejection(graph.run(start()));
    expect((await rejection(graph.resume('x'))).message).toMatch(/its latest runs: r;/);
    expect((await rejection(graph.resume('r', { from: 7 }))).message).toBe(
      'run r: no checkpoint of iteration 7; known: 0, 1',
    );
    await expect(graph.resume('r', { takeOver: 1 as never })).rejects.toThrow('option takeOver must be true or false');
  });

  test('is refused for a graph that is another, or has changed since', async () => {
    const checkpoints = { store: memoryStore() };
    await rejection(line({ checkpoints }, { b: failing() }).run(start()));
    expect((await rejection(loop(1, { checkpoints }).resume('r'))).message).toBe(
      "run r: this is a run of graph 'line', not of graph 'loop'",
    );
    const newer = line({ checkpoints, version: '2' });
    expect((await rejection(newer.resume('r'))).message).toMatch(
      /^run r: the nodes, edges or version of graph 'line' have changed since it was saved \(identity [0-9a-f]{14}, now [0-9a-f]{14}\); resume it with the graph as it was, or pass onMismatch: 'accept'$/,
    );
    expect((await line({ checkpoints }).resume('r')).path).toEqual(['a', 'b', 'c']);
  });

  test('is refused to a second run of the same id', async () => {
    const graph = line({ checkpoints: { store: memoryStore(), preserve: true } });
    await graph.run(start());
    expect((await rejection(graph.run(start()))).message).toBe(
      'run r: the store has this run id already; resume that run, or use another runId',
    );
  });
});

describe('looking back', () => {
  test('gives the history of a run, and its state at every checkpoint', async () => {
    const runtime = createManualClock({ epochMs: 9 });
    const observer = createRecordingObserver();
    const graph = line({ runtime, observer, checkpoints: { store: memoryStore(), preserve: true } });
    await graph.run(start({ runtime }));
    expect(await graph.history('r')).toEqual(
      [null, 'a', 'b', 'c'].map((node, iteration) => ({ iteration, node, savedAt: 9 })),
    );
    expect((await graph.stateAt('r', 2)).toJSON()).toEqual({
      data: { count: 2 },
      runId: 'r',
      checkpointNode: 'b',
      timestamp: 9,
    });
    expect((await graph.stateAt('r')).data).toEqual({ count: 3 });
    expect(observer.ofType('checkpoint.load').map(({ data }) => data.node)).toEqual(['b', 'c']);
    await expect(graph.history('x')).rejects.toThrow("run x: graph 'line' has no such run");
    await expect(graph.stateAt('r', 9)).rejects.toThrow('no checkpoint of iteration 9');
  });
});

describe('fork', () => {
  test('begins another run with the state of one, and leaves that as it is', async () => {
    const store = memoryStore();
    const graph = loop(4, { checkpoints: { store, preserve: true } });
    await graph.run(start());
    const id = await graph.fork('r', { from: 2, update: (state) => state.set('count', 0).set('note', 'again') });
    expect(id).not.toBe('r');
    expect((await store.checkpoints.find(id))?.status).toBe('pending');
    const { state, path } = await graph.resume(id);
    expect([state.data, path.length]).toEqual([{ count: 4, note: 'again' }, 7]);
    expect(await graph.history(id).then((history) => history[0]?.iteration)).toBe(2);
    expect((await graph.stateAt('r')).data).toEqual({ count: 4 });
    expect(await saves(store)).toHaveLength(6);
  });

  test('takes the latest checkpoint, another name, and the secrets that are asked for', async () => {
    const store = memoryStore();
    const graph = line({ checkpoints: { store } }, { c: failing() });
    await rejection(graph.run(start({ secrets: { key: 'k' } })));
    expect(await graph.fork('r', { runId: 'f', update: (state) => state.withSecret('more', 1) })).toBe('f');
    expect(await rejection(graph.resume('f'))).toMatchObject({ missing: ['key', 'more'] });
    expect((await rejection(graph.fork('r', { runId: 'f' }))).message).toMatch('has this run id already');
    await expect(graph.fork('r', { update: () => 5 as never })).rejects.toThrow(
      'option update must be a function that returns a State, but is 5 (number)',
    );
    await expect(graph.fork('r', { update: () => Promise.reject(new Error('later')) as never })).rejects.toThrow(
      'option update must be a function that returns a State, but is an object',
    );
    await expect(graph.fork('r', { from: 9 })).rejects.toThrow('no checkpoint of iteration 9');
  });
});

test('a run that is resumed with less than it has had says how long it is', async () => {
  const graph = loop(9, { checkpoints: { store: memoryStore() }, maxIterations: 5 });
  expect((await rejection(graph.run(start()))).message).toMatch("node 'add' would be number 6, and maxIterations is 5");
  expect((await rejection(graph.resume('r', { maxIterations: 3 }))).message).toMatch(
    "node 'add' would be number 6, and maxIterations is 3",
  );
});

describe('secrets of a run that is resumed', () => {
  test('are asked for by name, and given to the nodes', async () => {
    const store = memoryStore();
    const b = failing();
    const c: NodeFunction<Counter> = (state) => state.set('note', `${state.secret('user')}/${state.secret('late')}`);
    const a: NodeFunction<Counter> = (state) => state.withSecret('late', 'l8');
    const graph = line({ checkpoints: { store, preserve: true } }, { a, b, c });
    await rejection(graph.run({ count: 0 }, { secrets: { user: 'me' } }));
    const [run] = await store.checkpoints.list();
    const id = run?.runId ?? '';
    b.broken = false;
    const error = await rejection<SecretsMissingError>(graph.resume(id, { secrets: { other: 1 } }));
    expect(error).toBeInstanceOf(SecretsMissingError);
    expect(error.message).toBe(`run ${id} needs the secrets 'user', 'late'; given: 'other'`);
    expect((await store.checkpoints.find(id))?.status).toBe('failed');
    const { state } = await graph.resume(id, { secrets: { user: 'you', late: 'now' } });
    expect(state.get('note')).toBe('you/now');
  });

  test('are in no store', async () => {
    const written: unknown[] = [];
    const store = changed((original) => ({
      create: (run) => {
        written.push(run);
        return original.create(run);
      },
      append: (...args) => {
        written.push(args);
        return original.append(...args);
      },
    }));
    await line({ checkpoints: { store } }).run(start({ secrets: { key: 'sesame' } }));
    expect(written).toHaveLength(4);
    expect(JSON.stringify(written)).toContain('"key"');
    expect(JSON.stringify(written)).not.toContain('sesame');
  });
});
