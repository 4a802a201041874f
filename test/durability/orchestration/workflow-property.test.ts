import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEngine } from '../../../src/orchestration/index.js';
import { build, evaluate, mended, stages, stores } from '../../orchestration/workflow/random-workflow.js';

test.for(Object.entries(stores))(
  'a random workflow gives the output of a plain evaluation (%s)',
  { timeout: 60_000 },
  async ([, createStore]) => {
    const engine = createEngine({ store: createStore() });
    await fc.assert(
      fc.asyncProperty(stages.map(mended), fc.nat(1_000), async (plans, input) => {
        const ran = new Map<string, number>();
        const { output, runId } = await engine.run(build(plans, ran, { mended: false }), input);
        expect(output).toEqual(evaluate(plans, input).output);
        expect([...ran.values()].every((count) => count === 1)).toBe(true);
        expect((await engine.get(runId))?.output).toEqual(JSON.parse(JSON.stringify(output ?? null)) ?? undefined);
      }),
      { numRuns: 100 },
    );
  },
);

test.for(Object.entries(stores))(
  'a random workflow with failures comes to it when it is resumed (%s)',
  { timeout: 60_000 },
  async ([, createStore]) => {
    const store = createStore();
    await fc.assert(
      fc.asyncProperty(stages, fc.nat(1_000), async (plans, input) => {
        const ran = new Map<string, number>();
        const broken = { mended: false };
        const workflow = build(plans, ran, broken);
        const { runId, result } = await createEngine({ store }).start(workflow, input);
        const failed = await result.then(
          () => false,
          () => true,
        );
        const completed = (await store.load(runId))?.steps.filter(({ status }) => status === 'completed') ?? [];
        const before = new Map(ran);
        broken.mended = true;
        const { output } = await createEngine({ store }).resume(workflow, runId);
        expect(output ?? null).toEqual(evaluate(mended(plans), input).output ?? null);
        for (const { step } of completed) expect(ran.get(step)).toBe(before.get(step));
        if (!failed) expect(ran).toEqual(before);
      }),
      { numRuns: 100 },
    );
  },
);
