import { describe, expect, test } from 'vitest';
import {
  chainNode,
  conditionalNode,
  type ExecutionError,
  type NodeFunction,
  ParallelCancelledError,
  ParallelError,
  parallelNode,
  type State,
  StateGraph,
} from '../../../src/orchestration/index.js';
import { createRecordingObserver, type RecordingObserver } from '../../../src/testing/index.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { rejection } from './counter.js';

expectNothingUnhandled();

interface Desk {
  readonly numbers: readonly number[];
  readonly sum?: number;
  readonly failed?: readonly string[];
  readonly verdict?: string;
}

function run(node: NodeFunction<Desk>, numbers: number[], observer?: RecordingObserver, signal?: AbortSignal) {
  const graph = new StateGraph<Desk>({ name: 'desk', freeze: true, observer })
    .addNode('work', node)
    .setEntryPoint('work')
    .setExitPoint('work')
    .compile();
  return graph.run({ numbers }, { signal });
}

describe('a parallel node', () => {
  const tens = (failFast?: boolean) =>
    parallelNode<Desk, number, number>({
      items: (state) => state.get('numbers'),
      processor: async (n) => {
        if (n < 0) throw new Error(`${n} is negative`);
        return n * 10;
      },
      aggregate: ({ results, errors, outcomes }, state) =>
        state
          .set(
            'sum',
            results.reduce((sum, n) => sum + n, 0),
          )
          .set(
            'failed',
            errors.map(({ index, error }) => `${index}/${outcomes.length}: ${(error as Error).message}`),
          ),
      maxWorkers: 2,
      failFast,
    });

  test('may wait for its items, and fails with what they fail with', async () => {
    const later = (items: () => Promise<readonly number[]>) =>
      parallelNode<Desk, number, number>({
        items,
        processor: (n) => n,
        aggregate: ({ results }, state) => state.set('sum', results.length),
      });
    expect(
      (
        await run(
          later(async () => [7, 8]),
          [],
        )
      ).state.get('sum'),
    ).toBe(2);
    const error = await rejection(
      run(
        later(() => Promise.reject(new Error('no list'))),
        [],
      ),
    );
    expect(error.message).toBe("graph 'desk': node 'work' failed: no list");
  });

  test('takes its items from the state and aggregates the results', async () => {
    const observer = createRecordingObserver();
    const { state } = await run(tens(), [1, 2, 3], observer);
    expect([state.get('sum'), state.get('failed')]).toEqual([60, []]);
    expect(observer.types().slice(0, 4)).toEqual(['state.create', 'graph.start', 'node.start', 'parallel.start']);
    expect(observer.ofType('worker.complete')).toHaveLength(3);
  });

  test('shows the aggregator the errors, too', async () => {
    const { state } = await run(tens(false), [1, -2, 3]);
    expect([state.get('sum'), state.get('failed')]).toEqual([40, ['1/3: -2 is negative']]);
  });

  test('lets the aggregator decide also when all items failed', async () => {
    const { state } = await run(tens(false), [-1, -2]);
    expect(state.get('failed')).toEqual(['0/2: -1 is negative', '1/2: -2 is negative']);
  });

  test('fails with the first item otherwise', async () => {
    const error = await rejection<ExecutionError>(run(tens(), [1, -2]));
    expect(error.cause).toBeInstanceOf(ParallelError);
    expect(error.message).toBe("graph 'desk': node 'work' failed: parallel execution failed: item 1: -2 is negative");
  });

  test('stops with the run', async () => {
    const controller = new AbortController();
    const seen: unknown[] = [];
    const node = parallelNode<Desk, number, number>({
      items: (state) => state.get('numbers'),
      processor: (_, { signal }) => {
        controller.abort(new Error('enough'));
        throw signal.reason;
      },
      aggregate: (_, state) => state,
      failFast: false,
    });
    const watched: NodeFunction<Desk> = async (state, context) => {
      try {
        return await node(state, context);
      } catch (error) {
        seen.push(error);
        throw error;
      }
    };
    expect(await rejection(run(watched, [1], undefined, controller.signal))).toMatchObject({
      name: 'GraphCancelledError',
      cause: { message: 'enough' },
    });
    expect(seen[0]).toBeInstanceOf(ParallelCancelledError);
  });

  test.each(['items', 'processor', 'aggregate'])('is refused without %s', (key) => {
    const whole = { items: () => [], processor: () => 1, aggregate: (_: unknown, state: State<object>) => state };
    expect(() => parallelNode({ ...whole, [key]: 5 })).toThrow(`option ${key} must be a function`);
  });
});

describe('a chain node', () => {
  const total = chainNode<Desk, number>({
    items: (state) => state.get('numbers'),
    processor: async (n, state) => {
      if (n < 0) throw new Error(`${n} is negative`);
      return state.set('sum', (state.get('sum') ?? 0) + n);
    },
  });

  test('folds items of the state into the state', async () => {
    const observer = createRecordingObserver();
    expect((await run(total, [1, 2, 3], observer)).state.get('sum')).toBe(6);
    expect(observer.ofType('step.complete')).toHaveLength(3);
    expect((await run(total, [])).state.has('sum')).toBe(false);
  });

  test('tells of its progress', async () => {
    const seen: unknown[] = [];
    const node = chainNode<Desk, number>({
      items: (state) => state.get('numbers'),
      processor: (n, state) => state.set('sum', n),
      onProgress: (done, of, state) => seen.push([done, of, state.get('sum')]),
    });
    await run(node, [5, 6]);
    expect(seen).toEqual([
      [1, 2, 5],
      [2, 2, 6],
    ]);
  });

  test('fails with its step', async () => {
    const error = await rejection(run(total, [1, -2]));
    expect(error.message).toBe("graph 'desk': node 'work' failed: chain failed at step 1: -2 is negative");
  });

  test('is refused without items or processor', () => {
    expect(() => chainNode({ items: 1 as never, processor: (_, state) => state })).toThrow('option items');
    expect(() => chainNode({ items: () => [], processor: 1 as never })).toThrow('option processor');
  });
});

describe('a conditional node', () => {
  const classify = (withDefault: boolean) =>
    conditionalNode<Desk, 'many' | 'few' | 'none'>(
      (state) => (state.get('numbers').length > 1 ? 'many' : state.get('numbers').length === 1 ? 'few' : 'none'),
      withDefault
        ? {
            handlers: { many: (state) => state.set('verdict', 'many') },
            default: (state, { route }) => state.set('verdict', `default for ${route}`),
          }
        : {
            handlers: {
              many: (state) => state.set('verdict', 'many'),
              few: async (state) => state.set('verdict', 'few'),
              none: () => {
                throw new Error('nothing there');
              },
            },
          },
    );

  test('chooses a handler by the state', async () => {
    const observer = createRecordingObserver();
    expect((await run(classify(false), [1], observer)).state.get('verdict')).toBe('few');
    expect((await run(classify(true), [1, 2])).state.get('verdict')).toBe('many');
    expect((await run(classify(true), [])).state.get('verdict')).toBe('default for none');
    expect(observer.types()).toEqual([
      'state.create',
      'graph.start',
      'node.start',
      'route.evaluate',
      'route.select',
      'state.set',
      'route.execute',
      'node.complete',
      'graph.complete',
    ]);
  });

  test('fails with its handler, or where there is none, telling those that there are', async () => {
    expect((await rejection(run(classify(false), []))).message).toContain("route 'none' failed: nothing there");
    const open = conditionalNode<Desk, string>(() => 'x', { handlers: { a: (state) => state, b: (state) => state } });
    expect((await rejection(run(open, []))).message).toMatch(/no handler for 'x' \(known: a, b\)/);
  });

  test('is refused without a predicate or handlers', () => {
    expect(() => conditionalNode(1 as never, { handlers: {} })).toThrow('option predicate must be a function');
    expect(() => conditionalNode(() => 'a', {} as never)).toThrow('option handlers must be an object of functions');
    expect(() => conditionalNode(() => 'a', undefined as never)).toThrow('option handlers');
  });
});
