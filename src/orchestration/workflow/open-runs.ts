import { sleep } from '../../foundation/abort.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Workflow } from './workflow.js';
import type { WorkflowRecord, WorkflowStatus, WorkflowStore } from './workflow-store.js';

/** How often a run that another worker has is looked at, in milliseconds. */
const pollMs = 250;

const openStatuses: readonly WorkflowStatus[] = ['pending', 'running'];

/** Whether a worker has the run. */
export function isTaken({ status, leaseUntil }: WorkflowRecord, runtime: Runtime): boolean {
  return openStatuses.includes(status) && leaseUntil > runtime.wallTime();
}

/**
 * Waits until no worker has the run.
 * @returns the run then; undefined when the store no longer has it
 * @throws the reason of the signal
 */
export async function waitForRun(
  store: WorkflowStore,
  runId: string,
  runtime: Runtime,
  signal: AbortSignal | undefined,
): Promise<WorkflowRecord | undefined> {
  for (;;) {
    signal?.throwIfAborted();
    await sleep(runtime, pollMs, signal);
    const run = await store.load(runId);
    if (!run || !isTaken(run, runtime)) return run;
  }
}

/** The ids of the open runs of a workflow, the oldest first. */
export async function openRunsOf(store: WorkflowStore, { id }: Pick<Workflow, 'id'>): Promise<readonly string[]> {
  const found: { readonly runId: string; readonly createdAt: number }[] = [];
  for (const status of openStatuses) {
    for (let before: string | undefined; ; ) {
      const page = await store.list({ workflow: id, status, limit: pageSize, before });
      found.push(...page);
      before = page.at(-1)?.runId;
      if (page.length < pageSize) break;
    }
  }
  // Those of the same time in the order of their creation, too.
  return found
    .reverse()
    .sort((a, b) => a.createdAt - b.createdAt)
    .map(({ runId }) => runId);
}

const pageSize = 100;
