import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { LatencyCurve } from '../../../src/model/pool/dispatch.js';

/** A curve over answers at loads 1 to `most`, of a server with so many slots. */
function curveOf(slots: number, serviceMs: number, most: number, factor: () => number = () => 1): LatencyCurve {
  const curve = new LatencyCurve();
  for (let round = 0; round < 10; round += 1) {
    for (let load = 1; load <= most; load += 1) curve.add(load, serviceMs * Math.max(1, load / slots) * factor());
  }
  return curve;
}

test('before the first answer nothing is known', () => {
  expect(new LatencyCurve()).toMatchObject({ serviceMs: 0, slots: 0, isOpen: false });
});

test.each([1, 2, 3, 5, 8])('%i slots are found from where latency begins to grow', (slots) => {
  const curve = curveOf(slots, 50, 12);
  expect(curve.slots).toBe(slots);
  expect(curve.serviceMs).toBeCloseTo(50);
  expect(curve.isOpen).toBe(false);
});

test.each([1, 4, 8])('%i slots are found when latencies scatter', (slots) => {
  const random = seededRandom(3);
  const curve = curveOf(slots, 50, 16, () => 0.6 + 0.8 * random());
  expect(Math.abs(curve.slots - slots)).toBeLessThanOrEqual(1);
  expect(curve.serviceMs).toBeGreaterThan(35);
  expect(curve.serviceMs).toBeLessThan(65);
});

test('as long as latency does not grow, there may be more slots than were tried', () => {
  expect(curveOf(9, 50, 6)).toMatchObject({ slots: 6, isOpen: true });
});

test('a host that becomes slower is known as such after some answers', () => {
  const curve = curveOf(4, 10, 4);
  for (let answer = 0; answer < 200; answer += 1) curve.add(1 + (answer % 4), 100);
  expect(curve.serviceMs).toBeGreaterThan(80);
  expect(curve.slots).toBe(4);
});

test('answers that take no time at all are answers too', () => {
  const curve = new LatencyCurve();
  curve.add(1, 0);
  expect(curve.serviceMs).toBeGreaterThan(0);
});
