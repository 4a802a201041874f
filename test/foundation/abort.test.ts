import { getMaxListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { createAbortController, deadline, linkAbort } from '../../src/foundation/abort.js';
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
