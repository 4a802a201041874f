import { describe, expect, test, vi } from 'vitest';
import type { Event } from '../../../src/foundation/events/event.js';
import { noopObserver, State } from '../../../src/orchestration/index.js';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { addOne, type Counter, failing, line, loop, rejection } from './counter.js';

/** A graph of three nodes or a loop with everything recorded, in a run called `r`. */
function recorded() {
  const observer = createRecordingObserver();
  const runtime = createManualClock({ epochMs: 5 });
  const initial = State.create<Counter>({ count: 0 }, { runId: 'r', runtime, observer });
  const told = () => observer.events.map(({ type, source, data }) => `${source} ${type} ${JSON.stringify(data)}`);
  return { observer, runtime, initial, told };
}

/** Lines as `told` gives them; what has no source is of the graph. */
const tell = (source: string, ...lines: readonly (readonly [Event['type'], object])[]) =>
  lines.map(([type, data]) => `${type.startsWith('state.') ? 'state' : source} ${type} ${JSON.stringify(data)}`);

describe('the whole sequence of events', () => {
  test('of a run with a loop and snapshots that succeeds', async () => {
    const { observer, runtime, initial, told } = recorded();
    await loop(2, { observer, runtime, snapshots: true }).run(initial);
    const edge = (to: string, index: number, has: boolean) => ({
      from: 'add',
      to,
      edge_index: index,
      has_predicate: has,
    });
    expect(told()).toEqual(
      tell(
        'loop',
        ['state.create', {}],
        ['graph.start', { entry_point: 'add', run_id: 'r', exit_points: 1 }],
        ['node.start', { node: 'add', iteration: 1 }],
        ['state.set', { key: 'count' }],
        ['node.complete', { node: 'add', iteration: 1, error: false }],
        ['node.state', { node: 'add', iteration: 1, input_snapshot: { count: 0 }, output_snapshot: { count: 1 } }],
        ['edge.evaluate', edge('done', 0, true)],
        ['edge.evaluate', edge('add', 1, false)],
        ['edge.transition', { from: 'add', to: 'add', edge_index: 1, predicate_name: 'again', predicate_result: true }],
        ['cycle.detected', { node: 'add', visit_count: 2, iteration: 2, path_length: 2 }],
        ['node.start', { node: 'add', iteration: 2 }],
        ['state.set', { key: 'count' }],
        ['node.complete', { node: 'add', iteration: 2, error: false }],
        ['node.state', { node: 'add', iteration: 2, input_snapshot: { count: 1 }, output_snapshot: { count: 2 } }],
        ['edge.evaluate', edge('done', 0, true)],
        [
          'edge.transition',
          { from: 'add', to: 'done', edge_index: 0, predicate_name: 'keyEquals(count)', predicate_result: true },
        ],
        ['node.start', { node: 'done', iteration: 3 }],
        ['node.complete', { node: 'done', iteration: 3, error: false }],
        ['node.state', { node: 'done', iteration: 3, input_snapshot: { count: 2 }, output_snapshot: { count: 2 } }],
        ['graph.complete', { exit_point: 'done', iterations: 3, path_length: 3, error: false }],
      ),
    );
    expect(observer.events.every(({ timestamp }) => timestamp === 5)).toBe(true);
  });

  const lines = {
    saved: (node: string | null) => ['checkpoint.save', { node, run_id: 'r' }] as const,
    started: (node: string, iteration: number) => ['node.start', { node, iteration }] as const,
    done: (node: string, iteration: number) => ['node.complete', { node, iteration, error: false }] as const,
    edge: (from: string, to: string) =>
      [
        ['edge.evaluate', { from, to, edge_index: 0, has_predicate: false }],
        ['edge.transition', { from, to, edge_index: 0, predicate_name: null, predicate_result: true }],
      ] as const,
    set: ['state.set', { key: 'count' }] as const,
    begun: ['graph.start', { entry_point: 'a', run_id: 'r', exit_points: 1 }] as const,
  };

  test('of a run with checkpoints that fails, and of its resume', async () => {
    const { observer, runtime, initial, told } = recorded();
    const b = failing();
    const graph = line({ observer, runtime, checkpoints: { store: memoryStore() } }, { b });
    await rejection(graph.run(initial));
    const failure = { error: true, error_type: 'Error', message: 'no luck' };
    const first = tell(
      'line',
      ['state.create', {}],
      lines.begun,
      lines.started('a', 1),
      lines.set,
      lines.done('a', 1),
      lines.saved('a'),
      ...lines.edge('a', 'b'),
      lines.started('b', 2),
      ['node.complete', { node: 'b', iteration: 2, ...failure }],
      [
        'graph.complete',
        {
          exit_point: null,
          iterations: 2,
          path_length: 2,
          error: true,
          error_type: 'CHORALE_EXECUTION',
          message: "graph 'line': node 'b' failed: no luck",
        },
      ],
    );
    expect(told()).toEqual(first);
    b.broken = false;
    await graph.resume('r');
    expect(told().slice(first.length)).toEqual(
      tell(
        'line',
        ['checkpoint.load', { node: 'a', run_id: 'r' }],
        ...lines.edge('a', 'b'),
        ['checkpoint.resume', { checkpoint_node: 'a', resume_node: 'b', run_id: 'r' }],
        ['graph.start', { entry_point: 'b', run_id: 'r', exit_points: 1 }],
        lines.started('b', 2),
        lines.set,
        lines.done('b', 2),
        lines.saved('b'),
        ...lines.edge('b', 'c'),
        lines.started('c', 3),
        lines.set,
        lines.done('c', 3),
        lines.saved('c'),
        ['graph.complete', { exit_point: 'c', iterations: 3, path_length: 3, error: false }],
      ),
    );
  });

  test('of a run that saves on failures only, and is cancelled in a node', async () => {
    const { observer, runtime, initial, told } = recorded();
    const controller = new AbortController();
    const graph = line(
      { observer, runtime, checkpoints: { store: memoryStore(), interval: 0 } },
      {
        b: async () => {
          controller.abort(new Error('enough'));
          throw controller.signal.reason;
        },
      },
    );
    await rejection(graph.run(initial, { signal: controller.signal }));
    expect(told()).toEqual(
      tell(
        'line',
        ['state.create', {}],
        lines.begun,
        lines.started('a', 1),
        lines.set,
        lines.done('a', 1),
        ...lines.edge('a', 'b'),
        lines.started('b', 2),
        ['node.complete', { node: 'b', iteration: 2, error: true, error_type: 'Error', message: 'enough' }],
        lines.saved('a'),
        [
          'graph.complete',
          {
            exit_point: null,
            iterations: 2,
            path_length: 2,
            error: true,
            error_type: 'CHORALE_GRAPH_CANCELLED',
            message: "graph 'line': cancelled at node 'b': enough",
          },
        ],
      ),
    );
  });
});

describe('events', () => {
  test('tell of the state that a run makes of plain data', async () => {
    const { observer, told } = recorded();
    await line({ observer }).run({ count: 0 });
    expect(told().filter((one) => one.startsWith('state '))).toEqual([
      'state state.create {}',
      'state state.create {}',
      'state state.set {"key":"count"}',
      'state state.set {"key":"count"}',
      'state state.set {"key":"count"}',
    ]);
  });

  test('hold no secret, whatever a node or an observer of its own says', async () => {
    const { observer, initial } = recorded();
    const graph = line(
      { observer, snapshots: true, checkpoints: { store: memoryStore() } },
      {
        b(state, { observer: mine }) {
          const data = { node: 'x', iteration: 1, error: true, error_type: 'Error', message: 'pw123 is wrong' };
          mine.onEvent({ type: 'node.complete', timestamp: 0, source: 'mine', data });
          throw new Error(`login with ${state.secret('password')} failed`);
        },
      },
    );
    await rejection(graph.run(initial.withSecret('password', 'pw123')));
    const text = JSON.stringify(observer.events);
    expect(text).toContain('[secret password] is wrong');
    expect(text).toContain('login with [secret password] failed');
    expect(text).not.toContain('pw123');
  });

  test('are not made where nobody listens', async () => {
    const { graph, seen } = (() => {
      const seen: unknown[] = [];
      const graph = line(
        { observer: 'noop' },
        {
          a: (state, context) => {
            seen.push(context.observer);
            return addOne(state, context);
          },
        },
      );
      return { graph, seen };
    })();
    await graph.run({ count: 0 });
    expect(seen).toEqual([noopObserver]);
  });

  test('an observer that throws is dropped once, for the graph, its state and its nodes', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    let calls = 0;
    const observer = {
      onEvent() {
        calls += 1;
        throw new Error('bad observer');
      },
    };
    const result = await line({ observer }).run({ count: 0 });
    expect([result.iterations, calls]).toEqual([3, 1]);
    expect(warn.mock.calls.map(([warning]) => warning)).toEqual([
      'an observer threw and is ignored from now on: bad observer',
    ]);
    warn.mockRestore();
  });
});
