import { expect, test, vi } from 'vitest';
import { onAbort } from '../../src/foundation/abort.js';
import { countListeners } from './count-listeners.js';

test('calls back once, with the reason', () => {
  const controller = new AbortController();
  const callback = vi.fn();
  onAbort(controller.signal, callback);
  expect(callback).not.toHaveBeenCalled();
  controller.abort('enough');
  controller.abort('again');
  expect(callback.mock.calls).toEqual([['enough']]);
});

test('calls back at once where the signal is aborted already, and leaves no listener', () => {
  const signal = AbortSignal.abort('before');
  const counter = countListeners(signal);
  const callback = vi.fn();
  onAbort(signal, callback)();
  expect(callback.mock.calls).toEqual([['before']]);
  expect(counter.count).toBe(0);
});

test('waits for nothing without a signal', () => {
  expect(() => onAbort(undefined, () => expect.fail('called'))()).not.toThrow();
});

test('does not call back once the wait is ended', () => {
  const controller = new AbortController();
  const release = onAbort(controller.signal, () => expect.fail('called'));
  release();
  release();
  controller.abort();
});

test('gives all who wait for a signal one listener, until the last of them is gone', () => {
  const { signal } = new AbortController();
  const counter = countListeners(signal);
  const releases = Array.from({ length: 20 }, () => onAbort(signal, () => {}));
  expect(counter.count).toBe(1);
  for (const release of releases.slice(1)) release();
  expect(counter.count).toBe(1);
  releases[0]?.();
  expect(counter.count).toBe(0);
});

test('takes two waits with the same callback for two', () => {
  const controller = new AbortController();
  const callback = vi.fn();
  const first = onAbort(controller.signal, callback);
  onAbort(controller.signal, callback);
  first();
  first();
  controller.abort();
  expect(callback).toHaveBeenCalledTimes(1);
});

test('the end of an old wait does not touch those that came after it', () => {
  const controller = new AbortController();
  const old = onAbort(controller.signal, () => expect.fail('called'));
  old();
  const callback = vi.fn();
  onAbort(controller.signal, callback);
  old();
  controller.abort();
  expect(callback).toHaveBeenCalledTimes(1);
});

test('a callback may end the wait of another, and begin a new one', () => {
  const controller = new AbortController();
  const heard: string[] = [];
  onAbort(controller.signal, () => {
    heard.push('first');
    second();
    onAbort(controller.signal, () => void heard.push('third'));
  });
  const second = onAbort(controller.signal, () => void heard.push('second'));
  controller.abort();
  expect(heard).toEqual(['first', 'third']);
});
