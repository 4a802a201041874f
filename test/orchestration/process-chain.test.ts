import fc from 'fast-check';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import { ChainCancelledError, ChainError, type ChainResult, processChain } from '../../src/orchestration/index.js';
import { countListeners } from '../foundation/count-listeners.js';
import { createDeferred } from './parallel/deferred.js';
import { settled } from './parallel/gates.js';
import { expectNothingUnhandled } from './parallel/unhandled.js';

expectNothingUnhandled();

const join = (item: string, state: string) => state + item;

async function failureOf(run: Promise<unknown>): Promise<ChainError> {
  const error = await run.then(
    () => expect.fail('the chain resolved'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ChainError);
  return error as ChainError;
}

describe('a chain', () => {
  test('folds the items into the state, in order', async () => {
    expect(await processChain(['a', 'b', 'c'], '', async (item, state) => join(item, state))).toEqual({
      final: 'abc',
      steps: 3,
    });
  });

  test('of no items gives the initial state', async () => {
    expect(await processChain([], 'start', join)).toEqual({ final: 'start', steps: 0 });
  });

  test('tells each step its position and a signal', async () => {
    const seen: [number, boolean][] = [];
    await processChain(['a', 'b'], '', (item, state, { index, signal }) => {
      seen.push([index, signal.aborted]);
      return join(item, state);
    });
    expect(seen).toEqual([
      [0, false],
      [1, false],
    ]);
  });

  test('does one step at a time', async () => {
    const gate = createDeferred<string>();
    const started: string[] = [];
    const run = processChain(['a', 'b'], '', (item, state) => {
      started.push(item);
      return item === 'a' ? gate.promise : join(item, state);
    });
    await settled();
    expect(started).toEqual(['a']);
    gate.resolve('x');
    expect((await run).final).toBe('xb');
  });

  test('works on the items as they were at the call', async () => {
    const items = ['a', 'b'];
    const { final } = await processChain(items, '', (item, state) => {
      items.push('c');
      return join(item, state);
    });
    expect(final).toBe('ab');
  });

  test('captures one state more than items', async () => {
    const options = { captureIntermediate: true };
    expect(await processChain(['a', 'b'], '', join, options)).toEqual({
      final: 'ab',
      steps: 2,
      intermediate: ['', 'a', 'ab'],
    });
    expect(await processChain([], 'start', join, options)).toEqual({
      final: 'start',
      steps: 0,
      intermediate: ['start'],
    });
  });

  test('tells the progress after each step', async () => {
    const onProgress = vi.fn();
    await processChain(['a', 'b'], '', join, { onProgress });
    expect(onProgress.mock.calls).toEqual([
      [1, 2, 'a'],
      [2, 2, 'ab'],
    ]);
  });

  test('drops a progress callback that throws, after one warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const onProgress = vi.fn(() => {
      throw new Error('boom');
    });
    expect((await processChain(['a', 'b'], '', join, { onProgress })).final).toBe('ab');
    expect(onProgress).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });
});

describe('a step that fails', () => {
  test('ends the chain with the last good state', async () => {
    const boom = new Error('boom');
    const error = await failureOf(
      processChain(
        ['a', 'b', 'c', 'd'],
        '',
        async (item, state) => {
          if (item === 'c') throw boom;
          return join(item, state);
        },
        { captureIntermediate: true },
      ),
    );
    expect(error).not.toBeInstanceOf(ChainCancelledError);
    expect(error).toMatchObject({
      name: 'ChainError',
      code: 'CHORALE_CHAIN',
      message: 'chain failed at step 2: boom',
      stepIndex: 2,
      item: 'c',
      state: 'ab',
      steps: 2,
      intermediate: ['', 'a', 'ab'],
    });
    expect(error.cause).toBe(boom);
  });

  test.each([
    ['a throw', 'chain failed at step 0: at once', new Error('at once')],
    ['a throw of nothing', 'chain failed at step 0: undefined', undefined],
    ['a throw of a text', 'chain failed at step 0: text', 'text'],
  ])('is told the same way after %s', async (_, message, thrown) => {
    const error = await failureOf(
      processChain([1], 'start', () => {
        throw thrown;
      }),
    );
    expect(error).toMatchObject({ message, state: 'start', steps: 0, intermediate: undefined, cause: thrown });
  });
});

describe('cancellation', () => {
  test('before the first step does nothing', async () => {
    const processor = vi.fn(join);
    const error = await failureOf(processChain(['a'], 'start', processor, { signal: AbortSignal.abort('enough') }));
    expect(processor).not.toHaveBeenCalled();
    expect(error).toBeInstanceOf(ChainCancelledError);
    expect(error).toMatchObject({
      name: 'ChainCancelledError',
      code: 'CHORALE_CHAIN_CANCELLED',
      message: 'chain cancelled at step 0: enough',
      stepIndex: 0,
      item: 'a',
      state: 'start',
      steps: 0,
      cause: 'enough',
    });
  });

  test('of no items does not matter', async () => {
    expect((await processChain([], 1, () => 2, { signal: AbortSignal.abort() })).final).toBe(1);
  });

  test('is checked before each step', async () => {
    const controller = new AbortController();
    const error = await failureOf(
      processChain(
        ['a', 'b', 'c'],
        '',
        (item, state) => {
          if (item === 'b') controller.abort('enough');
          return join(item, state);
        },
        { signal: controller.signal },
      ),
    );
    expect(error).toMatchObject({ stepIndex: 2, item: 'c', state: 'ab', steps: 2, cause: 'enough' });
  });

  test('makes a rejection of the step in work a cancellation, with the reason as cause', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const run = failureOf(
      processChain(
        ['a', 'b'],
        '',
        (_, __, { signal }) =>
          new Promise<string>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error('wrapped')), { once: true });
          }),
        { signal: controller.signal },
      ),
    );
    await settled();
    controller.abort(reason);
    const error = await run;
    expect(error).toBeInstanceOf(ChainCancelledError);
    expect(error).toMatchObject({ stepIndex: 0, item: 'a', state: '', message: 'chain cancelled at step 0: enough' });
    expect(error.cause).toBe(reason);
  });

  test('after the last step is too late', async () => {
    const controller = new AbortController();
    const run = processChain(['a'], '', join, { signal: controller.signal, onProgress: () => controller.abort() });
    expect((await run).final).toBe('a');
  });

  test('waits for a step that ignores it', async () => {
    const controller = new AbortController();
    const gate = createDeferred<string>();
    let ended = false;
    const run = failureOf(processChain(['a', 'b'], '', () => gate.promise, { signal: controller.signal }));
    void run.then(() => {
      ended = true;
    });
    await settled();
    controller.abort('enough');
    await settled();
    expect(ended).toBe(false);
    gate.resolve('x');
    expect(await run).toMatchObject({ stepIndex: 1, state: 'x', steps: 1 });
  });

  test('leaves no listener', async () => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    await processChain(['a', 'b'], '', join, { signal });
    expect(listeners.count).toBe(0);
  });
});

test.each<[string, () => Promise<unknown>, string]>([
  [
    'items',
    () => processChain('ab' as never, '', join),
    "option items must be an array, an iterable or async iterable, but is 'ab' (string)",
  ],
  ['processor', () => processChain([], '', 1 as never), 'option processor must be a function, but is 1 (number)'],
  [
    'captureIntermediate',
    () => processChain([], '', join, { captureIntermediate: 1 as never }),
    'option captureIntermediate must be true or false, but is 1 (number)',
  ],
  [
    'signal',
    () => processChain([], '', join, { signal: {} as never }),
    'option signal must be an AbortSignal, but is an object',
  ],
  [
    'onProgress',
    () => processChain([], '', join, { onProgress: 'x' as never }),
    "option onProgress must be a function, but is 'x' (string)",
  ],
  ['observer', () => processChain([], '', join, { observer: 'nobody' }), 'unknown observer: nobody'],
])('a wrong %s is refused before any work', async (_, call, message) => {
  await expect(call()).rejects.toThrow(message);
});

test('any chain gives what a loop gives, and captures every state', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer()), fc.option(fc.nat(20), { nil: -1 }), async (items, failAt) => {
      const states = [[] as number[]];
      for (const item of items.slice(0, failAt < 0 ? undefined : failAt)) states.push([...(states.at(-1) ?? []), item]);
      const run = processChain(
        items,
        [] as readonly number[],
        async (item, state, { index }) => {
          if (index === failAt) throw new Error('boom');
          return [...state, item];
        },
        { captureIntermediate: true },
      );
      if (failAt >= 0 && failAt < items.length) {
        const { state, intermediate, steps } = await failureOf(run);
        expect({ state, intermediate, steps }).toEqual({ state: states.at(-1), intermediate: states, steps: failAt });
      } else {
        expect(await run).toEqual({ final: items, steps: items.length, intermediate: states });
      }
    }),
  );
});

test('the compiler knows the state', async () => {
  const run = processChain([1, 2], { sum: 0 }, (item, state) => ({ sum: state.sum + item }));
  expectTypeOf(run).resolves.toEqualTypeOf<ChainResult<{ sum: number }>>();
  // @ts-expect-error: a step must give the state
  await processChain([1], { sum: 0 }, (item) => item);
});
