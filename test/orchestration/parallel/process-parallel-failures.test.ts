import { describe, expect, test, vi } from 'vitest';
import { ParallelError, type ParallelResult, processParallel, TaskError } from '../../../src/orchestration/index.js';
import { hostileValues } from '../../foundation/errors/hostile-values.js';
import { createGates, settled } from './gates.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

async function failureOf(run: Promise<unknown>): Promise<ParallelError> {
  const error = await run.then(
    () => expect.fail('the run resolved'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ParallelError);
  return error as ParallelError;
}

const statuses = (result: ParallelResult<unknown, unknown>) => result.outcomes.map(({ status }) => status);

describe('with fail-fast, which is the default', () => {
  test('the first failure rejects the run, once every started processor has settled', async () => {
    const gates = createGates();
    const boom = new Error('boom');
    let ended = false;
    const run = processParallel(['a', 'b', 'c', 'd'], gates.processor, { maxWorkers: 3 });
    run.catch(() => {
      ended = true;
    });
    await settled();
    await gates.fail(1, boom);
    await gates.open(0);
    expect(ended).toBe(false);
    expect(gates.waiting).toEqual([2]);
    await gates.open(2);
    expect(ended).toBe(true);

    const { message, errors, result } = await failureOf(run);
    expect(message).toBe('parallel execution failed: item 1: boom');
    expect(errors).toEqual([boom]);
    expect(result.results).toEqual(['value of 0', 'value of 2']);
    expect(result.errors).toEqual([new TaskError(1, 'b', boom)]);
    expect(statuses(result)).toEqual(['ok', 'failed', 'ok', 'not_started']);
  });

  test('the first failure aborts the signal of the others, with the TaskError as reason', async () => {
    const gates = createGates();
    const failure = failureOf(processParallel(['a', 'b', 'c', 'd'], gates.obedient, { maxWorkers: 3 }));
    await settled();
    await gates.fail(1, 'boom');
    const { message, result } = await failure;
    expect(message).toBe('parallel execution failed: item 1: boom');
    const reason = new TaskError(1, 'b', 'boom');
    expect(gates.started[0]?.signal.reason).toEqual(reason);
    expect(result.outcomes).toEqual([
      { status: 'cancelled', index: 0, error: reason },
      { status: 'failed', index: 1, error: 'boom' },
      { status: 'cancelled', index: 2, error: reason },
      { status: 'not_started', index: 3 },
    ]);
  });

  test('what fails after the first failure is cancelled and no failure', async () => {
    const gates = createGates();
    const failure = failureOf(processParallel([1, 2], gates.processor, { maxWorkers: 2 }));
    await settled();
    await gates.fail(1, 'first');
    await gates.fail(0, 'second');
    const { errors, result } = await failure;
    expect(errors).toEqual(['first']);
    expect(statuses(result)).toEqual(['cancelled', 'failed']);
  });

  test('the failure of the last item rejects, too', async () => {
    const run = processParallel([1, 2, 3], (n) => (n === 3 ? Promise.reject(new Error('last')) : n), { maxWorkers: 1 });
    const { message, result } = await failureOf(run);
    expect(message).toBe('parallel execution failed: item 2: last');
    expect(result.results).toEqual([1, 2]);
  });

  test('nothing further starts after a failure', async () => {
    const started: number[] = [];
    const processor = async (n: number) => {
      started.push(n);
      if (n === 2) throw new Error('boom');
    };
    await failureOf(processParallel([0, 1, 2, 3, 4, 5], processor, { maxWorkers: 1 }));
    expect(started).toEqual([0, 1, 2]);
  });
});

describe('without fail-fast', () => {
  test('everything runs, and errors tell the failures in input order', async () => {
    const gates = createGates();
    const run = processParallel(['a', 'b', 'c', 'd'], gates.processor, { failFast: false, maxWorkers: 4 });
    await settled();
    await gates.fail(3, 'late');
    await gates.fail(1, 'early');
    await gates.open(2, 0);
    const result = await run;
    expect(result.results).toEqual(['value of 0', 'value of 2']);
    expect(result.errors).toEqual([new TaskError(1, 'b', 'early'), new TaskError(3, 'd', 'late')]);
    expect(result.errors.map(({ index, item, error }) => ({ index, item, error }))).toEqual([
      { index: 1, item: 'b', error: 'early' },
      { index: 3, item: 'd', error: 'late' },
    ]);
    expect(statuses(result)).toEqual(['ok', 'failed', 'ok', 'failed']);
    expect(gates.started.every(({ signal }) => !signal.aborted)).toBe(true);
  });

  test('the run rejects when all items failed, with their messages by frequency', async () => {
    const items = Array.from({ length: 15 }, (_, index) => index);
    const processor = (n: number) => Promise.reject(new Error(n < 3 ? 'timeout exceeded' : 'connection refused'));
    const { message, errors, result } = await failureOf(processParallel(items, processor, { failFast: false }));
    expect(message).toBe(
      "parallel execution failed: 15 items failed with 2 error types: 'connection refused' (12 items), 'timeout exceeded' (3 items)",
    );
    expect(errors).toHaveLength(15);
    expect(errors.map(({ message }) => message)).toEqual(result.errors.map(({ error }) => (error as Error).message));
    expect(result.errors.map(({ index }) => index)).toEqual(items);
  });

  test('the failure of a single item is the failure of all', async () => {
    const { message } = await failureOf(processParallel([1], () => Promise.reject('boom'), { failFast: false }));
    expect(message).toBe('parallel execution failed: item 0: boom');
  });

  test('one success among failures resolves', async () => {
    const { results, errors } = await processParallel([1, 2, 3], (n) => (n === 2 ? n : Promise.reject('no')), {
      failFast: false,
    });
    expect(results).toEqual([2]);
    expect(errors).toHaveLength(2);
  });
});

describe('whatever a processor throws is kept unchanged', () => {
  const thrown: readonly (readonly [string, unknown])[] = [
    ['an error', new Error('boom')],
    ['undefined', undefined],
    ['null', null],
    ['a string', 'boom'],
    ['false', false],
    ['a symbol', Symbol('boom')],
    ...hostileValues,
  ];

  test.each(thrown)('%s, thrown at once', async (_, value) => {
    const processor = () => {
      throw value;
    };
    const { errors, result } = await failureOf(processParallel([1, 2], processor, { failFast: false }));
    expect(Object.is(errors[0], value)).toBe(true);
    expect(Object.is(result.errors[0]?.error, value)).toBe(true);
    expect(Object.is((result.outcomes[1] as { error: unknown }).error, value)).toBe(true);
  });

  test.each(thrown)('%s, as a rejection, with fail-fast', async (_, value) => {
    const { errors } = await failureOf(processParallel([1, 2], () => Promise.reject(value)));
    expect(errors).toHaveLength(1);
    expect(Object.is(errors[0], value)).toBe(true);
  });

  test('a thenable that throws, or rejects', async () => {
    const thenables = [
      // biome-ignore lint/suspicious/noThenProperty: thenables are what this test is about.
      { then: (_: unknown, reject: (error: unknown) => void) => reject('rejected') },
      {
        // biome-ignore lint/suspicious/noThenProperty: thenables are what this test is about.
        get then(): never {
          throw 'thrown';
        },
      },
    ];
    const run = processParallel(thenables, (item) => item as PromiseLike<unknown>, { failFast: false });
    expect((await failureOf(run)).errors).toEqual(['rejected', 'thrown']);
  });

  test('throwing at once and rejecting give the same starts and outcomes', async () => {
    const starts = async (fail: () => Promise<never>) => {
      const started: number[] = [];
      const processor = (n: number, { workerId }: { workerId: number }) => {
        started.push(workerId);
        return n === 0 ? fail() : n;
      };
      const { result } = await failureOf(processParallel([0, 1, 2, 3], processor, { maxWorkers: 2 }));
      return { started, statuses: statuses(result) };
    };
    const thrown = await starts(() => {
      throw new Error('boom');
    });
    expect(thrown).toEqual(await starts(() => Promise.reject(new Error('boom'))));
    expect(thrown.started).toEqual([0, 1]);
  });
});

describe('onProgress', () => {
  test('counts successes from 1 without gaps, and is given the value', async () => {
    const gates = createGates();
    const onProgress = vi.fn();
    const run = processParallel([1, 2, 3, 4], gates.processor, { failFast: false, maxWorkers: 4, onProgress });
    await settled();
    await gates.open(2);
    await gates.fail(0, 'boom');
    await gates.open(3, 1);
    await run;
    expect(onProgress.mock.calls).toEqual([
      [1, 4, 'value of 2'],
      [2, 4, 'value of 3'],
      [3, 4, 'value of 1'],
    ]);
  });

  test.each([
    ['throws', () => expect.fail('boom')],
    ['rejects', () => Promise.reject(new Error('boom'))],
  ])('is dropped after one warning when it %s', async (_, misbehave) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const onProgress = vi.fn(misbehave);
    const gates = createGates();
    const run = processParallel([1, 2, 3], gates.processor, { maxWorkers: 1, onProgress });
    await settled();
    await gates.open(0, 1, 2);
    expect((await run).results).toHaveLength(3);
    expect(onProgress).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls).toEqual([['onProgress threw and is ignored from now on: boom', 'ChoraleWarning']]);
    warn.mockRestore();
  });
});
