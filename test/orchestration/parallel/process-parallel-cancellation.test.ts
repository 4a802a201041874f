import { expect, test } from 'vitest';
import { ParallelCancelledError, ParallelError, processParallel } from '../../../src/orchestration/index.js';
import { countListeners } from '../../foundation/count-listeners.js';
import { createGates, settled } from './gates.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

async function cancellationOf(run: Promise<unknown>) {
  const error = await run.then(
    () => expect.fail('the run resolved'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ParallelCancelledError);
  return error as ParallelCancelledError;
}

test('the abort of the caller rejects with its reason as cause, and the partial result', async () => {
  const controller = new AbortController();
  const gates = createGates();
  const run = processParallel(['a', 'b', 'c', 'd'], gates.obedient, { maxWorkers: 2, signal: controller.signal });
  run.catch(() => {});
  await settled();
  await gates.open(0);
  const reason = new Error('enough');
  controller.abort(reason);
  const { message, cause, result } = await cancellationOf(run);
  expect(message).toBe('parallel execution cancelled: enough');
  expect(cause).toBe(reason);
  expect(result.results).toEqual(['value of 0']);
  expect(result.errors).toEqual([]);
  expect(result.outcomes).toEqual([
    { status: 'ok', index: 0, value: 'value of 0' },
    { status: 'cancelled', index: 1, error: reason },
    { status: 'cancelled', index: 2, error: reason },
    { status: 'not_started', index: 3 },
  ]);
});

test('a timeout is a cancellation like any other', async () => {
  const timeout = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  const controller = new AbortController();
  const gates = createGates();
  const run = processParallel([1], gates.obedient, { signal: controller.signal });
  run.catch(() => {});
  await settled();
  controller.abort(timeout);
  expect((await cancellationOf(run)).cause).toBe(timeout);
});

test('a processor that ignores its signal is waited for', async () => {
  const controller = new AbortController();
  const gates = createGates();
  let ended = false;
  const run = processParallel([1, 2, 3], gates.processor, { maxWorkers: 2, signal: controller.signal });
  run.catch(() => {
    ended = true;
  });
  await settled();
  controller.abort('enough');
  await gates.open(0);
  expect(ended).toBe(false);
  await gates.open(1);
  expect(ended).toBe(true);
  const { result } = await cancellationOf(run);
  expect(result.outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'not_started']);
});

test('a signal that was aborted before starts nothing', async () => {
  const gates = createGates();
  const signal = AbortSignal.abort('before');
  const { cause, result } = await cancellationOf(processParallel([1, 2], gates.processor, { signal }));
  expect(cause).toBe('before');
  expect(gates.started).toEqual([]);
  expect(result.outcomes).toEqual([
    { status: 'not_started', index: 0 },
    { status: 'not_started', index: 1 },
  ]);
});

test('a signal that was aborted before does not matter for no items', async () => {
  const result = await processParallel([], (n) => n, { signal: AbortSignal.abort() });
  expect(result).toEqual({ results: [], errors: [], outcomes: [] });
});

test('the run resolves when every item succeeds in spite of the abort', async () => {
  const controller = new AbortController();
  const gates = createGates();
  const run = processParallel([1, 2], gates.processor, { maxWorkers: 2, signal: controller.signal });
  await settled();
  controller.abort('too late');
  await gates.open(0, 1);
  expect((await run).results).toHaveLength(2);
});

test('the run resolves when the caller aborts after the last success', async () => {
  const controller = new AbortController();
  const onProgress = (completed: number, total: number) => void (completed === total && controller.abort('too late'));
  const { results } = await processParallel([1, 2, 3], (n) => n, { signal: controller.signal, onProgress });
  expect(results).toEqual([1, 2, 3]);
});

test.each([true, false])('failures before the abort count as failures: fail-fast %s', async (failFast) => {
  const controller = new AbortController();
  const gates = createGates();
  const run = processParallel([1, 2, 3], gates.obedient, { maxWorkers: 2, failFast, signal: controller.signal });
  const ended = run.catch((error: unknown) => error);
  await settled();
  await gates.fail(0, new Error('boom'));
  controller.abort('enough');
  const error = await ended;
  expect(error).toBeInstanceOf(failFast ? ParallelError : ParallelCancelledError);
  const { result } = error as ParallelCancelledError;
  expect(result.errors.map(({ index }) => index)).toEqual([0]);
  expect(result.outcomes.map(({ status }) => status)).toEqual([
    'failed',
    'cancelled',
    failFast ? 'not_started' : 'cancelled',
  ]);
});

test('the abort of a run without fail-fast in which all finished items failed is a cancellation', async () => {
  const controller = new AbortController();
  const gates = createGates();
  const options = { maxWorkers: 1, failFast: false, signal: controller.signal };
  const ended = cancellationOf(processParallel([1, 2], gates.obedient, options));
  await settled();
  await gates.fail(0, 'boom');
  controller.abort('enough');
  expect((await ended).result.outcomes.map(({ status }) => status)).toEqual(['failed', 'cancelled']);
});

test('a processor may abort the run itself', async () => {
  const controller = new AbortController();
  const run = processParallel(
    [1, 2, 3],
    (n) => {
      if (n === 2) controller.abort('by item 1');
      return n;
    },
    { maxWorkers: 1, signal: controller.signal },
  );
  const { cause, result } = await cancellationOf(run);
  expect(cause).toBe('by item 1');
  expect(result.outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'not_started']);
});

test('no listener stays on the signal of the caller, however the run ends', async () => {
  const { signal } = new AbortController();
  const counter = countListeners(signal);
  await processParallel([1], (n) => n, { signal });
  await processParallel([1], () => Promise.reject('boom'), { signal }).catch(() => {});
  await processParallel([], (n) => n, { signal });
  expect(counter.count).toBe(0);
});
