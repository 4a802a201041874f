import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createEngine, defineMapStep, defineWorkflow } from '../../../src/orchestration/index.js';
import { libsqlStore } from '../../../src/store/libsql/libsql-store.js';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../../src/store/libsql/workflow-store.js';

const each = defineMapStep({
  id: 'each',
  items: (count: number) => Array.from({ length: count }, (_, n) => n),
  run: () => 'x'.repeat(10_000),
});
const workflow = defineWorkflow('w').thenStep(each).build();

/** Gives the path of a file that is not there yet. */
async function withFile(use: (path: string) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'chorale-room-'));
  try {
    await use(join(folder, 'runs.db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sizeOf = (path: string) => statSync(path).size;

test('a file shrinks when its runs are pruned, and when one is deleted', () =>
  withFile(async (path) => {
    const store = libsqlStore({ path });
    const engine = createEngine({ store });
    for (let run = 0; run < 3; run += 1) await engine.run(workflow, 100, { runId: `r${run}` });
    await engine.run(workflow, 100, { runId: 'deleted' });
    expect(await engine.delete('deleted')).toBe(true);
    // A run of 100 items has its million characters twice: as the output of its step, and as its own.
    const full = sizeOf(path);
    expect(full).toBeGreaterThan(6_000_000);
    expect(full).toBeLessThan(7_000_000);
    expect(await engine.prune({ status: 'completed' })).toBe(3);
    expect(sizeOf(path)).toBeLessThan(300_000);
    expect((await engine.run(workflow, 1)).output).toHaveLength(1);
    store.close();
  }));

test('a file of a version that could not give room back shrinks, too', () =>
  withFile(async (path) => {
    const database = openDatabase(path);
    await createEngine({ store: libsqlWorkflows(database) }).run(workflow, 300, { runId: 'r' });
    database.close();
    const store = libsqlStore({ path });
    expect(sizeOf(path)).toBeGreaterThan(3_000_000);
    expect(await createEngine({ store }).prune({ olderThanMs: 0 })).toBe(1);
    expect(sizeOf(path)).toBeLessThan(300_000);
    store.close();
  }));
