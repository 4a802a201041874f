import { expect, test, vi } from 'vitest';
import { guard } from '../../../src/foundation/events/observers.js';
import { hostileValues } from '../errors/hostile-values.js';

function failing(error: unknown) {
  return vi.fn((_: string) => {
    throw error;
  });
}

test('a callback that behaves is called every time with its arguments', () => {
  const callback = vi.fn();
  const warn = vi.fn();
  const guarded = guard(callback, 'a callback', warn);
  guarded(1, 'a');
  guarded(2, 'b');
  expect(callback.mock.calls).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
  expect(warn).not.toHaveBeenCalled();
});

test('a callback that throws is dropped after one warning', () => {
  const callback = failing(new Error('boom'));
  const warn = vi.fn();
  const guarded = guard(callback, 'a callback', warn);
  guarded('first');
  guarded('second');
  expect(callback).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls).toEqual([['a callback threw and is ignored from now on: boom']]);
});

test('a callback whose promise rejects is dropped after one warning', async () => {
  const rejected = [Promise.reject(new Error('first')), Promise.reject(new Error('second'))];
  const callback = vi.fn((call: number) => rejected[call]);
  const warn = vi.fn();
  const guarded = guard(callback, 'a callback', warn);
  guarded(0);
  guarded(1);
  await Promise.allSettled(rejected);
  guarded(2);
  expect(callback).toHaveBeenCalledTimes(2);
  expect(warn.mock.calls).toEqual([['a callback threw and is ignored from now on: first']]);
});

test.each(hostileValues)('a callback that throws %s does no harm', (_, value) => {
  const warn = vi.fn();
  guard(failing(value), 'a callback', warn)('first');
  expect(warn).toHaveBeenCalledTimes(1);
});

test('the warning goes through the channel of Node when no other is given', () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  guard(failing(new Error('boom')), 'a callback')('first');
  expect(emitWarning.mock.calls).toEqual([['a callback threw and is ignored from now on: boom', 'ChoraleWarning']]);
  emitWarning.mockRestore();
});
