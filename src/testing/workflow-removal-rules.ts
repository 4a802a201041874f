import assert from 'node:assert/strict';
import type { WorkflowStatus, WorkflowStore } from '../orchestration/workflow/workflow-store.js';
import { committed, entry, idsOf, item, newRun, pause, rule, step, type WorkflowStoreCase } from './workflow-rules.js';

/** How a store deletes runs. */
export const workflowRemovalRules: readonly WorkflowStoreCase[] = [
  rule('a deleted run leaves nothing behind: its id and key are free', async (store) => {
    const run = newRun('r', { idempotencyKey: 'k' });
    await store.create(run);
    await store.create(newRun('other'));
    await committed(store, 'r', 1, { steps: [step('a', 'completed', { output: '1' })], state: [entry('k', '1')] });
    await committed(store, 'r', 1, { items: [item('b', 0, '1')], pauses: [pause('c', null, 1)] });
    await committed(store, 'r', 1, { run: { status: 'completed', output: '7', completedAt: 9 } });
    assert.equal(await store.delete('r', 9), 'deleted');
    assert.equal(await store.delete('r', 9), 'unknown');
    assert.equal(await store.load('r'), undefined);
    assert.deepEqual(await idsOf(store, {}), ['other']);
    const again = await store.create(run);
    assert.equal(again.created, true);
    const found = await store.load('r');
    assert.deepEqual([found?.steps, found?.state, found?.items, found?.pauses, found?.output], [[], [], [], [], null]);
  }),
  rule('a run that a worker has is not deleted', async (store) => {
    await store.create(newRun('r', { leaseUntil: 100 }));
    assert.equal(await store.delete('r', 99), 'leased');
    assert.equal((await store.load('r'))?.status, 'pending');
    assert.equal(await store.delete('r', 100), 'deleted');
    await store.create(newRun('cancelled', { leaseUntil: 100 }));
    await store.cancel('cancelled', 5);
    assert.equal(await store.delete('cancelled', 6), 'deleted');
  }),
  rule('a late worker of a deleted run writes nothing, nor into a new run of the same id', async (store) => {
    await store.create(newRun('r'));
    await store.claim('r', { at: 5, leaseUntil: 10, takeOver: true });
    await store.delete('r', 10);
    assert.equal(await store.commit('r', 2, { steps: [step('a', 'completed')] }), 'unknown');
    const { run } = await store.create(newRun('r'));
    assert.equal(run.fence, 3);
    for (const fence of [1, 2]) assert.equal(await store.commit('r', fence, {}), 'superseded');
    await committed(store, 'r', 3, {});
  }),
  rule('runs are pruned by status, age and workflow, except those that a worker has', async (store) => {
    await fill(store);
    const prune = (statuses: readonly WorkflowStatus[], before: number, workflow?: string) =>
      store.prune({ statuses, before, workflow, at: 50 });
    assert.equal(await prune(['failed'], 20), 0);
    assert.equal(await prune(['completed'], 21, 'nobody'), 0);
    assert.equal(await prune(['completed'], 21, 'odd'), 1);
    assert.deepEqual(await idsOf(store, {}), ['held', 'open', 'failed-40', 'completed-40', 'failed-20']);
    assert.equal(await prune(['completed', 'failed'], 40), 1);
    assert.equal(await prune(['pending', 'running'], 50), 1);
    assert.deepEqual(await idsOf(store, {}), ['held', 'failed-40', 'completed-40']);
    assert.equal(await prune(['completed', 'failed', 'cancelled', 'dead'], 41), 2);
    assert.deepEqual(await idsOf(store, {}), ['held']);
  }),
  rule('any number of runs is pruned at once', async (store) => {
    for (let n = 0; n < 250; n += 1) {
      await store.create(newRun(`r${n}`));
      if (n % 5 > 0) await committed(store, `r${n}`, 1, { run: { status: 'completed', completedAt: 9 } });
    }
    assert.equal(await store.prune({ statuses: ['completed'], before: 10, at: 5 }), 200);
    assert.equal((await store.list({ limit: 999 })).length, 50);
  }),
];

/** Two completed and two failed runs, and two that are open, of which a worker has one. */
async function fill(store: WorkflowStore): Promise<void> {
  for (const completedAt of [20, 40]) {
    for (const status of ['completed', 'failed'] as const) {
      const runId = `${status}-${completedAt}`;
      await store.create(newRun(runId, { workflow: status === 'completed' ? 'odd' : 'even' }));
      await committed(store, runId, 1, { run: { status, completedAt } });
    }
  }
  await store.create(newRun('open', { leaseUntil: 50 }));
  await committed(store, 'open', 1, { run: { status: 'running', startedAt: 5 } });
  await store.create(newRun('held', { leaseUntil: 51 }));
}
