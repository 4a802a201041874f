import fc from 'fast-check';
import { test } from 'vitest';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { checkPlans, troubles } from './kill-plan.js';
import { mended, stages } from './random-workflow.js';

expectNothingUnhandled();

/** More runs, also on other stores, are in test/durability. */
test('random workflows with random kills and late workers reach the same end, and run no recorded step again', async () => {
  await fc.assert(
    fc.asyncProperty(stages.map(mended), fc.nat(1_000), troubles, (plans, input, trouble) =>
      checkPlans(plans, input, trouble, memoryWorkflows()),
    ),
    { numRuns: 30 },
  );
});
