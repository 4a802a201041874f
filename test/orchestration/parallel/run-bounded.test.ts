import { expect, test, vi } from 'vitest';
import { InvalidOptionError, runBounded, TaskError } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { createGates, settled } from './gates.js';
import { expectNothingUnhandled } from './unhandled.js';

expectNothingUnhandled();

test('all items run, whatever fails, and only the failures come back, in input order', async () => {
  const gates = createGates();
  const run = runBounded(['a', 'b', 'c', 'd'], gates.processor, { concurrency: 4 });
  await settled();
  await gates.fail(2, 'late');
  await gates.fail(0, undefined);
  await gates.open(3, 1);
  const failures = await run;
  expect(failures).toEqual([new TaskError(0, 'a', undefined), new TaskError(2, 'c', 'late')]);
  expect(gates.started).toHaveLength(4);
});

test('no failure gives an empty list, and so do no items', async () => {
  expect(await runBounded([1, 2, 3], (n) => n, { concurrency: 2 })).toEqual([]);
  expect(await runBounded([], () => 1, { concurrency: 2 })).toEqual([]);
  expect(await runBounded([], () => 1)).toEqual([]);
});

test('when everything fails, everything comes back, and nothing is thrown', async () => {
  const failures = await runBounded([1, 2, 3], (n) => Promise.reject(n));
  expect(failures.map(({ index, item, error }) => [index, item, error])).toEqual([
    [0, 1, 1],
    [1, 2, 2],
    [2, 3, 3],
  ]);
});

test('no more than `limit` operations are in flight', async () => {
  const gates = createGates();
  const run = runBounded([1, 2, 3, 4], gates.processor, { concurrency: 2 });
  await settled();
  expect(gates.waiting).toEqual([0, 1]);
  await gates.open(0);
  expect(gates.waiting).toEqual([1, 2]);
  await gates.open(1, 2, 3);
  await run;
});

test('the limit is the CPU count when none is given', async () => {
  const gates = createGates();
  const run = runBounded(Array(10).fill(0), gates.processor, { runtime: createManualClock({ cpuCount: 3 }) });
  await settled();
  expect(gates.waiting).toEqual([0, 1, 2]);
  await gates.open(...Array(10).keys());
  await run;
});

test.each([0, -1, 1.5, Number.NaN, '2', null])('a concurrency of %s is refused', async (limit) => {
  const operation = vi.fn();
  const run = runBounded([1], operation, { concurrency: limit as never });
  await expect(run).rejects.toThrow(InvalidOptionError);
  await expect(run).rejects.toThrow(/^option concurrency must be a whole number of at least 1, or Infinity, but is /);
  expect(operation).not.toHaveBeenCalled();
});

test('an operation that is no function, and items that are no list, are refused', async () => {
  await expect(runBounded([1], undefined as never)).rejects.toThrow(
    'option operation must be a function, but is undefined',
  );
  await expect(runBounded('abc' as never, vi.fn())).rejects.toThrow(
    "option items must be an array, an iterable or async iterable, but is 'abc'",
  );
});

test('an abort is reported for every item that was not done by then', async () => {
  const controller = new AbortController();
  const gates = createGates();
  const run = runBounded(['a', 'b', 'c'], gates.obedient, { concurrency: 2, signal: controller.signal });
  await settled();
  await gates.open(0);
  controller.abort('enough');
  const failures = await run;
  expect(failures.map(({ index, item, error }) => [index, item, error])).toEqual([
    [1, 'b', 'enough'],
    [2, 'c', 'enough'],
  ]);
});

test('an abort before the call reports every item', async () => {
  const operation = vi.fn();
  const failures = await runBounded([1, 2], operation, { signal: AbortSignal.abort('before') });
  expect(failures.map(({ error }) => error)).toEqual(['before', 'before']);
  expect(operation).not.toHaveBeenCalled();
});
