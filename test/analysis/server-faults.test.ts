import { expect, it } from 'vitest';
import { randomPlan, runAgainst } from '../durability/faults/run-against.js';

const items = 16;

// test/durability/faults does the same with 200 seeds, and with each kind of fault by itself.
it.each([1, 2, 3, 4])('a random mix of server faults loses nothing (seed %i)', async (seed) => {
  const row = await runAgainst(`seed ${seed}`, randomPlan(seed, items, 0), items);
  expect(row.injected).toBeGreaterThan(0);
});
