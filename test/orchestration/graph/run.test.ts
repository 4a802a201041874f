import { describe, expect, test } from 'vitest';
import {
  ExecutionError,
  type Graph,
  GraphCancelledError,
  keyEquals,
  memoryStore,
  type NodeContext,
  type NodeFunction,
  RouteError,
  State,
  StateGraph,
  StepLimitError,
} from '../../../src/orchestration/index.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { addOne, type Counter, failing, line, loop, rejection } from './counter.js';

expectNothingUnhandled();

interface Desk {
  list: number[];
  who: { name?: string; age: number };
  whom: { deep: { age: number } };
}

describe('a graph', () => {
  test('runs its nodes one after the other until an exit point is done', async () => {
    const result = await line().run({ count: 0 });
    expect(result).toMatchObject({ path: ['a', 'b', 'c'], exitPoint: 'c', iterations: 3 });
    expect(result.state.data).toEqual({ count: 3 });
    expect(result.runId).toBe(result.state.runId);
  });

  test('goes on with the identity and the secrets of the state that it is given', async () => {
    const initial = State.create<Counter>({ count: 5 }, { secrets: { key: 'k' } });
    const { state } = await line({}, { b: (given) => given.set('note', String(given.secret('key'))) }).run(initial);
    expect([state.runId, state.data, state.secret('key')]).toEqual([initial.runId, { count: 7, note: 'k' }, 'k']);
    expect(initial.data).toEqual({ count: 5 });
  });

  test('may be an exit point from the beginning', async () => {
    const graph = new StateGraph<Counter>({ name: 'one' }).addNode('a', addOne).setEntryPoint('a').setExitPoint('a');
    expect((await graph.compile().run({ count: 0 })).path).toEqual(['a']);
  });

  test('takes the first edge that is true, in the order of the edges', async () => {
    const graph = new StateGraph<Counter>({ name: 'g' })
      .addNode('a', addOne)
      .addNode('x', (state) => state)
      .addNode('y', (state) => state)
      .addEdge('a', 'x', keyEquals('count', 2))
      .addEdge('a', 'y', keyEquals('count', 1))
      .addEdge('a', 'x')
      .setEntryPoint('a')
      .setExitPoint('x')
      .setExitPoint('y')
      .compile();
    expect((await graph.run({ count: 0 })).exitPoint).toBe('y');
    expect((await graph.run({ count: 1 })).exitPoint).toBe('x');
    expect((await graph.run({ count: 9 })).exitPoint).toBe('x');
  });

  test('goes round until a predicate lets it out', async () => {
    const { state, path } = await loop(5).run({ count: 0 });
    expect([state.get('count'), path]).toEqual([5, ['add', 'add', 'add', 'add', 'add', 'done']]);
  });

  test('tells each node its iteration, and gives it signal, observer and host', async () => {
    const seen: NodeContext[] = [];
    const observer = createRecordingObserver();
    await loop(3, { observer }, (state, context) => {
      seen.push(context);
      context.observer.onEvent({ type: 'state.set', timestamp: 0, source: 'node', data: { key: 'k' } });
      return addOne(state, context);
    }).run({ count: 0 });
    expect(seen.map(({ iteration }) => iteration)).toEqual([1, 2, 3]);
    expect(seen[0]?.signal.aborted).toBe(false);
    expect(seen[0]?.runtime.now()).toBeTypeOf('number');
    expect(observer.events.filter(({ source }) => source === 'node')).toHaveLength(3);
  });

  test('runs several times side by side', async () => {
    const graph = loop(50);
    const runs = await Promise.all([0, 10, 20].map((count) => graph.run({ count })));
    expect(runs.map(({ iterations }) => iterations)).toEqual([51, 41, 31]);
    expect(new Set(runs.map(({ runId }) => runId)).size).toBe(3);
  });

  test('keeps the identity and secrets of the run when a node gives another state', async () => {
    const { state, runId } = await line(
      {},
      { b: () => State.create<Counter>({ count: 40 }, { secrets: { b: 2 } }) },
    ).run(State.create<Counter>({ count: 0 }, { secrets: { a: 1 }, runId: 'mine' }));
    expect([runId, state.runId, state.data]).toEqual(['mine', 'mine', { count: 41 }]);
    expect([state.secret('a'), state.secret('b')]).toEqual([1, 2]);
  });

  test('fails the node that changes a frozen value in place', async () => {
    const graph = new StateGraph<{ list: number[] }>({ name: 'g', freeze: true })
      .addNode('a', (state) => {
        state.get('list').push(1);
        return state;
      })
      .setEntryPoint('a')
      .setExitPoint('a')
      .compile();
    const error = await rejection<ExecutionError>(graph.run(State.create({ list: [] as number[] })));
    expect(error.message).toBe(
      "graph 'g': node 'a' failed: Cannot add property 0, object is not extensible; " +
        "a value of the state is frozen (key 'list'): set a changed copy instead",
    );
  });

  test.each<[string, (state: Desk) => void, string]>([
    ['sorts a list', ({ list }) => void list.sort(), "key 'list'"],
    ['sets a property', ({ who }) => void Object.assign(who, { name: 'b' }), "key 'who'"],
    ['deletes a property', ({ who }) => void delete who.name, "key 'who'"],
    [
      'sets what two keys have',
      ({ whom }) => void Object.assign(whom.deep, { age: 2 }),
      "one of the keys 'who', 'whom'",
    ],
  ])('freezes the state where checkpoints are kept, and names the key that a node %s in', async (_, change, which) => {
    const graph = new StateGraph<Desk>({ name: 'g', checkpoints: { store: memoryStore() } })
      .addNode('a', (state) => {
        change(state.data);
        return state;
      })
      .setEntryPoint('a')
      .setExitPoint('a')
      .compile();
    const run = graph.run({ list: [2, 1], who: { name: 'a', age: 1 }, whom: { deep: { age: 1 } } });
    await expect(run).rejects.toThrow(`a value of the state is frozen (${which}): set a changed copy instead`);
  });

  test('runs a graph inside a node', async () => {
    const inner = loop(3);
    const { state } = await line(
      {},
      { b: async (given, { signal }) => (await inner.run(given, { signal })).state },
    ).run({
      count: 0,
    });
    expect(state.get('count')).toBe(4);
  });
});

describe('a node that fails', () => {
  const causes: readonly [string, unknown, string][] = [
    ['throws', new Error('no luck'), 'no luck'],
    ['throws undefined', undefined, 'undefined'],
    ['throws a text', 'text', 'text'],
  ];
  test.each(causes)('because it %s ends the run', async (_, problem, message) => {
    const throwing = () => {
      throw problem;
    };
    const nodes: NodeFunction<Counter>[] = [throwing, async () => Promise.reject(problem)];
    for (const b of nodes) {
      const error = await rejection<ExecutionError<State<Counter>>>(line({}, { b }).run({ count: 0 }));
      expect(error).toBeInstanceOf(ExecutionError);
      expect(error).toMatchObject({
        code: 'CHORALE_EXECUTION',
        graph: 'line',
        node: 'b',
        path: ['a', 'b'],
        cause: problem,
      });
      expect(error.state.data).toEqual({ count: 1 });
      expect(error.message).toBe(`graph 'line': node 'b' failed: ${message}`);
    }
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [[1], 'object'],
  ])('because it gives %o ends the run', async (given, kind) => {
    const error = await rejection(line({}, { b: () => given as never }).run({ count: 0 }));
    expect(error.message).toBe(
      `graph 'line': node 'b' failed: a node must return a State or a record of changes, but returned ${kind}`,
    );
  });

  test('does not show the secrets in its message', async () => {
    const secrets = { url: 'https://me:pw@host', nested: { keys: ['abc123'] }, empty: '', number: 5 };
    const b = failing(new Error('GET https://me:pw@host with abc123 failed'));
    const error = await rejection(line({}, { b }).run({ count: 0 }, { secrets }));
    expect(error.message).toBe("graph 'line': node 'b' failed: GET [secret url] with [secret nested] failed");
  });
});

describe('the way on', () => {
  const branch = (predicate: (state: State<Counter>) => boolean): Graph<Counter> =>
    new StateGraph<Counter>({ name: 'g' })
      .addNode('a', addOne)
      .addNode('b', addOne)
      .addEdge('a', 'b', keyEquals('count', 7))
      .addEdge('a', 'a', predicate, 'again')
      .setEntryPoint('a')
      .setExitPoint('b')
      .compile();

  test('that is not there is told with all edges that were tried', async () => {
    const error = await rejection<RouteError>(branch(() => false).run({ count: 0 }));
    expect(error).toBeInstanceOf(RouteError);
    expect(error).toMatchObject({ node: 'a', path: ['a'], state: { data: { count: 1 } } });
    expect(error.message).toBe(
      "graph 'g', node 'a': no edge is true (known: 'a' -> 'b' (keyEquals(count)), 'a' -> 'a' (again))",
    );
  });

  test('that cannot be found because a predicate throws ends the run', async () => {
    const problem = new Error('what?');
    const error = await rejection<ExecutionError<State<Counter>>>(
      branch(() => {
        throw problem;
      }).run({ count: 0 }),
    );
    expect(error).toMatchObject({ node: 'a', cause: problem, path: ['a'] });
    expect(error.message).toBe("graph 'g': the predicate of edge 'a' -> 'a' (again) failed: what?");
    expect(error.state.data).toEqual({ count: 1 });
  });

  test.each([
    [Promise.resolve('yes'), 'string'],
    ['yes', 'string'],
    [undefined, 'undefined'],
  ])('that a predicate leaves open with %o ends the run', async (given, kind) => {
    const error = await rejection(branch(() => given as never).run({ count: 0 }));
    expect(error.message).toMatch(`failed: a predicate must return true or false, but returned ${kind}`);
  });

  test('that a predicate answers later, and with a rejection, leaves nothing unhandled', async () => {
    const error = await rejection(branch(() => Promise.reject(new Error('later')) as never).run({ count: 0 }));
    expect(error.message).toMatch("the predicate of edge 'a' -> 'a' (again) failed: later");
  });
});

describe('the limit of iterations', () => {
  test('ends a run that does not find out', async () => {
    const error = await rejection<StepLimitError<State<Counter>>>(loop(-1).run({ count: 0 }));
    expect(error).toBeInstanceOf(StepLimitError);
    expect(error).toMatchObject({ code: 'CHORALE_STEP_LIMIT', limit: 1_000, node: 'add' });
    expect(error.path).toHaveLength(1_000);
    expect(error.state.get('count')).toBe(1_000);
    expect(error.message).toBe(
      "graph 'loop': node 'add' would be number 1001, and maxIterations is 1000; the last nodes were: add, add, add, add, add",
    );
  });

  test('lets a run end at the limit', async () => {
    expect((await loop(9, { maxIterations: 10 }).run({ count: 0 })).iterations).toBe(10);
    expect(await rejection(loop(10, { maxIterations: 10 }).run({ count: 0 }))).toBeInstanceOf(StepLimitError);
  });

  test('may be another for one run', async () => {
    expect((await loop(1_500).run({ count: 0 }, { maxIterations: 2_000 })).iterations).toBe(1_501);
    await expect(loop(1).run({ count: 0 }, { maxIterations: 0 })).rejects.toThrow('option maxIterations');
  });
});

describe('a run that is cancelled', () => {
  const reason = new Error('enough');

  test('before it began, does nothing', async () => {
    const ran: string[] = [];
    const a: NodeFunction<Counter> = (state) => {
      ran.push('a');
      return state;
    };
    const error = await rejection<GraphCancelledError>(
      line({}, { a }).run({ count: 0 }, { signal: AbortSignal.abort(reason) }),
    );
    expect(error).toBeInstanceOf(GraphCancelledError);
    expect(error).toMatchObject({ code: 'CHORALE_GRAPH_CANCELLED', node: 'a', path: [], cause: reason });
    expect(error.message).toBe("graph 'line': cancelled at node 'a': enough");
    expect(ran).toEqual([]);
  });

  test('between two nodes, starts no other', async () => {
    const controller = new AbortController();
    const graph = line(
      {},
      {
        a: (state, context) => {
          controller.abort(reason);
          return addOne(state, context);
        },
      },
    );
    const error = await rejection<GraphCancelledError<State<Counter>>>(
      graph.run({ count: 0 }, { signal: controller.signal }),
    );
    expect(error).toMatchObject({ node: 'b', path: ['a'], cause: reason });
    expect(error.state.data).toEqual({ count: 1 });
  });

  test('in a node that obeys its signal, has the state before it', async () => {
    const controller = new AbortController();
    const b: NodeFunction<Counter> = (_state, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('something else')), { once: true });
        controller.abort(reason);
      });
    const error = await rejection<GraphCancelledError<State<Counter>>>(
      line({}, { b }).run({ count: 0 }, { signal: controller.signal }),
    );
    expect(error).toMatchObject({ name: 'GraphCancelledError', node: 'b', path: ['a', 'b'], cause: reason });
    expect(error.state.data).toEqual({ count: 1 });
  });

  test('in its last node, which goes on, is done', async () => {
    const controller = new AbortController();
    const c: NodeFunction<Counter> = (state, context) => {
      controller.abort(reason);
      return addOne(state, context);
    };
    expect((await line({}, { c }).run({ count: 0 }, { signal: controller.signal })).exitPoint).toBe('c');
  });

  test('takes its listener off the signal, however it ends', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    await line().run({ count: 0 }, { signal });
    await rejection(line({}, { b: failing() }).run({ count: 0 }, { signal }));
    expect(listeners).toBe(0);
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ signal: {} }, 'option signal must be an AbortSignal'],
  [{ maxIterations: 1.5 }, 'option maxIterations must be a whole number'],
])('options of a run like %o are refused before any work', async (options, message) => {
  await expect(line().run({ count: 0 }, options)).rejects.toThrow(message);
});

test('data that is no record is refused', async () => {
  await expect(line().run(7 as never)).rejects.toThrow('option data must be a record, but is 7 (number)');
});

test('what needs a store says so where there is none', async () => {
  const message = "option checkpoints must be given for graph 'line', but is undefined";
  const graph = line();
  await expect(graph.resume('r')).rejects.toThrow(message);
  await expect(graph.fork('r')).rejects.toThrow(message);
  await expect(graph.history('r')).rejects.toThrow(message);
  await expect(graph.stateAt('r')).rejects.toThrow(message);
});
