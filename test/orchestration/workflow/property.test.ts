import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEngine } from '../../../src/orchestration/index.js';
import { memoryWorkflows } from '../../../src/orchestration/memory-store/memory-workflows.js';
import { build, evaluate, mended, stages } from './random-workflow.js';

/** Other stores, and resumed runs, are in test/durability. */
test('a random workflow gives the output of a plain evaluation', async () => {
  const engine = createEngine({ store: memoryWorkflows() });
  await fc.assert(
    fc.asyncProperty(stages.map(mended), fc.nat(1_000), async (plans, input) => {
      const ran = new Map<string, number>();
      const { output, runId } = await engine.run(build(plans, ran, { mended: false }), input);
      expect(output).toEqual(evaluate(plans, input).output);
      expect([...ran.values()].every((count) => count === 1)).toBe(true);
      expect((await engine.get(runId))?.output).toEqual(JSON.parse(JSON.stringify(output ?? null)) ?? undefined);
    }),
    { numRuns: 30 },
  );
});
