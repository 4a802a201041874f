import fc from 'fast-check';
import { test } from 'vitest';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { checkPlan, troubles } from './kill-plan.js';
import { plans } from './random-graph.js';

expectNothingUnhandled();

/** More runs, also on a libSQL file, are in test/durability. */
test('random graphs with random failures, kills and late workers lose no committed node', async () => {
  await fc.assert(
    fc.asyncProperty(plans, troubles, (plan, trouble) => checkPlan(plan, trouble, memoryStore().checkpoints)),
    { numRuns: 30 },
  );
});
