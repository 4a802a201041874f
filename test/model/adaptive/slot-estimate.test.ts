import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/foundation/statistics/random-variates.js';
import { SlotEstimate } from '../../../src/model/adaptive/slot-estimate.js';

/** After answers at loads 1 to `most`, of a server with so many slots. */
function estimateOf(slots: number, serviceMs: number, most: number, factor: () => number = () => 1): SlotEstimate {
  const estimate = new SlotEstimate(128);
  for (let round = 0; round < 10; round += 1) {
    for (let load = 1; load <= most; load += 1)
      estimate.add(load, load, serviceMs * Math.max(1, load / slots) * factor());
  }
  estimate.fit();
  return estimate;
}

test('before the first answer nothing is known', () => {
  expect(new SlotEstimate(128)).toMatchObject({ serviceMs: 0, slots: 1, isOpen: true });
});

test.each([1, 2, 3, 5, 8])('%i slots are found from where latency begins to grow', (slots) => {
  const estimate = estimateOf(slots, 50, 12);
  expect(estimate.slots).toBe(slots);
  expect(estimate.serviceMs).toBeCloseTo(50);
  expect(estimate.isOpen).toBe(false);
});

test.each([1, 4, 8])('%i slots are found when latencies scatter', (slots) => {
  const random = seededRandom(3);
  const estimate = estimateOf(slots, 50, 16, () => 0.6 + 0.8 * random());
  expect(Math.abs(estimate.slots - slots)).toBeLessThanOrEqual(1);
  expect(estimate.serviceMs).toBeGreaterThan(35);
  expect(estimate.serviceMs).toBeLessThan(65);
});

test('as long as latency does not grow, there may be more slots than were tried', () => {
  expect(estimateOf(9, 50, 6)).toMatchObject({ slots: 6, isOpen: true });
});

test('a host that becomes slower is known as such after some answers', () => {
  const estimate = estimateOf(4, 10, 4);
  for (let answer = 0; answer < 200; answer += 1) estimate.add(1 + (answer % 4), 1 + (answer % 4), 100);
  estimate.fit();
  expect(estimate.serviceMs).toBeGreaterThan(80);
  expect(estimate.slots).toBe(4);
});
