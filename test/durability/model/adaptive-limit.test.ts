import { describe, expect, it } from 'vitest';
import { createAdaptiveLimit } from '../../../src/model/adaptive/adaptive-limit.js';
import {
  constant,
  fixedLimit,
  logNormal,
  meanInFlight,
  noisy,
  type ServerPlan,
  simulate,
  throughput,
  type Work,
} from '../../model/adaptive/simulated-server.js';

const items = 2_000;
/** The first tenth of the items is for finding the limit. */
const found = 200;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const fixed = [1, 2, 4, 8, 16, 32];
const works: readonly (readonly [string, Work])[] = [
  ['all alike', constant],
  ['alike within a fifth', noisy],
  ['log-normal', logNormal],
];

/** How a server is used, against the best of the fixed numbers on the same work; and what is in flight. */
function use(plan: ServerPlan, seed: number, from = found): { readonly share: number; readonly inFlight: number } {
  const to = items - 50;
  const numbers = [...fixed, plan.slots(items) + 1];
  const best = Math.max(
    ...numbers.map((n) =>
      throughput(
        simulate(() => fixedLimit(n), plan, { seed }),
        from,
        to,
      ),
    ),
  );
  const run = simulate((runtime) => createAdaptiveLimit({ max: 64, runtime }), plan, { seed });
  expect(run.timersLeft).toBe(0);
  return { share: throughput(run, from, to) / best, inFlight: meanInFlight(run, from, to) };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Over all seeds: nearly the best throughput, with little more in flight than the server works on. */
function expectGoodUse(plan: ServerPlan, slots: number, from?: number): void {
  const uses = seeds.map((seed) => use(plan, seed, from));
  expect(mean(uses.map(({ share }) => share))).toBeGreaterThanOrEqual(0.95);
  expect(mean(uses.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(1.5 * slots + 1);
}

describe.each(works)('work that is %s', (_, work) => {
  it.each([1, 2, 4, 8, 16, 32])(
    'on a server with %d slots and a silent queue: nearly the best there is, within the first tenth',
    (slots) => {
      expectGoodUse({ slots: () => slots, work }, slots);
    },
  );

  it.each([
    [4, 8],
    [8, 2],
    [2, 8],
    [8, 4],
  ])('from %d to %d slots in the middle: it follows', (before, after) => {
    expectGoodUse({ slots: (done) => (done < 700 ? before : after), work }, after, 1_100);
  });
});

describe('a server', () => {
  it.each([1, 4, 16])('whose %d slots share one processor needs one request', (slots) => {
    expectGoodUse({ slots: () => slots, slowdown: 1, work: noisy }, 1);
  });

  it('that works on more at once, each a little slower, is filled', () => {
    expectGoodUse({ slots: () => 16, slowdown: 0.05, work: logNormal }, 16);
  });

  it.each([1, 4, 8, 32])('with %d slots that tells how long requests waited is used as well', (slots) => {
    expectGoodUse({ slots: () => slots, work: logNormal, tellsQueue: true }, slots);
  });

  it.each([1, 4, 8, 32])('with %d slots that loads its model first is used as well', (slots) => {
    expectGoodUse({ slots: () => slots, work: logNormal, loadMs: 1_000 }, slots);
  });

  it.each([1, 4, 8])('that refuses what its %d slots cannot take is left in peace', (slots) => {
    const plan = { slots: () => slots, work: logNormal, mostAccepted: () => slots };
    const shares = seeds.map((seed) => {
      const run = simulate((runtime) => createAdaptiveLimit({ max: 64, runtime }), plan, { seed });
      expect(run.refused).toBeLessThan(items / 40);
      const best = throughput(
        simulate(() => fixedLimit(slots), plan, { seed }),
        found,
        items - 50,
      );
      return throughput(run, found, items - 50) / best;
    });
    expect(mean(shares)).toBeGreaterThan(0.95);
  });

  it.each([2, 4, 8])('with %d slots of which one hangs goes on with the others', (slots) => {
    expectGoodUse({ slots: () => slots, work: noisy, hangs: [300] }, slots);
  });

  it.each([3, 1 / 3])('whose work becomes %d times as long is not taken for one with other slots', (factor) => {
    const uses = seeds.map((seed) =>
      use({ slots: () => 8, work: noisy, scale: (item) => (item < 800 ? 1 : factor) }, seed, 1_100),
    );
    expect(mean(uses.map(({ share }) => share))).toBeGreaterThan(0.95);
  });
});
