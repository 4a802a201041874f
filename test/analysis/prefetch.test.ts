import { describe, expect, it } from 'vitest';
import { SizeLimit } from '../../src/analysis/prefetch.js';

describe('the weight of reviews in work', () => {
  it('holds nobody up as long as they are small', () => {
    const limit = new SizeLimit();
    for (let n = 0; n < 1_000; n += 1) expect(limit.take(2_000)).toBeUndefined();
  });

  it('makes the reader wait behind a heavy one until enough has been handed out', async () => {
    const limit = new SizeLimit();
    expect(limit.take(40_000_000)).toBeUndefined();
    let isThrough = false;
    const room = limit.take(40_000_000)?.then(() => {
      isThrough = true;
    });
    await Promise.resolve();
    expect(isThrough).toBe(false);
    limit.give(40_000_000);
    await room;
    expect(isThrough).toBe(true);
  });

  it('lets everybody go at the end', async () => {
    const limit = new SizeLimit();
    const room = limit.take(99_000_000);
    limit.end();
    await room;
    expect(limit.take(99_000_000)).toBeUndefined();
  });
});
