import { appendFileSync } from 'node:fs';
import {
  createEngine,
  defineStep,
  defineWorkflow,
  type Observer,
  type WorkflowStepContext,
} from '../../../../src/orchestration/index.js';
import { openDatabase } from '../../../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../../../src/store/libsql/workflow-store.js';

/** The input that all runs have, and the key under which each goes on. */
const input = { start: 3 };
const idempotencyKey = 'killed';

/** A workflow of twelve steps that run, one of them twice, and one that is skipped; each notes in a file that it ran. */
function killedWorkflow(log: string) {
  const note = ({ stepId }: Pick<WorkflowStepContext, 'stepId'>) => appendFileSync(log, `ran ${stepId}\n`);
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
      const added = ['a', 'b', 'c', 'd', 'f', 'e'].map((key) => context.state.get(key));
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
    .thenStep(add('f', 2))
    .parallel(broken, add('e', 5))
    .thenStep(last)
    .build();
}

/** Runs the workflow, or goes on with it; the file tells also of which steps the engine has told that they are done. */
export async function goOnWithWorkflow(path: string, log: string) {
  const observer: Observer = {
    onEvent({ type, data }) {
      if (type === 'workflow.step.complete') appendFileSync(log, `told ${data.step} ${data.status}\n`);
    },
  };
  const database = openDatabase(path);
  try {
    const engine = createEngine({ store: libsqlWorkflows(database), observer });
    return await engine.run(killedWorkflow(log), input, { idempotencyKey, takeOver: true });
  } finally {
    database.close();
  }
}
