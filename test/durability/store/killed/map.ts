import { appendFileSync } from 'node:fs';
import {
  createEngine,
  defineMapStep,
  defineStep,
  defineWorkflow,
  WorkflowPausedError,
} from '../../../../src/orchestration/index.js';
import { libsqlStore } from '../../../../src/store/libsql/libsql-store.js';

export const mapItems = 2_000;

/** A map step, and a step that asks twice; the log has each item and step that ran. */
function mapWorkflow(log: string) {
  const note = (what: string | number) => appendFileSync(log, `ran ${what}\n`);
  const each = defineMapStep({
    id: 'each',
    items: (count: number) => Array.from({ length: count }, (_, n) => n),
    concurrency: 8,
    run(_, n) {
      note(n);
      return n * 2;
    },
  });
  const ask = defineStep({
    id: 'ask',
    run({ pause }, doubled: number[]) {
      note('ask');
      const answers = [pause<string>('first?', { items: doubled.length }), pause<string>('second?')];
      return { sum: doubled.reduce((sum, n) => sum + n, 0), answers };
    },
  });
  return defineWorkflow('mapped').thenStep(each).thenStep(ask).build();
}

/** Runs the workflow, or resumes it, and answers what it asks, until it is complete. */
export async function goOnWithMap(path: string, log: string) {
  const workflow = mapWorkflow(log);
  const store = libsqlStore({ path });
  const engine = createEngine({ store, workflows: [workflow] });
  try {
    let run = await engine.get('r');
    while (run?.status !== 'completed') {
      const open = run?.status === 'paused' && run.pauses.find(({ answeredAt }) => answeredAt === null);
      const result = async () => {
        if (!run) return engine.run(workflow, mapItems, { runId: 'r' });
        if (open) return engine.resume(workflow, 'r', { value: open.reason.toUpperCase() });
        const { resumed } = await engine.recover({ takeOver: true, maxAttempts: 1_000 });
        return resumed[0]?.result;
      };
      await result().catch((error) => {
        if (!(error instanceof WorkflowPausedError)) throw error;
      });
      run = await engine.get('r');
    }
    return run.output;
  } finally {
    store.close();
  }
}
