import fc from 'fast-check';
import { test } from 'vitest';
import { expectNothingUnhandled } from '../../orchestration/parallel/unhandled.js';
import { checkPlans, troubles } from '../../orchestration/workflow/kill-plan.js';
import { mended, stages, stores } from '../../orchestration/workflow/random-workflow.js';

expectNothingUnhandled();

test.for(Object.entries(stores))(
  'random workflows with random kills and late workers come to the same end, and run no recorded step again (%s)',
  { timeout: 60_000 },
  async ([, createStore]) => {
    await fc.assert(
      fc.asyncProperty(stages.map(mended), fc.nat(1_000), troubles, (plans, input, trouble) =>
        checkPlans(plans, input, trouble, createStore()),
      ),
      { numRuns: 150 },
    );
  },
);
