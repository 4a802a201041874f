import { appendFileSync } from 'node:fs';
import { createEngine, defineStep, defineWorkflow, type WorkflowStepContext } from '../../src/orchestration/index.js';
import { type Database, libsqlWorkflows } from '../../src/store/index.js';

/** The input that all runs have, and the key under which each goes on. */
export const input = { start: 3 };
export const idempotencyKey = 'killed';

/** A workflow of twelve steps that run and one that is skipped, each of which notes in a file that it ran. */
export function killedWorkflow(log: string) {
  const note = ({ stepId }: Pick<WorkflowStepContext, 'stepId'>) => appendFileSync(log, `${stepId}\n`);
  const add = <const Id extends string>(id: Id, more: number) =>
    defineStep({
      id,
      retryDelayMs: 1,
      run: async (context, n: number) => {
        note(context);
        context.state.set(id, more);
        return n + more;
      },
    });
  const open = defineStep({
    id: 'open',
    run: (context, { start }: { start: number }) => {
      note(context);
      return start;
    },
  });
  const flaky = defineStep({
    id: 'flaky',
    retryDelayMs: 1,
    run: async (context, n: number) => {
      note(context);
      if (context.attempt === 1) throw new Error('the first attempt always fails');
      return n * 2;
    },
  });
  const join = defineStep({
    id: 'join',
    run: async (context, parts: { b: number; c: number; d: number }) => {
      note(context);
      return { total: parts.b + parts.c * parts.d };
    },
  });
  const skipped = defineStep({ id: 'skipped', run: () => ({ total: 0 }) });
  const spread = defineStep({
    id: 'spread',
    run: (context, { total }: { total: number }) => {
      note(context);
      return total;
    },
  });
  const broken = defineStep({
    id: 'broken',
    retries: 0,
    continueOnError: true,
    run: (context): number => {
      note(context);
      throw new Error('always fails');
    },
  });
  const last = defineStep({
    id: 'last',
    run: (context: WorkflowStepContext<{ a: number }>, parts: { broken: number | undefined; e: number }) => {
      note(context);
      const added = ['a', 'b', 'c', 'd', 'e'].map((key) => context.state.get(key));
      return { ...parts, a: context.outputs.get('a'), added };
    },
  });
  return defineWorkflow('killed', 'Killed')
    .thenStep(open)
    .thenStep(add('a', 1))
    .thenStep(flaky)
    .parallel(add('b', 10), add('c', 20), add('d', 30))
    .thenStepIf((_, { b }) => b > 0, join, skipped)
    .thenStep(spread)
    .parallel(broken, add('e', 5))
    .thenStep(last)
    .build();
}

/** Runs the workflow, or goes on with it. */
export function runKilled(database: Database, log: string) {
  const engine = createEngine({ store: libsqlWorkflows(database) });
  return engine.run(killedWorkflow(log), input, { idempotencyKey, takeOver: true });
}
