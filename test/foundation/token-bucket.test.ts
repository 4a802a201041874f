import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkAbort } from '../../src/foundation/abort.js';
import { InvalidOptionError } from '../../src/foundation/errors/chorale-error.js';
import { TokenBucket } from '../../src/foundation/token-bucket.js';
import { createManualClock } from '../../src/testing/index.js';
import { countListeners } from './count-listeners.js';

const neverAborted = new AbortController().signal;

describe('a token bucket', () => {
  it('lets takers through evenly, in the order in which they came', async () => {
    const clock = createManualClock();
    const bucket = new TokenBucket({ perMs: 1 / 100, capacity: 1, runtime: clock });
    const taken: [taker: number, at: number][] = [];
    for (let taker = 0; taker < 5; taker += 1) {
      void bucket.take(1, neverAborted).then(() => taken.push([taker, clock.now()]));
    }
    await clock.advanceToEnd();
    expect(taken).toEqual([
      [0, 0],
      [1, 100],
      [2, 200],
      [3, 300],
      [4, 400],
    ]);
  });

  it('never lets out more than flows in and it holds, whatever is asked and when', async () => {
    const asks = fc.array(fc.record({ count: fc.integer({ min: 1, max: 10 }), pauseMs: fc.nat(200) }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(asks, fc.integer({ min: 1, max: 50 }), async (wanted, capacity) => {
        const clock = createManualClock();
        const perMs = 0.1;
        const bucket = new TokenBucket({ perMs, capacity, runtime: clock });
        const taken: { readonly at: number; readonly count: number }[] = [];
        for (const { count, pauseMs } of wanted) {
          void bucket.take(count, neverAborted).then(() => taken.push({ at: clock.now(), count }));
          await clock.advance(pauseMs);
        }
        await clock.advanceToEnd();
        expect(taken.map(({ count }) => count)).toEqual(wanted.map(({ count }) => count));
        for (const [first, { at: from }] of taken.entries()) {
          let sum = 0;
          for (const { at, count } of taken.slice(first)) {
            sum += count;
            // One taker may go into debt by what the bucket cannot hold.
            expect(sum).toBeLessThanOrEqual((at - from) * perMs + Math.max(capacity, 10) + 1e-6);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('makes those who come later pay for what was charged, and gives back what was not used', async () => {
    const clock = createManualClock();
    const bucket = new TokenBucket({ perMs: 1, capacity: 10, runtime: clock });
    await bucket.take(10, neverAborted);
    bucket.charge(90);
    let takenAt = Number.NaN;
    void bucket.take(10, neverAborted).then(() => (takenAt = clock.now()));
    await clock.advance(99);
    expect(takenAt).toBeNaN();
    bucket.charge(-1);
    await clock.advance(0);
    expect(takenAt).toBe(99);
  });

  it('is never fuller than it holds', async () => {
    const clock = createManualClock();
    const bucket = new TokenBucket({ perMs: 1, capacity: 10, runtime: clock });
    bucket.charge(-1_000);
    await clock.advance(1_000);
    await bucket.take(10, neverAborted);
    let later = false;
    void bucket.take(1, neverAborted).then(() => (later = true));
    await clock.advance(0);
    expect(later).toBe(false);
    await clock.advance(1);
    expect(later).toBe(true);
  });

  it('serves somebody who wants more than it holds when it is full, and is in debt afterwards', async () => {
    const clock = createManualClock();
    const bucket = new TokenBucket({ perMs: 1, capacity: 10, runtime: clock });
    await bucket.take(110, neverAborted);
    let takenAt = Number.NaN;
    void bucket.take(10, neverAborted).then(() => (takenAt = clock.now()));
    await clock.advanceToEnd();
    expect(takenAt).toBe(110);
  });

  it('lets nobody through while it is held, even where it is unlimited', async () => {
    const clock = createManualClock();
    const bucket = new TokenBucket({ perMs: Number.POSITIVE_INFINITY, capacity: 1, runtime: clock });
    for (let index = 0; index < 100; index += 1) await bucket.take(1, neverAborted);
    bucket.hold(500);
    bucket.hold(100);
    let takenAt = Number.NaN;
    void bucket.take(1, neverAborted).then(() => (takenAt = clock.now()));
    await clock.advanceToEnd();
    expect(takenAt).toBe(500);
  });

  it('lets go of those who give up: nothing is taken, the next one moves up, and nothing is left behind', async () => {
    const clock = createManualClock();
    const bucket = new TokenBucket({ perMs: 1 / 100, capacity: 1, runtime: clock });
    await bucket.take(1, neverAborted);
    const gone = linkAbort();
    const listeners = countListeners(gone.signal);
    const left = bucket.take(1, gone.signal);
    left.catch(() => {});
    let takenAt = Number.NaN;
    void bucket.take(1, neverAborted).then(() => (takenAt = clock.now()));
    await clock.advance(50);
    const reason = new Error('enough');
    gone.abort(reason);
    await expect(left).rejects.toBe(reason);
    await expect(bucket.take(1, gone.signal)).rejects.toBe(reason);
    await clock.advanceToEnd();
    expect(takenAt).toBe(100);
    expect(listeners.count).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [0, 1],
    [-1, 1],
    [Number.NaN, 1],
    [1, 0],
  ])('refuses a flow of %d and a capacity of %d', (perMs, capacity) => {
    expect(() => new TokenBucket({ perMs, capacity, runtime: createManualClock() })).toThrow(InvalidOptionError);
  });
});
