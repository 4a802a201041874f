import { appendFileSync } from 'node:fs';
import {
  createEngine,
  type Observer,
  type StartedRun,
  type Workflow,
  type WorkflowEngine,
} from '../../../../src/orchestration/index.js';
import { openDatabase } from '../../../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../../../src/store/libsql/workflow-store.js';

/** A process may be killed any number of times before the run makes progress. */
const maxAttempts = 1_000;

/**
 * Recovers the open run, as a process does at its start, or starts one. The file tells which steps and items the engine has
 * reported as completed.
 */
export async function recoverOrRun<I, O, R>(
  workflow: Workflow<I, O>,
  input: I,
  path: string,
  log: string,
  use: (run: StartedRun<O>, engine: WorkflowEngine) => Promise<R>,
): Promise<R> {
  const observer: Observer = {
    onEvent({ type, data }) {
      if (type === 'workflow.step.complete' && data.status === 'completed') appendFileSync(log, `told ${data.step}\n`);
      if (type === 'workflow.item.complete' && data.status === 'completed')
        appendFileSync(log, `told ${data.step} ${data.item}\n`);
    },
  };
  const database = openDatabase(path);
  try {
    const engine = createEngine({ store: libsqlWorkflows(database), observer, workflows: [workflow] });
    const { resumed } = await engine.recover({ takeOver: true, maxAttempts });
    const [run = await engine.start(workflow, input, { idempotencyKey: 'killed' })] = resumed as StartedRun<O>[];
    return await use(run, engine);
  } finally {
    database.close();
  }
}
