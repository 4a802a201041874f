import assert from 'node:assert/strict';
import { CheckpointError, LeaseError } from '../orchestration/graph/graph-errors.js';
import {
  type CheckpointStoreCase,
  change,
  newRun,
  nothingFrom,
  refused,
  rule,
  valuesOf,
} from './checkpoint-store-case.js';

/** Whose run it is, and what of others is refused. */
export const checkpointLeaseRules: readonly CheckpointStoreCase[] = [
  rule('a leased run is refused to others, with the end of the lease, and then given', async (store) => {
    await store.create(newRun('r', { leasedUntil: 100 }));
    const early = store.acquire('r', { now: 99, until: 200, takeOver: false });
    assert.match(await refused(LeaseError, early), /1970-01-01T00:00:00\.100Z/);
    await store.acquire('r', { now: 100, until: 200, takeOver: false });
    await refused(LeaseError, store.acquire('r', { now: 199, until: 300, takeOver: false }));
  }),
  rule('of two who want a free run at once, one gets it', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.release(lease, 'failed', 5);
    const claim = { now: 10, until: 100, takeOver: false };
    const claims = await Promise.allSettled([store.acquire('r', claim), store.acquire('r', claim)]);
    assert.deepEqual(claims.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  }),
  rule('a run that is not there cannot be leased', async (store) => {
    await refused(CheckpointError, store.acquire('r', { now: 1, until: 2, takeOver: true }));
  }),
  rule('every lease has a higher token than the one before', async (store) => {
    let lease = await store.create(newRun('r'));
    for (let round = 0; round < 3; round += 1) {
      const next = await store.acquire('r', { now: 1, until: 1_000, takeOver: true });
      assert.ok(next.token > lease.token, `token ${next.token} after ${lease.token}`);
      lease = next;
    }
  }),
  rule('whoever lost a run to another can write nothing more', async (store) => {
    const stale = await store.create(newRun('r', { leasedUntil: 1_000, first: change(0, { set: [['a', '1']] }) }));
    const lease = await store.acquire('r', { now: 1, until: 1_000, takeOver: true });
    await store.append(lease, change(1, { set: [['a', '2']] }), 2_000);
    await nothingFrom(store, stale);
    assert.deepEqual(await valuesOf(store), { a: '2' });
    const { status, leasedUntil, iteration } = (await store.find('r')) ?? {};
    assert.deepEqual({ status, leasedUntil, iteration }, { status: 'running', leasedUntil: 2_000, iteration: 1 });
  }),
  rule('whoever gave a run back can write nothing more', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.release(lease, 'cancelled', 9);
    await nothingFrom(store, lease);
    assert.equal((await store.find('r'))?.status, 'cancelled');
    assert.equal((await store.find('r'))?.updatedAt, 9);
  }),
  rule('a lease is renewed by itself and with every checkpoint', async (store) => {
    const lease = await store.create(newRun('r', { leasedUntil: 100 }));
    await store.renew(lease, 200);
    assert.equal((await store.find('r'))?.leasedUntil, 200);
    await store.append(lease, change(1), 300);
    assert.equal((await store.find('r'))?.leasedUntil, 300);
  }),
  rule('a lease whose time is over is held until somebody takes it', async (store) => {
    const lease = await store.create(newRun('r', { leasedUntil: 1 }));
    await store.append(lease, change(1, { savedAt: 50 }), 60);
    assert.equal((await store.find('r'))?.iteration, 1);
  }),
  rule('a run that was given back is free, and keeps its status until it is leased', async (store) => {
    const lease = await store.create(newRun('r', { leasedUntil: 1_000 }));
    await store.release(lease, 'failed', 5);
    assert.deepEqual(await store.find('r').then((run) => [run?.status, run?.leasedUntil]), ['failed', 0]);
    await store.acquire('r', { now: 6, until: 1_000, takeOver: false });
    assert.deepEqual(await store.find('r').then((run) => [run?.status, run?.leasedUntil]), ['running', 1_000]);
  }),
  rule(
    'a run of the id of a removed one begins anew, and the worker of that one can write nothing to it',
    async (store) => {
      const stale = await store.create(newRun('r', { leasedUntil: 1_000, first: change(0, { set: [['a', '1']] }) }));
      const second = await store.acquire('r', { now: 1, until: 1_000, takeOver: true });
      await store.remove(second);
      const lease = await store.create(newRun('r', { leasedUntil: 2_000 }));
      assert.ok(lease.token > second.token, `token ${lease.token} after ${second.token}`);
      for (const old of [stale, second]) await nothingFrom(store, old);
      assert.deepEqual(await valuesOf(store), {});
      assert.deepEqual(await store.find('r').then((run) => [run?.status, run?.leasedUntil]), ['running', 2_000]);
    },
  ),
];
