import { describe, expect, test } from 'vitest';
import { createDeadlines, sleep } from '../../src/foundation/abort.js';
import { createManualClock } from '../../src/testing/index.js';
import { countListeners } from './count-listeners.js';

function limitsOf(limitMs: number) {
  const clock = createManualClock();
  let made = 0;
  return { clock, begin: createDeadlines(clock, limitMs, () => `over ${++made}`) };
}

describe('time limits of one length', () => {
  test('each ends when its time is over', async () => {
    const { clock, begin } = limitsOf(1_000);
    const first = begin(undefined);
    await clock.advance(300);
    const second = begin(undefined);
    await clock.advance(699);
    expect(first.signal.aborted).toBe(false);
    await clock.advance(1);
    expect([first.signal.reason, second.signal.aborted]).toEqual(['over 1', false]);
    await clock.advance(300);
    expect(second.signal.reason).toBe('over 2');
    first.release();
    second.release();
  });

  test('those that begin together share a timer until the last is released', async () => {
    const { clock, begin } = limitsOf(1_000);
    const limits = [begin(undefined), begin(undefined), begin(undefined)] as const;
    expect(clock.pendingTimers).toBe(1);
    limits[0].release();
    limits[2].release();
    await clock.advance(1_000);
    expect(limits[1].signal.reason).toBe('over 1');
    limits[1].release();
    begin(undefined).release();
    expect(clock.pendingTimers).toBe(0);
  });

  test('one ends at most a thousandth of the limit too early', async () => {
    const { clock, begin } = limitsOf(100);
    const first = begin(undefined);
    await clock.advance(0.2);
    const second = begin(undefined);
    await clock.advance(99.9);
    expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
    first.release();
    second.release();
    expect(clock.pendingTimers).toBe(0);
  });

  test('each follows its own signal', () => {
    const { begin } = limitsOf(1_000);
    const [one, other] = [new AbortController(), new AbortController()];
    const limits = [begin(one.signal), begin(other.signal), begin(one.signal)];
    one.abort('enough');
    expect(limits.map(({ signal }) => signal.aborted)).toEqual([true, false, true]);
    expect(limits[0]?.signal.reason).toBe('enough');
    for (const limit of limits) limit.release();
  });

  test('what begins after an end has its whole time', async () => {
    const { clock, begin } = limitsOf(1_000);
    const first = begin(undefined);
    await clock.advance(1_000);
    const second = begin(undefined);
    expect([first.signal.aborted, second.signal.aborted]).toEqual([true, false]);
    first.release();
    second.release();
  });
});

describe('sleep', () => {
  test('sleep resolves when the time is over, and leaves no listener', async () => {
    const clock = createManualClock();
    const { signal } = new AbortController();
    const counter = countListeners(signal);
    let over = false;
    const sleeping = sleep(clock, 100, signal).then(() => {
      over = true;
    });
    await clock.advance(99);
    expect([over, counter.count]).toEqual([false, 1]);
    await clock.advance(1);
    await sleeping;
    expect([over, counter.count]).toEqual([true, 0]);
  });

  test('sleep rejects with the reason of the signal at once, and leaves no timer', async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 100, controller.signal);
    controller.abort('enough');
    await expect(sleeping).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  test('sleep sets no timer when the signal was aborted before', async () => {
    const clock = createManualClock();
    await expect(sleep(clock, 100, AbortSignal.abort('before'))).rejects.toBe('before');
    expect(clock.pendingTimers).toBe(0);
  });

  test('sleep needs no signal', async () => {
    const clock = createManualClock();
    const sleeping = sleep(clock, 100);
    await clock.advance(100);
    await sleeping;
  });
});
