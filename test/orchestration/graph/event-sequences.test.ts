import { describe, expect, test } from 'vitest';
import {
  type GraphOptions,
  type NodeFunction,
  type Predicate,
  RunBusyError,
  StateGraph,
} from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { addOne, type Counter, changed, failing, line, loop, rejection, start } from './counter.js';

/** A recorder, and what it was told since it was asked the last time. */
function listen() {
  const observer = createRecordingObserver();
  let asked = 0;
  const told = () => {
    const news = observer.events.slice(asked).map(({ type, data }) => [type, data]);
    asked = observer.events.length;
    return news;
  };
  return { observer, told };
}

const run_id = 'r';
const begun = (entry_point: string) => ['graph.start', { entry_point, run_id, exit_points: 1 }];
const started = (node: string, iteration: number) => ['node.start', { node, iteration }];
const done = (node: string, iteration: number) => ['node.complete', { node, iteration, error: false }];
const failed = (node: string, iteration: number, error_type: string, message: string) => [
  'node.complete',
  { node, iteration, error: true, error_type, message },
];
const saved = (node: string | null) => ['checkpoint.save', { node, run_id }];
const loaded = (node: string | null) => ['checkpoint.load', { node, run_id }];
const resumed = (checkpoint_node: string | null, resume_node: string | null) => [
  'checkpoint.resume',
  { checkpoint_node, resume_node, run_id },
];
const tried = (from: string, to: string, edge_index: number, has_predicate: boolean) => [
  'edge.evaluate',
  { from, to, edge_index, has_predicate },
];
const chosen = (from: string, to: string, edge_index: number, predicate_name: string | null) => [
  'edge.transition',
  { from, to, edge_index, predicate_name, predicate_result: true },
];
const straight = (from: string, to: string) => [tried(from, to, 0, false), chosen(from, to, 0, null)];
const reached = (exit_point: string, count: number) => [
  'graph.complete',
  { exit_point, iterations: count, path_length: count, error: false },
];
const stopped = (count: number, error_type: string, message: string) => [
  'graph.complete',
  { exit_point: null, iterations: count, path_length: count, error: true, error_type, message },
];
const set = ['state.set', { key: 'count' }];

/** `a`, and `b` where the predicate lets it. */
function pair(predicate: Predicate<Counter>, options: Partial<GraphOptions>) {
  return new StateGraph<Counter>({ name: 'pair', ...options })
    .addNode('a', addOne)
    .addNode('b', addOne)
    .addEdge('a', 'b', predicate, 'way')
    .setEntryPoint('a')
    .setExitPoint('b')
    .compile();
}

describe('the whole sequence of events of a loop with snapshots and checkpoints', () => {
  const first = [
    started('add', 1),
    ['state.clone', { keys: ['count'] }],
    ['state.merge', { keys: ['note'] }],
    set,
    done('add', 1),
    [
      'node.state',
      { node: 'add', iteration: 1, input_snapshot: { count: 0 }, output_snapshot: { count: 1, note: 'n' } },
    ],
    saved('add'),
  ];
  const again = [tried('add', 'done', 0, true), tried('add', 'add', 1, false), chosen('add', 'add', 1, 'again')];
  const second = [['cycle.detected', { node: 'add', visit_count: 2, iteration: 2, path_length: 2 }], started('add', 2)];

  test.each([
    [
      'fails',
      failed('add', 2, 'RangeError', 'no luck'),
      stopped(2, 'CHORALE_EXECUTION', "graph 'loop': node 'add' failed: no luck"),
    ],
    [
      'is cancelled',
      failed('add', 2, 'Error', 'enough'),
      stopped(2, 'CHORALE_GRAPH_CANCELLED', "graph 'loop': cancelled at node 'add': enough"),
    ],
  ])('that %s on its second visit, also when it is resumed', async (how, node, end) => {
    const { observer, told } = listen();
    let stop = new AbortController();
    const add: NodeFunction<Counter> = (state, context) => {
      if (context.iteration === 1) return addOne(state.clone().merge({ note: 'n' }), context);
      if (how === 'fails') throw new RangeError('no luck');
      stop.abort(new Error('enough'));
      throw stop.signal.reason;
    };
    const graph = loop(5, { observer, snapshots: true, checkpoints: { store: memoryStore() } }, add);
    await rejection(graph.run(start({ observer }), { signal: stop.signal }));
    expect(told()).toEqual([['state.create', {}], begun('add'), ...first, ...again, ...second, node, end]);
    stop = new AbortController();
    await rejection(graph.resume('r', { signal: stop.signal }));
    expect(told()).toEqual([loaded('add'), ...again, resumed('add', 'add'), begun('add'), ...second, node, end]);
  });

  test('that goes on after a cancellation between two visits', async () => {
    const { observer, told } = listen();
    const stop = new AbortController();
    const add: NodeFunction<Counter> = (state, context) => {
      stop.abort(new Error('enough'));
      return addOne(state, context);
    };
    const graph = loop(2, { observer, checkpoints: { store: memoryStore(), interval: 2 } }, add);
    await rejection(graph.run(start(), { signal: stop.signal }));
    expect(told()).toEqual([
      begun('add'),
      started('add', 1),
      set,
      done('add', 1),
      ...again,
      saved('add'),
      stopped(1, 'CHORALE_GRAPH_CANCELLED', "graph 'loop': cancelled at node 'add': enough"),
    ]);
    await graph.resume('r');
    expect(told()).toEqual([
      loaded('add'),
      ...again,
      resumed('add', 'add'),
      begun('add'),
      ...second,
      set,
      done('add', 2),
      saved('add'),
      tried('add', 'done', 0, true),
      chosen('add', 'done', 0, 'keyEquals(count)'),
      started('done', 3),
      done('done', 3),
      reached('done', 3),
    ]);
  });
});

describe('the whole sequence of events of a run', () => {
  test('that is cancelled before its first node, and of its resume', async () => {
    const { observer, told } = listen();
    const graph = line({ observer, checkpoints: { store: memoryStore(), interval: 0 } });
    await rejection(graph.run(start(), { signal: AbortSignal.abort(new Error('early')) }));
    expect(told()).toEqual([
      begun('a'),
      saved(null),
      stopped(0, 'CHORALE_GRAPH_CANCELLED', "graph 'line': cancelled at node 'a': early"),
    ]);
    await graph.resume('r');
    expect(told()).toEqual([
      loaded(null),
      resumed(null, 'a'),
      begun('a'),
      started('a', 1),
      set,
      done('a', 1),
      ...straight('a', 'b'),
      started('b', 2),
      set,
      done('b', 2),
      ...straight('b', 'c'),
      started('c', 3),
      set,
      done('c', 3),
      reached('c', 3),
    ]);
  });

  test.each<[string, Predicate<Counter>, string, string]>([
    ['finds no way', () => false, 'CHORALE_ROUTE', "graph 'pair', node 'a': no edge is true (known: 'a' -> 'b' (way))"],
    [
      'asks a predicate that fails',
      () => {
        throw new Error('no idea');
      },
      'CHORALE_EXECUTION',
      "graph 'pair': the predicate of edge 'a' -> 'b' (way) failed: no idea",
    ],
  ])('that %s, and of its resume', async (_, predicate, error_type, message) => {
    const { observer, told } = listen();
    const graph = pair(predicate, { observer, checkpoints: { store: memoryStore() } });
    await rejection(graph.run(start()));
    const way = tried('a', 'b', 0, true);
    const end = stopped(1, error_type, message);
    expect(told()).toEqual([begun('a'), started('a', 1), set, done('a', 1), saved('a'), way, end]);
    await rejection(graph.resume('r'));
    expect(told()).toEqual([loaded('a'), way, resumed('a', null), begun('a'), end]);
  });

  test('that reaches its limit of iterations', async () => {
    const { observer, told } = listen();
    await rejection(line({ observer, maxIterations: 1 }).run(start()));
    const message = "graph 'line': node 'b' would be number 2, and maxIterations is 1; the last nodes were: a";
    expect(told()).toEqual([
      begun('a'),
      started('a', 1),
      set,
      done('a', 1),
      ...straight('a', 'b'),
      stopped(1, 'CHORALE_STEP_LIMIT', message),
    ]);
  });

  test.each([
    [
      'cannot write the completion of a node',
      new Error('disk full'),
      'Error',
      'disk full',
      'CHORALE_EXECUTION',
      "graph 'line': the completion of node 'a' could not be written: disk full",
    ],
    [
      'another worker has taken over',
      new RunBusyError('r', 'taken over'),
      'CHORALE_RUN_BUSY',
      'run r: taken over',
      'CHORALE_RUN_BUSY',
      'run r: taken over',
    ],
  ])('that %s', async (_, problem, type, text, error_type, message) => {
    const { observer, told } = listen();
    const store = changed(() => ({ append: () => Promise.reject(problem) }));
    await rejection(line({ observer, checkpoints: { store } }).run(start()));
    expect(told()).toEqual([
      begun('a'),
      started('a', 1),
      set,
      failed('a', 1, type, text),
      stopped(1, error_type, message),
    ]);
  });

  test('that cannot write its own completion', async () => {
    const { observer, told } = listen();
    const store = changed(() => ({ remove: () => Promise.reject(new Error('disk full')) }));
    const graph = pair(() => true, { observer, checkpoints: { store, interval: 0 } });
    await rejection(pair(() => false, { checkpoints: { store, interval: 0 } }).run(start()));
    await rejection(graph.resume('r'));
    expect(told()).toEqual([
      loaded('a'),
      tried('a', 'b', 0, true),
      chosen('a', 'b', 0, 'way'),
      resumed('a', 'b'),
      begun('b'),
      started('b', 2),
      set,
      done('b', 2),
      saved('b'),
      stopped(2, 'CHORALE_EXECUTION', "graph 'pair': the completion of node 'b' could not be written: disk full"),
    ]);
  });

  test('that was over, and is resumed, looked at and forked', async () => {
    const store = memoryStore();
    await line({ checkpoints: { store, preserve: true } }).run(start());
    const { observer, told } = listen();
    const graph = line({ observer, checkpoints: { store, preserve: true } });
    await graph.resume('r');
    expect(told()).toEqual([loaded('c'), resumed('c', null), begun('c'), reached('c', 3)]);
    await graph.stateAt('r', 1);
    await graph.fork('r', { from: 2, runId: 'f' });
    await graph.history('r');
    expect(told()).toEqual([loaded('a'), loaded('b')]);
  });

  test('that is refused is empty', async () => {
    const { observer, told } = listen();
    const graph = line({ observer, checkpoints: { store: memoryStore() } }, { b: failing() });
    await rejection(graph.resume('r'));
    expect(told()).toEqual([]);
  });
});
