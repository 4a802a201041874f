import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  ChainCancelledError,
  ChainError,
  type ChainResult,
  ExecutionError,
  GraphCancelledError,
  ParallelCancelledError,
  ParallelError,
  type ParallelResult,
  parallelNode,
  processChain,
  processConditional,
  processParallel,
  type State,
  StateGraph,
  StepLimitError,
  TaskError,
} from '../../src/orchestration/index.js';

describe('the type of a route', () => {
  it('is that of one of its handlers', async () => {
    const sizeOf = (n: number) => (n > 5 ? 'large' : 'small');
    const handlers = { large: (n: number) => n, small: async () => ({ small: true }) };
    expectTypeOf(processConditional(7, sizeOf, { handlers })).resolves.toEqualTypeOf<number | { small: boolean }>();
    const inPlace = await processConditional(7, sizeOf, {
      handlers: {
        large: (n, { route, signal }) => {
          expectTypeOf([n, route, signal]).toEqualTypeOf<(number | AbortSignal | 'large' | 'small')[]>();
          return `${n}`;
        },
        small: async (n) => n,
      },
    });
    expectTypeOf(inPlace).toEqualTypeOf<string | number>();
    expect(inPlace).toBe('7');
    const withDefault = processConditional(3, sizeOf, {
      handlers: { large: () => 'large' },
      default: async () => null,
    });
    expectTypeOf(withDefault).resolves.toEqualTypeOf<string | null>();
    expect(await withDefault).toBeNull();
  });

  it('does not compile with a handler too few, too many or of another state', () => {
    const sizeOf = (n: number) => (n > 5 ? 'large' : 'small');
    const wrong = () => [
      // @ts-expect-error 'small' has no handler
      processConditional(7, sizeOf, { handlers: { large: () => 1 } }),
      // @ts-expect-error there is no route 'medium'
      processConditional(7, sizeOf, { handlers: { large: () => 1, small: () => '', medium: () => null } }),
      // @ts-expect-error there is no route 'medium', default or not
      processConditional(7, sizeOf, { handlers: { large: () => 1, medium: () => '' }, default: () => 1 }),
      // @ts-expect-error the state is a number
      processConditional(7, sizeOf, { handlers: { large: (text: string) => text, small: () => 1 } }),
      // @ts-expect-error the state is a number
      processConditional(7, sizeOf, { handlers: { large: () => 1 }, default: (text: string) => text }),
    ];
    expectTypeOf(wrong).toBeFunction();
  });
});

describe('the state of a chain that begins with []', () => {
  it('is what the steps return', async () => {
    const result = await processChain(['a', 'bc'], [], async (word, lengths) => [...lengths, word.length], {
      onProgress: (_, __, lengths) => expectTypeOf(lengths).toEqualTypeOf<number[]>(),
    });
    expectTypeOf(result).toEqualTypeOf<ChainResult<number[]>>();
    expect(result.final).toEqual([1, 2]);
    const named = processChain([1, 2], [], (n, state) => [...state, { n, at: state.length }]);
    expectTypeOf(named).resolves.toEqualTypeOf<ChainResult<{ n: number; at: number }[]>>();
  });

  it('is what the steps, or the type arguments, say', () => {
    const said = processChain([1, 2], [], (n, state: number[]) => state.concat(n));
    expectTypeOf(said).resolves.toEqualTypeOf<ChainResult<number[]>>();
    const argued = processChain<number, string[]>([1, 2], [], (n, state) => state.concat(`${n}`));
    expectTypeOf(argued).resolves.toEqualTypeOf<ChainResult<string[]>>();
  });

  it('does not compile where a step returns another type than it takes', () => {
    const wrong = () => [
      // @ts-expect-error the next step would get numbers
      processChain([1, 2], [], (n, state: string[]) => [...state, n]),
      // @ts-expect-error a number is not an array
      processChain([1, 2], [], (n) => n),
      // @ts-expect-error the state is an array of texts
      processChain([1, 2], ['a'], (n, state) => [...state, n]),
      // @ts-expect-error the state is a number
      processChain([1, 2], 0, (n, sum) => `${sum}${n}`),
      // @ts-expect-error what the array holds is not known
      processChain([1, 2], [], (n, state) => state.map((one) => one.length + n)),
    ];
    expectTypeOf(wrong).toBeFunction();
  });
});

describe('an error after instanceof', () => {
  it('has a typed result or state, and no any', () => {
    const check = (error: unknown) => {
      if (error instanceof ParallelError) expectTypeOf(error.result).toEqualTypeOf<ParallelResult>();
      if (error instanceof ParallelCancelledError) expectTypeOf(error.result).toEqualTypeOf<ParallelResult>();
      if (error instanceof TaskError) expectTypeOf(error.item).toEqualTypeOf<unknown>();
      if (error instanceof ChainError) {
        expectTypeOf(error.state).toEqualTypeOf<unknown>();
        expectTypeOf(error.intermediate).toEqualTypeOf<unknown[] | undefined>();
      }
      if (error instanceof ChainCancelledError) expectTypeOf(error).toEqualTypeOf<ChainCancelledError>();
      if (error instanceof ExecutionError) {
        expectTypeOf(error.state.data).toEqualTypeOf<object>();
        expectTypeOf(error.state.get('tries')).toEqualTypeOf<unknown>();
        expectTypeOf(error.path).toEqualTypeOf<readonly string[]>();
      }
      const Either = Math.random() < 0.5 ? GraphCancelledError : StepLimitError;
      if (error instanceof Either) expectTypeOf(error.state.runId).toEqualTypeOf<string>();
    };
    expectTypeOf(check).toBeFunction();
  });

  it('keeps the types that it had', () => {
    const check = (error: ChainError<string, number> | RangeError) => {
      if (error instanceof ChainError) expectTypeOf(error.state).not.toBeAny();
      else expectTypeOf(error).toEqualTypeOf<RangeError>();
    };
    expectTypeOf(check).toBeFunction();
    expectTypeOf<ExecutionError<State<{ tries: number }>>['state']>().toEqualTypeOf<State<{ tries: number }>>();
  });

  it('is told from other errors', async () => {
    const parallel = await processParallel([1], () => Promise.reject(new Error('no'))).catch((error: unknown) => error);
    const chain = await processChain([1], 0, () => Promise.reject(new Error('no'))).catch((error: unknown) => error);
    const stopped = await processChain([1], 0, () => 1, { signal: AbortSignal.abort() }).catch(
      (error: unknown) => error,
    );
    expect([parallel, chain, stopped].map((error) => error instanceof ParallelError)).toEqual([true, false, false]);
    expect([parallel, chain, stopped].map((error) => error instanceof ChainError)).toEqual([false, true, true]);
    expect([parallel, chain, stopped].map((error) => error instanceof ChainCancelledError)).toEqual([
      false,
      false,
      true,
    ]);
    expect([null, undefined, 1, {}, Object.create(ChainError.prototype)].map((x) => x instanceof ChainError)).toEqual([
      ...[false, false, false, false, true],
    ]);
  });
});

describe('results', () => {
  it('fit into a state of ordinary arrays', async () => {
    interface Words {
      words: string[];
      lengths?: number[];
      failed?: string[];
      visited?: string[];
    }
    const measure = parallelNode<Words, string, number>({
      items: (state) => state.get('words'),
      processor: (word) => word.length,
      aggregate: ({ results, errors }, state) =>
        state.merge({ lengths: results, failed: errors.map(({ item }) => item) }),
    });
    const graph = new StateGraph<Words>({ name: 'words' })
      .addNode('measure', measure)
      .setEntryPoint('measure')
      .setExitPoint('measure')
      .compile();
    const { state, path } = await graph.run({ words: ['a', 'bc'] });
    expect(state.set('visited', path).data).toEqual({ words: ['a', 'bc'], lengths: [1, 2], failed: [], visited: path });
    const { results, errors, outcomes } = await processParallel([3, 1, 2], (n) => n);
    results.sort();
    expectTypeOf([results, errors, outcomes]).toExtend<unknown[][]>();
    expect(results).toEqual([1, 2, 3]);
  });
});
