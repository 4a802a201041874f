import { describe, expect, it, test } from 'vitest';
import { InvalidOptionError } from '../../../src/foundation/errors/chorale-error.js';
import { createAdaptiveLimit } from '../../../src/model/adaptive/adaptive-limit.js';
import type { LimitChange } from '../../../src/orchestration/parallel/limiter.js';
import { createManualClock } from '../../../src/testing/manual-clock.js';
import {
  fixedLimit,
  logNormal,
  meanInFlight,
  noisy,
  type ServerPlan,
  simulate,
  throughput,
} from './simulated-server.js';

/** Many seeds, servers and changes: test/durability/model/adaptive-limit.test.ts. */
test.each<[string, number, ServerPlan]>([
  ['one slot', 1, { slots: () => 1, work: logNormal }],
  ['eight slots', 8, { slots: () => 8, work: noisy }],
  ['two slots, then eight', 8, { slots: (done) => (done < 700 ? 2 : 8), work: noisy }],
  ['eight slots, then two', 2, { slots: (done) => (done < 700 ? 8 : 2), work: noisy }],
  ['four slots, and refusals', 4, { slots: () => 4, work: noisy, mostAccepted: () => 4 }],
  ['four slots, of which one hangs', 4, { slots: () => 4, work: noisy, hangs: [300] }],
])('%s: nearly the best throughput, with little more in flight than slots', (_, slots, plan) => {
  const run = simulate((runtime) => createAdaptiveLimit({ max: 64, runtime }), plan, { seed: 1 });
  const best = simulate(() => fixedLimit(slots + 1), { ...plan, mostAccepted: () => slots + 1 }, { seed: 1 });
  expect(throughput(run, 1_100, 1_950) / throughput(best, 1_100, 1_950)).toBeGreaterThan(0.95);
  expect(meanInFlight(run, 1_100, 1_950)).toBeLessThan(1.5 * slots + 1);
  expect(run.timersLeft).toBe(0);
});

describe('every change', () => {
  it('has a reason, and leads from one limit to the next between the bounds', () => {
    const changes: LimitChange[] = [];
    simulate(
      (runtime) => {
        const limiter = createAdaptiveLimit({ min: 2, max: 12, runtime });
        limiter.onChange((change) => changes.push(change));
        return limiter;
      },
      { slots: () => 6, work: logNormal },
      { seed: 1 },
    );
    expect(changes.length).toBeGreaterThan(2);
    for (const [index, { from, to, reason }] of changes.entries()) {
      expect(from).not.toBe(to);
      expect(to).toBeGreaterThanOrEqual(2);
      expect(to).toBeLessThanOrEqual(12);
      expect(reason).toMatch(/\w+ \w+/);
      if (index > 0) expect(from).toBe(changes[index - 1]?.to);
    }
  });

  it('is told no more to a listener that was taken off', () => {
    let told = 0;
    simulate(
      (runtime) => {
        const limiter = createAdaptiveLimit({ max: 64, runtime });
        limiter.onChange(() => {
          told += 1;
        })();
        return limiter;
      },
      { slots: () => 4, work: noisy },
      { seed: 1 },
    );
    expect(told).toBe(0);
  });
});

test('while less than the limit is in flight, nothing is learned', () => {
  const runtime = createManualClock();
  const limiter = createAdaptiveLimit({ initial: 4, max: 64, runtime });
  for (let index = 0; index < 500; index += 1) {
    limiter.start();
    limiter.finish({ latencyMs: 0, queueMs: null, outcome: 'ok' });
  }
  expect(limiter.limit).toBe(4);
  expect(limiter.inFlight).toBe(0);
});

test.each([
  { max: 0 },
  { max: 1.5 },
  { max: Number.NaN },
  { max: 4, min: 5 },
  { max: 4, min: 0 },
  { max: 4, initial: 5 },
])('%o is refused', (options) => {
  expect(() => createAdaptiveLimit({ runtime: createManualClock(), ...options })).toThrow(InvalidOptionError);
});
