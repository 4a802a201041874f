import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIds } from '../../src/foundation/ids.js';
import { createManualClock } from '../../src/testing/index.js';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('an id', () => {
  test('is a UUID of version 7 that begins with the time', () => {
    const nextId = createIds(createManualClock({ epochMs: 0x0192_3456_789a }));
    const id = nextId();
    expect(id).toMatch(uuidV7);
    expect(id.slice(0, 13)).toBe('01923456-789a');
  });

  test('sorts after those before it, within a millisecond and when its counter overflows', () => {
    const nextId = createIds(createManualClock({ epochMs: 1_000 }));
    const ids = Array.from({ length: 20_000 }, nextId);
    expect(ids.every((id) => uuidV7.test(id))).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    const last = Number.parseInt((ids.at(-1) ?? '').replace('-', '').slice(0, 12), 16);
    expect(last).toBeGreaterThan(1_000);
    expect(last).toBeLessThanOrEqual(1_000 + Math.ceil(20_000 / 2_048));
  });

  test('sorts after those before it, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 47), { maxLength: 50 }), fc.integer(), (times, seed) => {
        const { random } = createManualClock({ seed });
        let at = 0;
        const nextId = createIds({ random, wallTime: () => times[at++] ?? 0 });
        const ids = times.map(() => nextId());
        expect([...ids].sort()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  test('is well formed at both ends of the random range', () => {
    for (const random of [0, 1 - 2 ** -53]) {
      const nextId = createIds({ random: () => random, wallTime: () => 1.75 });
      expect(nextId()).toMatch(uuidV7);
    }
  });
});
