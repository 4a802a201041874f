import { describe, expect, test } from 'vitest';
import {
  ExecutionError,
  GraphCancelledError,
  type GraphOptions,
  GraphPausedError,
  InvalidOptionError,
  type NodeFunction,
  RunMismatchError,
  State,
} from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { addOne, type Counter, changed, line, rejection, start } from './counter.js';

expectNothingUnhandled();

const ask: NodeFunction<Counter> = (state, { pause }) =>
  state.set('note', pause<string>('Is it right?', { count: state.get('count') }));

/** `a`, `b` and `c`, of which `b` asks. What ran is listed. */
function asking(options: Partial<GraphOptions> = {}, b: NodeFunction<Counter> = ask) {
  const store = memoryStore();
  const ran: string[] = [];
  const logged =
    (name: string, node: NodeFunction<Counter>): NodeFunction<Counter> =>
    (state, context) => {
      ran.push(name);
      return node(state, context);
    };
  const nodes = { a: logged('a', addOne), b: logged('b', b), c: logged('c', addOne) };
  const graph = line({ checkpoints: { store, preserve: true }, ...options }, nodes);
  return { store, ran, graph };
}

describe.each([
  { name: 'memory', open: memoryStore },
  { name: 'libSQL', open: () => libsqlStore({ path: ':memory:' }) },
])('a node that pauses, in $name', ({ open }) => {
  test('ends the run as paused, and gets the answer at the same place when it is resumed', async () => {
    const store = open();
    const { graph, ran } = asking({ checkpoints: { store, preserve: true } });
    const error = await rejection<GraphPausedError>(graph.run(start()));
    expect(error).toBeInstanceOf(GraphPausedError);
    expect(error.message).toBe("graph 'line' run r: paused at node 'b': Is it right?");
    expect(error.pauses).toEqual([{ node: 'b', reason: 'Is it right?', payload: { count: 1 } }]);
    expect(await store.checkpoints.find('r')).toMatchObject({ status: 'paused', iteration: 1, leasedUntil: 0 });
    const { state, path } = await graph.resume('r', { value: 'yes' });
    expect([state.data, path]).toEqual([{ count: 2, note: 'yes' }, ['a', 'b', 'c']]);
    expect(ran).toEqual(['a', 'b', 'b', 'c']);
    store.close();
  });

  test('shows in the history what it asks, and later what was answered', async () => {
    const store = open();
    const { graph } = asking({ checkpoints: { store, preserve: true } });
    await rejection(graph.run(start()));
    const pause = { node: 'b', reason: 'Is it right?', payload: { count: 1 } };
    expect((await graph.history('r')).map(({ iteration, pauses }) => [iteration, pauses])).toEqual([
      [0, undefined],
      [1, [pause]],
    ]);
    await graph.resume('r', { value: 'no' });
    expect((await graph.history('r'))[1]?.pauses).toEqual([{ ...pause, value: 'no' }]);
    store.close();
  });
});

describe('a paused run', () => {
  test('runs nothing without an answer, and stays paused', async () => {
    const { graph, ran, store } = asking();
    await rejection(graph.run(start()));
    const error = await rejection<GraphPausedError>(graph.resume('r'));
    expect(error).toBeInstanceOf(GraphPausedError);
    expect(error.pauses).toHaveLength(1);
    expect(ran).toEqual(['a', 'b']);
    expect((await store.checkpoints.find('r'))?.status).toBe('paused');
  });

  test('asks anew from an earlier iteration, and in a fork', async () => {
    const { graph, ran } = asking();
    await rejection(graph.run(start()));
    await graph.resume('r', { value: 'yes' });
    expect(await rejection(graph.resume('r', { from: 1 }))).toBeInstanceOf(GraphPausedError);
    await graph.fork('r', { runId: 'other' });
    expect(await rejection(graph.resume('other'))).toBeInstanceOf(GraphPausedError);
    expect(ran).toEqual(['a', 'b', 'b', 'c', 'b', 'b']);
  });

  test('is the same with an interval, and with none', async () => {
    for (const interval of [0, 5]) {
      const store = memoryStore();
      const { graph, ran } = asking({ checkpoints: { store, interval } });
      await rejection(graph.run(start()));
      expect((await graph.resume('r', { value: 'yes' })).state.data).toEqual({ count: 2, note: 'yes' });
      expect(ran).toEqual(['a', 'b', 'b', 'c']);
    }
  });

  test('may be answered with anything that is JSON, null included', async () => {
    const { graph } = asking();
    await rejection(graph.run(start()));
    expect((await graph.resume('r', { value: null })).state.data).toEqual({ count: 2, note: null });
  });

  test('rejects an answer that is not JSON, or that nobody waits for', async () => {
    const { graph } = asking();
    await rejection(graph.run(start()));
    expect(await rejection(graph.resume('r', { value: () => {} }))).toBeInstanceOf(InvalidOptionError);
    expect(await rejection(graph.resume('r', { value: 1, from: 0 }))).toBeInstanceOf(InvalidOptionError);
    await graph.resume('r', { value: 'yes' });
    const error = await rejection(graph.resume('r', { value: 'yes' }));
    expect(error).toBeInstanceOf(RunMismatchError);
    expect(error.message).toBe('run r: no node waits for an answer; resume it without value');
  });
});

describe('a node', () => {
  test('may pause several times: each call gets the answer that was given to it', async () => {
    const { graph, ran } = asking({}, (state, { pause }) => {
      const first = pause<string>('first?');
      const second = pause<string>('second?', first);
      return state.set('note', `${first} ${second}`);
    });
    await rejection(graph.run(start()));
    const error = await rejection<GraphPausedError>(graph.resume('r', { value: 'one' }));
    expect(error.pauses).toEqual([{ node: 'b', reason: 'second?', payload: 'one' }]);
    expect((await graph.resume('r', { value: 'two' })).state.data).toEqual({ count: 2, note: 'one two' });
    expect(ran).toEqual(['a', 'b', 'b', 'b', 'c']);
  });

  test('that fails after its answer finds it again, and the next node has its own', async () => {
    let broken = true;
    const { graph } = asking({}, (state, { pause }) => {
      const note = pause<string>('first?');
      if (broken) throw new Error('no luck');
      return state.set('note', note);
    });
    await rejection(graph.run(start()));
    expect(await rejection(graph.resume('r', { value: 'kept' }))).toBeInstanceOf(ExecutionError);
    broken = false;
    expect((await graph.resume('r')).state.get('note')).toBe('kept');
  });

  test('pauses also where it catches what pause throws', async () => {
    const { graph } = asking({}, async (state, { pause }) => {
      try {
        await pause('Is it right?');
      } catch {}
      return state;
    });
    expect(await rejection(graph.run(start()))).toBeInstanceOf(GraphPausedError);
  });

  test('cannot pause without a store, with a payload that is not JSON, or with a secret', async () => {
    const bad: readonly [Partial<GraphOptions>, NodeFunction<Counter>, RegExp][] = [
      [{ checkpoints: undefined } as never, ask, /checkpoints must be given for a graph that pauses/],
      [{}, (_, { pause }) => pause('why?', () => {}), /payload of a pause is a function/],
      [{}, (state, { pause }) => pause('why?', state.secret('key')), /must not show a secret/],
      [{}, (_, { pause }) => pause(''), /reason/],
    ];
    for (const [options, b, problem] of bad) {
      const { graph } = asking(options, b);
      const error = await rejection(graph.run(State.create<Counter>({ count: 0 }, { secrets: { key: 'sesame' } })));
      expect(error).toBeInstanceOf(ExecutionError);
      expect(error.message).toMatch(problem);
    }
  });

  test('is cancelled, not paused, once the run was aborted', async () => {
    const abort = new AbortController();
    const { graph } = asking({}, (_, { pause }) => {
      abort.abort(new Error('enough'));
      return pause('why?');
    });
    expect(await rejection(graph.run(start(), { signal: abort.signal }))).toBeInstanceOf(GraphCancelledError);
  });
});

test('a pause that cannot be written fails the run, and the node asks again', async () => {
  let full = true;
  const store = changed(({ record }) => ({
    record: (...given) => (full ? Promise.reject(new Error('disk full')) : record(...given)),
  }));
  const { graph } = asking({ checkpoints: { store } });
  const error = await rejection<ExecutionError>(graph.run(start()));
  expect(error).toBeInstanceOf(ExecutionError);
  expect(error.message).toMatch(/the pause of node 'b' could not be written.*disk full/);
  expect((await store.checkpoints.find('r'))?.status).toBe('failed');
  full = false;
  expect(await rejection(graph.resume('r'))).toBeInstanceOf(GraphPausedError);
});

test('events tell of the pause, and every start has its end', async () => {
  const observer = createRecordingObserver();
  const { graph } = asking({ observer });
  await rejection(graph.run(start()));
  expect(observer.events.slice(-4).map(({ type, data }) => [type, data])).toEqual([
    ['node.start', { node: 'b', iteration: 2 }],
    ['node.pause', { node: 'b', iteration: 2, run_id: 'r', reason: 'Is it right?' }],
    ['node.complete', { node: 'b', iteration: 2, error: false, paused: true }],
    ['graph.complete', { exit_point: null, iterations: 1, path_length: 1, error: false, paused: true }],
  ]);
});
