import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { memoryStore } from '../../src/orchestration/memory-store/memory-store.js';
import { libsqlStore } from '../../src/store/libsql/libsql-store.js';
import { type CheckpointStoreSubject, checkpointStoreContract } from '../../src/testing/index.js';

const subjects: Readonly<Record<string, () => CheckpointStoreSubject>> = {
  'the store in memory': memoryStore,
  'the store in a libSQL file': libsqlInTemporaryFolder,
};

for (const [name, create] of Object.entries(subjects)) {
  describe(name, () => {
    for (const { name: rule, run } of checkpointStoreContract) test(rule, () => run(create));
  });
}

function libsqlInTemporaryFolder(): CheckpointStoreSubject {
  const folder = mkdtempSync(join(tmpdir(), 'chorale-store-'));
  const { checkpoints, close } = libsqlStore({ path: join(folder, 'runs.db') });
  return {
    checkpoints,
    close() {
      close();
      rmSync(folder, { recursive: true });
    },
  };
}
