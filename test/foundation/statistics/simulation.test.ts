import { expect, it } from 'vitest';
import { simulate, worlds } from '../../durability/statistics/simulated-experiment.js';

// test/durability/statistics holds more and larger simulations against narrower bounds.
it.each(worlds.slice(0, 1))('simulated experiments claim little and cover the truth: $name', (world) => {
  const metrics = simulate(world, { rows: 200, experiments: 150, resamples: 200 });
  expect(metrics.mcnemarClaims).toBeLessThanOrEqual(0.08);
  expect(metrics.bootstrapClaims).toBeLessThanOrEqual(0.08);
  for (const name of ['wilsonCovers', 'tangoCovers', 'bootstrapCovers'] as const) {
    expect.soft(metrics[name], name).toBeGreaterThanOrEqual(0.9);
    expect.soft(metrics[name], name).toBeLessThanOrEqual(0.99);
  }
});
