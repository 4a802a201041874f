import { expect, test } from 'vitest';
import { sleep } from '../../src/foundation/deadlines.js';
import { createManualClock } from '../../src/testing/index.js';
import { countListeners } from './count-listeners.js';

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
