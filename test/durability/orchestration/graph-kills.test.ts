import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { memoryStore } from '../../../src/orchestration/memory-store/memory-store.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { checkPlan, troubles } from '../../orchestration/graph/kill-plan.js';
import { plans } from '../../orchestration/graph/random-graph.js';
import { expectNothingUnhandled } from '../../orchestration/parallel/unhandled.js';

expectNothingUnhandled();

describe('random graphs with random failures, kills and late workers lose no committed node', {
  timeout: 60_000,
}, () => {
  test('in memory', async () => {
    await fc.assert(
      fc.asyncProperty(plans, troubles, (plan, trouble) => checkPlan(plan, trouble, memoryStore().checkpoints)),
      { numRuns: 300 },
    );
  });

  test('in a libSQL file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chorale-property-'));
    let file = 0;
    try {
      await fc.assert(
        fc.asyncProperty(plans, troubles, async (plan, trouble) => {
          const store = libsqlStore({ path: join(folder, `${++file}.db`) });
          try {
            await checkPlan(plan, trouble, store.checkpoints);
          } finally {
            store.close();
          }
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
