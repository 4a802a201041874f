import assert from 'node:assert/strict';
import type { PruneFilter } from '../orchestration/graph/checkpoint-store.js';
import { CheckpointError } from '../orchestration/graph/graph-errors.js';
import { RunBusyError } from '../orchestration/run-errors.js';
import { type CheckpointStoreCase, change, idsOf, newRun, nothingFrom, rejection, rule } from './checkpoint-rules.js';

/** What a node in progress has done already, and the runs that it has started. */
export const recordRules: readonly CheckpointStoreCase[] = [
  rule('records are kept by iteration and key, and a later one replaces an earlier one', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.record(lease, { iteration: 0, key: 'b', json: '1' }, 10);
    await store.record(lease, { iteration: 0, key: 'a', json: '2' }, 10);
    await store.record(lease, { iteration: 0, key: 'b', json: '{"x":[3]}' }, 10);
    await store.append(lease, change(1), 10);
    await store.record(lease, { iteration: 1, key: 'b', json: '4' }, 10);
    const first = [
      { iteration: 0, key: 'a', json: '2' },
      { iteration: 0, key: 'b', json: '{"x":[3]}' },
    ];
    assert.deepEqual(await store.records('r', 0), first);
    assert.deepEqual(await store.records('r'), [...first, { iteration: 1, key: 'b', json: '4' }]);
    assert.deepEqual(await store.records('unknown'), []);
  }),
  rule('a record renews the lease', async (store) => {
    const lease = await store.create(newRun('r', {}, { leasedUntil: 100 }));
    await store.record(lease, { iteration: 0, key: 'a', json: '1' }, 300);
    assert.equal((await store.find('r'))?.leasedUntil, 300);
  }),
  rule('a record of another iteration than that of the latest checkpoint is rejected', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.append(lease, change(2), 10);
    for (const iteration of [0, 1, 3]) {
      await rejection(CheckpointError, store.record(lease, { iteration, key: 'a', json: '1' }, 10));
    }
    assert.deepEqual(await store.records('r'), []);
  }),
  rule(
    'rewind drops the records and the children of the node after the checkpoint, and of later ones',
    async (store) => {
      const lease = await store.create(newRun('r'));
      for (const at of [0, 1, 2]) {
        if (at > 0) await store.append(lease, change(at), 10);
        await store.record(lease, { iteration: at, key: 'a', json: '1' }, 10);
        await store.create(newRun(`child ${at}`, {}, { parent: { runId: 'r', iteration: at } }));
      }
      await store.rewind(lease, 1);
      assert.deepEqual(await store.records('r'), [{ iteration: 0, key: 'a', json: '1' }]);
      assert.deepEqual(await idsOf(store, { parent: 'r' }), ['child 0']);
    },
  ),
  rule('a child is found by its id and by its parent, and is not in the list of all runs', async (store) => {
    await store.create(newRun('r'));
    await store.create(newRun('child', {}, { parent: { runId: 'r', iteration: 0 } }));
    assert.equal((await store.find('child'))?.parent, 'r');
    assert.deepEqual(await idsOf(store), ['r']);
    assert.deepEqual(await idsOf(store, { graph: 'g', status: 'running' }), ['r']);
    assert.deepEqual(await idsOf(store, { parent: 'r' }), ['child']);
    assert.deepEqual(await idsOf(store, { parent: 'r', status: 'failed' }), []);
    assert.deepEqual(await idsOf(store, { parent: 'child' }), []);
  }),
  rule('a run is removed with its records, its children, and theirs', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.record(lease, { iteration: 0, key: 'a', json: '1' }, 10);
    const child = await store.create(newRun('child', {}, { parent: { runId: 'r', iteration: 0 } }));
    await store.create(newRun('grandchild', {}, { parent: { runId: 'child', iteration: 0 } }));
    await store.remove(lease);
    for (const id of ['r', 'child', 'grandchild']) assert.equal(await store.find(id), undefined);
    await nothingFrom(store, child);
    await store.create(newRun('r'));
    assert.deepEqual(await store.records('r'), []);
  }),
];

/** How runs are deleted that no worker has. */
export const deletionRules: readonly CheckpointStoreCase[] = [
  rule('a free run is deleted with everything, and others stay', async (store) => {
    const lease = await store.create(newRun('r', { a: '1' }));
    await store.create(newRun('child', {}, { parent: { runId: 'r', iteration: 0 } }));
    await store.create(newRun('other'));
    await store.record(lease, { iteration: 0, key: 'a', json: '1' }, 10);
    await store.release(lease, 'paused', 5);
    assert.equal(await store.delete('r', 6), true);
    assert.equal(await store.delete('r', 6), false);
    for (const id of ['r', 'child']) assert.equal(await store.find(id), undefined);
    assert.deepEqual([await store.load('r'), await store.history('r'), await store.records('r')], [undefined, [], []]);
    assert.deepEqual(await idsOf(store), ['other']);
  }),
  rule('a run whose lease has not ended is not deleted', async (store) => {
    await store.create(newRun('r', {}, { leasedUntil: 100 }));
    await rejection(RunBusyError, store.delete('r', 99));
    assert.equal(await store.delete('r', 100), true);
  }),
  rule('runs are pruned by graph, status and age, but none whose lease has not ended', async (store) => {
    const runs: readonly [id: string, graph: string, status: 'failed' | 'completed', at: number][] = [
      ['a', 'g', 'failed', 10],
      ['b', 'g', 'completed', 10],
      ['c', 'h', 'failed', 10],
      ['d', 'g', 'failed', 20],
    ];
    for (const [id, graph, status, at] of runs) {
      const first = change(0, {}, { savedAt: at });
      await store.release(await store.create(newRun(id, {}, { graph, first })), status, at);
    }
    await store.create(newRun('leased', {}, { leasedUntil: 1_000 }));
    const prune = (filter: Partial<PruneFilter>) => store.prune({ updatedBefore: 50, now: 500, ...filter });
    assert.equal(await prune({ updatedBefore: 10 }), 0);
    assert.equal(await prune({ graph: 'g', status: 'failed', updatedBefore: 11 }), 1);
    assert.deepEqual(await idsOf(store), ['d', 'c', 'b', 'leased']);
    assert.equal(await prune({ status: 'completed' }), 1);
    assert.equal(await prune({ graph: 'h' }), 1);
    assert.equal(await prune({}), 1);
    assert.deepEqual(await idsOf(store), ['leased']);
    assert.equal(await prune({ now: 1_000 }), 1);
  }),
  rule('many runs are pruned at once, each with its children', async (store) => {
    for (let index = 0; index < 250; index += 1) {
      await store.release(await store.create(newRun(`r${index}`)), 'failed', 1);
    }
    await store.create(newRun('child', {}, { parent: { runId: 'r7', iteration: 0 } }));
    assert.equal(await store.prune({ updatedBefore: 2, now: 500 }), 250);
    assert.equal(await store.find('child'), undefined);
    assert.deepEqual(await idsOf(store), []);
  }),
  rule('a child is pruned with its parent only', async (store) => {
    await store.create(newRun('r', {}, { leasedUntil: 1_000 }));
    const child = await store.create(newRun('child', {}, { parent: { runId: 'r', iteration: 0 } }));
    await store.release(child, 'completed', 1);
    assert.equal(await store.prune({ updatedBefore: 50, now: 500 }), 0);
    assert.equal((await store.find('child'))?.status, 'completed');
  }),
];
