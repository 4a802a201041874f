import { describe, expect, test } from 'vitest';
import { createDeadlines } from '../../src/foundation/deadlines.js';
import { createManualClock } from '../../src/testing/index.js';

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
