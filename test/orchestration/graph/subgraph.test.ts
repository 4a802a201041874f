import { describe, expect, test } from 'vitest';
import {
  type ExecutionError,
  GraphCancelledError,
  type GraphOptions,
  GraphPausedError,
  InvalidOptionError,
  type NodeFunction,
  RunBusyError,
  State,
  StateGraph,
  subgraphNode,
} from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { addOne, type Counter, failing, line, rejection, start } from './counter.js';

expectNothingUnhandled();

/** `a`, then a graph of `a`, `b` and `c` as the node `b`, then `c`. What ran inside is listed. */
function outer(options: Partial<GraphOptions> = {}, b: NodeFunction<Counter> = addOne, ran: string[] = []) {
  const logged =
    (name: string, node: NodeFunction<Counter>): NodeFunction<Counter> =>
    (state, context) => {
      ran.push(name);
      return node(state, context);
    };
  const inner = line({ name: 'inner' }, { a: logged('a', addOne), b: logged('b', b), c: logged('c', addOne) });
  return line({ name: 'outer', ...options }, { b: subgraphNode(inner) });
}

describe('a graph inside another', () => {
  test('runs as one node, with the state and the secrets of the outer one', async () => {
    let secret: unknown;
    const graph = outer({}, (state) => {
      secret = state.secret('key');
      return state.set('note', 'inside');
    });
    const { state, path } = await graph.run(start({ secrets: { key: 'sesame' } }));
    expect([state.data, path, secret]).toEqual([{ count: 4, note: 'inside' }, ['a', 'b', 'c'], 'sesame']);
  });

  test('may have a state of its own', async () => {
    const inner = new StateGraph<{ words: string[]; size?: number }>({ name: 'size' })
      .addNode('count', (state) => state.set('size', state.get('words').length))
      .setEntryPoint('count')
      .setExitPoint('count')
      .compile();
    const b = subgraphNode<Counter, { words: string[]; size?: number }>(inner, {
      input: (state) => ({ words: [`${state.get('count')}`, 'x'] }),
      output: ({ data }, state) => state.set('note', `${data.size} words`),
    });
    expect((await line({}, { b }).run(start())).state.data).toEqual({ count: 2, note: '2 words' });
  });

  test('fails the node with its own message, and is cancelled with the run', async () => {
    const error = await rejection<ExecutionError>(outer({}, failing()).run(start()));
    expect(error.message).toBe("graph 'outer': node 'b' failed: graph 'inner': node 'b' failed: no luck");
    const abort = new AbortController();
    const graph = outer({}, (state) => {
      abort.abort(new Error('enough'));
      return state;
    });
    expect(await rejection(graph.run(start(), { signal: abort.signal }))).toBeInstanceOf(GraphCancelledError);
  });

  test('tells the observer of the outer graph, under its own name', async () => {
    const observer = createRecordingObserver();
    await outer({ observer }).run(start());
    const starts = observer.events.filter(({ type }) => type === 'node.start').map(({ source }) => source);
    expect(starts).toEqual(['outer', 'outer', 'inner', 'inner', 'inner', 'outer']);
  });

  test('is checked, and shows in the chart', () => {
    expect(() => subgraphNode({} as never)).toThrow(InvalidOptionError);
    expect(() => subgraphNode(line(), { inputs: () => {} } as never)).toThrow(/did you mean 'input'/);
    expect(outer().toMermaid()).toContain('n1[["b"]]');
  });
});

describe.each([
  { name: 'memory', open: memoryStore },
  { name: 'libSQL', open: () => libsqlStore({ path: ':memory:' }) },
])('with checkpoints, in $name', ({ open }) => {
  test.for([1, 7])('a resumed run continues inside the inner graph, with an interval of %i', async (interval) => {
    const store = open();
    const ran: string[] = [];
    const b = failing();
    const graph = outer({ checkpoints: { store, interval } }, b, ran);
    await rejection(graph.run(start({ secrets: { key: 'sesame' } })));
    b.broken = false;
    const { state } = await graph.resume('r', { secrets: { key: 'sesame' } });
    expect([state.data, ran]).toEqual([{ count: 5 }, ['a', 'b', 'b', 'c']]);
    expect(await store.checkpoints.list({ parent: 'r' })).toEqual([]);
    store.close();
  });

  test('a run that another worker takes over continues inside, and the late worker changes nothing', async () => {
    const store = open();
    const ran: string[] = [];
    let arrive = () => {};
    const inside = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const options = { checkpoints: { store, preserve: true } };
    const late = outer(
      options,
      async (state) => {
        arrive();
        await asleep;
        return state;
      },
      ran,
    ).run(start());
    await inside;
    const { state } = await outer(options, addOne, ran).resume('r', { takeOver: true });
    expect([state.data, ran]).toEqual([{ count: 5 }, ['a', 'b', 'b', 'c']]);
    wake();
    expect(await rejection(late)).toBeInstanceOf(RunBusyError);
    const [child] = await store.checkpoints.list({ parent: 'r' });
    expect(child).toMatchObject({ graph: 'inner', status: 'completed', parent: 'r' });
    expect((await store.checkpoints.list()).map(({ runId }) => runId)).toEqual(['r']);
    store.close();
  });

  test('a pause inside pauses the outer run, as often as needed', async () => {
    const store = open();
    const ran: string[] = [];
    const graph = outer(
      { checkpoints: { store } },
      (state, { pause }) => state.set('note', `${pause('first?')} ${pause('second?')}`),
      ran,
    );
    expect((await rejection<GraphPausedError>(graph.run(start()))).pauses).toMatchObject([
      { node: 'b', reason: 'first?' },
    ]);
    expect((await store.checkpoints.find('r'))?.status).toBe('paused');
    expect(await rejection(graph.resume('r'))).toBeInstanceOf(GraphPausedError);
    const second = await rejection<GraphPausedError>(graph.resume('r', { value: 'one' }));
    expect(second.pauses).toMatchObject([{ reason: 'second?' }]);
    const { state } = await graph.resume('r', { value: 'two' });
    expect(state.data).toEqual({ count: 4, note: 'one two' });
    expect(ran).toEqual(['a', 'b', 'b', 'b', 'c']);
    store.close();
  });

  test('going back before the node begins the inner graph anew', async () => {
    const store = open();
    const ran: string[] = [];
    const graph = outer({ checkpoints: { store, preserve: true } }, addOne, ran);
    await graph.run(start());
    expect((await graph.resume('r', { from: 1 })).state.get('count')).toBe(5);
    expect(ran).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    store.close();
  });

  test('graphs in branches each continue where they were', async () => {
    const store = open();
    const b = failing();
    const ran: string[] = [];
    const counted: NodeFunction<Counter> = (state, context) => {
      ran.push('c');
      return addOne(state, context);
    };
    const inner = line({ name: 'inner' }, { b, c: counted });
    const twice = new StateGraph<Counter>({ name: 'twice', checkpoints: { store, interval: 5 } })
      .addNode('begin', (state) => state)
      .addNode('one', subgraphNode(inner))
      .addNode('two', subgraphNode(inner))
      .addEdge('begin', 'both')
      .addBranches('both', ['one', 'two'], { join: 'end', reducers: { count: (x, y) => x + y } })
      .addNode('end', (state) => state)
      .setEntryPoint('begin')
      .setExitPoint('end')
      .compile();
    await rejection(twice.run(State.create<Counter>({ count: 0 }, { runId: 'r' })));
    b.broken = false;
    expect((await twice.resume('r')).state.get('count')).toBe(6);
    expect(ran).toEqual(['c', 'c']);
    store.close();
  });
});
