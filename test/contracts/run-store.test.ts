import { describe, test } from 'vitest';
import { memoryRunStore, memoryRuns } from '../../src/store/runs/memory-run-store.js';
import { type RunStoreSubject, runStoreContract } from '../../src/testing/index.js';
import { openStore, temporaryFolder } from '../store/runs/open-store.js';

const subjects: Readonly<Record<string, () => RunStoreSubject>> = {
  'the run store in memory': () => {
    const shared = memoryRuns();
    return { open: () => memoryRunStore({ shared }), close() {} };
  },
  'the run store in a libSQL file': () => {
    const { path, remove } = temporaryFolder();
    return { open: () => openStore(path), close: remove };
  },
};

for (const [name, create] of Object.entries(subjects)) {
  describe(name, () => {
    for (const { name: rule, run } of runStoreContract) test(rule, () => run(create));
  });
}
