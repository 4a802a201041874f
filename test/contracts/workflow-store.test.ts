import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { memoryWorkflows } from '../../src/orchestration/memory-store/memory-workflows.js';
import type { WorkflowStore } from '../../src/store/index.js';
import { openDatabase } from '../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../src/store/libsql/workflow-store.js';
import { type WorkflowStoreSubject, workflowStoreContract } from '../../src/testing/index.js';

const subjects: Readonly<Record<string, () => WorkflowStoreSubject>> = {
  'the store in memory': () => ({ workflows: memoryWorkflows(), close() {} }),
  'the store in memory, answering later': () => ({ workflows: answerLater(memoryWorkflows()), close() {} }),
  'the store in a libSQL file': libsqlInTemporaryFolder,
};

for (const [name, create] of Object.entries(subjects)) {
  describe(name, () => {
    for (const { name: rule, run } of workflowStoreContract) test(rule, () => run(create));
  });
}

function libsqlInTemporaryFolder(): WorkflowStoreSubject {
  const folder = mkdtempSync(join(tmpdir(), 'chorale-workflows-'));
  const database = openDatabase(join(folder, 'runs.db'));
  return {
    workflows: libsqlWorkflows(database),
    close() {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The same store with promises, as one over a network has them. */
function answerLater(store: WorkflowStore): WorkflowStore {
  return {
    create: async (run) => store.create(run),
    claim: async (runId, claim) => store.claim(runId, claim),
    commit: async (runId, fence, change) => store.commit(runId, fence, change),
    cancel: async (runId, at) => store.cancel(runId, at),
    delete: async (runId, at) => store.delete(runId, at),
    prune: async (filter) => store.prune(filter),
    load: async (runId) => store.load(runId),
    list: async (filter) => store.list(filter),
  };
}
