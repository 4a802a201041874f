import { getMaxListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import {
  BriefAbortController,
  createAbortController,
  deadline,
  linkAbort,
  onAbort,
} from '../../src/foundation/abort.js';
import { createManualClock } from '../../src/testing/index.js';
import { countListeners } from './count-listeners.js';

describe('linkAbort', () => {
  test('follows every signal, with the reason of the first that is aborted', () => {
    const first = new AbortController();
    const second = new AbortController();
    const linked = linkAbort(first.signal, undefined, second.signal);
    expect(linked.signal.aborted).toBe(false);
    second.abort('second');
    first.abort('first');
    expect(linked.signal.reason).toBe('second');
    linked.release();
  });

  test('is aborted at once by a signal that was aborted before', () => {
    const later = new AbortController();
    const linked = linkAbort(later.signal, AbortSignal.abort('before'));
    expect(linked.signal.reason).toBe('before');
    linked.release();
  });

  test('can be aborted by itself, which does not reach the signals it follows', () => {
    const followed = new AbortController();
    const linked = linkAbort(followed.signal);
    linked.abort('enough');
    expect(linked.signal.reason).toBe('enough');
    expect(followed.signal.aborted).toBe(false);
    linked.release();
  });

  test('follows nobody once it is released, and leaves no listener', () => {
    const followed = [new AbortController(), new AbortController()];
    const counters = followed.map(({ signal }) => countListeners(signal));
    const linked = linkAbort(...followed.map(({ signal }) => signal));
    expect(counters.map(({ count }) => count)).toEqual([1, 1]);
    linked.release();
    linked.release();
    expect(counters.map(({ count }) => count)).toEqual([0, 0]);
    followed[0]?.abort('late');
    expect(linked.signal.aborted).toBe(false);
  });

  test('leaves no listener either when a later signal was aborted before', () => {
    const followed = new AbortController();
    const counter = countListeners(followed.signal);
    linkAbort(followed.signal, AbortSignal.abort()).release();
    expect(counter.count).toBe(0);
  });
});

test('a signal of ours may have many listeners without a warning of Node', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  for (const controller of [linkAbort(), createAbortController()]) {
    for (let count = 0; count < 100; count += 1) controller.signal.addEventListener('abort', () => count);
    controller.abort(new Error('enough'));
  }
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test('a signal of ours is still an event target for those who ask for its limit, as undici does', () => {
  for (const { signal } of [linkAbort(), createAbortController()]) {
    expect(getMaxListeners(signal)).toBe(Number.POSITIVE_INFINITY);
  }
});

describe('deadline', () => {
  test('aborts with the given reason when the time is over', async () => {
    const clock = createManualClock();
    const limit = deadline(clock, 100, () => 'too late');
    await clock.advance(99);
    expect(limit.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(limit.signal.reason).toBe('too late');
    limit.release();
  });

  test('makes the reason only when it is needed', () => {
    const reason = vi.fn();
    deadline(createManualClock(), 100, reason).release();
    expect(reason).not.toHaveBeenCalled();
  });

  test('follows signals, too', async () => {
    const clock = createManualClock();
    const followed = new AbortController();
    const limit = deadline(clock, 100, () => 'too late', followed.signal);
    followed.abort('caller');
    await clock.advance(100);
    expect(limit.signal.reason).toBe('caller');
    limit.release();
  });

  test('leaves neither timer nor listener once it is released', async () => {
    const clock = createManualClock();
    const followed = new AbortController();
    const counter = countListeners(followed.signal);
    const limit = deadline(clock, 100, () => 'too late', followed.signal);
    expect([clock.pendingTimers, counter.count]).toEqual([1, 1]);
    limit.release();
    expect([clock.pendingTimers, counter.count]).toEqual([0, 0]);
    await clock.advance(100);
    expect(limit.signal.aborted).toBe(false);
  });

  test.each([undefined, Number.POSITIVE_INFINITY])('sets no timer for a limit of %s', (limitMs) => {
    const clock = createManualClock();
    const followed = new AbortController();
    const limit = deadline(clock, limitMs, () => 'too late', followed.signal);
    expect(clock.pendingTimers).toBe(0);
    followed.abort('caller');
    expect(limit.signal.reason).toBe('caller');
    limit.release();
  });

  test('sets no timer when a signal was aborted before', () => {
    const clock = createManualClock();
    const limit = deadline(clock, 100, () => 'too late', AbortSignal.abort('before'));
    expect(limit.signal.reason).toBe('before');
    expect(clock.pendingTimers).toBe(0);
    limit.release();
  });

  test('can be aborted by hand', () => {
    const limit = deadline(createManualClock(), 100, () => 'too late');
    limit.abort('enough');
    expect(limit.signal.reason).toBe('enough');
    limit.release();
  });
});

describe('onAbort', () => {
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

  test('takes no listener of a brief controller, which calls back all the same, once and in time', () => {
    const controller = new BriefAbortController();
    const counter = countListeners(controller.signal);
    const [callback, ended] = [vi.fn(), vi.fn()];
    onAbort(controller.signal, callback);
    onAbort(controller.signal, ended)();
    expect(counter.count).toBe(0);
    controller.abort('enough');
    controller.abort('again');
    expect(callback.mock.calls).toEqual([['enough']]);
    expect(ended).not.toHaveBeenCalled();
    const late = vi.fn();
    onAbort(controller.signal, late);
    expect(late.mock.calls).toEqual([['enough']]);
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
});
