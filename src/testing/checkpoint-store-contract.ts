import assert from 'node:assert/strict';
import type { RunFilter } from '../orchestration/graph/checkpoint-store.js';
import { CheckpointError } from '../orchestration/graph/graph-errors.js';
import { RunBusyError } from '../orchestration/run-errors.js';
import { deletionRules, recordRules } from './checkpoint-record-rules.js';
import {
  type CheckpointStoreCase,
  change,
  idsOf,
  newRun,
  nothingFrom,
  rejection,
  rule,
  valuesOf,
} from './checkpoint-rules.js';

/** What is kept, and how it is found again. */
const historyRules: readonly CheckpointStoreCase[] = [
  rule('it is empty before a run is created', async (store) => {
    assert.equal(await store.find('r'), undefined);
    assert.equal(await store.load('r'), undefined);
    assert.deepEqual(await store.history('r'), []);
    assert.deepEqual(await store.list(), []);
  }),
  rule('a run begins with its first checkpoint, leased and running', async (store) => {
    await store.create(newRun('r', {}, { leasedUntil: 500, first: change(0, { a: '1' }, { savedAt: 7 }) }));
    assert.deepEqual(await store.find('r'), {
      runId: 'r',
      graph: 'g',
      identity: 'i',
      status: 'running',
      iteration: 0,
      createdAt: 7,
      updatedAt: 7,
      leasedUntil: 500,
      parent: null,
    });
    assert.deepEqual(await store.load('r'), {
      iteration: 0,
      node: null,
      path: [],
      values: [['a', '1']],
      secretNames: [],
      savedAt: 7,
    });
  }),
  rule('a second run of the same id is rejected, and the first stays as it is', async (store) => {
    await store.create(newRun('r', { a: '1' }));
    await rejection(CheckpointError, store.create(newRun('r', { a: '2' })));
    assert.deepEqual((await store.load('r'))?.values, [['a', '1']]);
  }),
  rule('of two workers that create the same run id at once, one does', async (store) => {
    const begin = (value: string) => store.create(newRun('r', { a: value }));
    const [one, other] = await Promise.allSettled([begin('1'), begin('2')]);
    assert.deepEqual([one.status, other.status].sort(), ['fulfilled', 'rejected']);
    assert.deepEqual(await valuesOf(store), { a: one.status === 'fulfilled' ? '1' : '2' });
  }),
  rule('a checkpoint adds its changes to those before', async (store) => {
    const lease = await store.create(newRun('r', { a: '1', b: '"two"' }));
    await store.append(lease, change(1, { a: '{"deep":[1,2]}' }), 10);
    await store.append(lease, change(2, { c: 'null' }, { removed: ['b'] }), 10);
    assert.deepEqual(await valuesOf(store), { a: '{"deep":[1,2]}', c: 'null' });
  }),
  rule('a removed key can be set again', async (store) => {
    const lease = await store.create(newRun('r', { a: '1' }));
    await store.append(lease, change(1, {}, { removed: ['a'] }), 10);
    await store.append(lease, change(2, { a: '2' }), 10);
    assert.deepEqual(await valuesOf(store, 1), {});
    assert.deepEqual(await valuesOf(store, 2), { a: '2' });
  }),
  rule('every checkpoint can be loaded', async (store) => {
    const lease = await store.create(newRun('r', { a: '0' }));
    for (const at of [1, 2, 3]) await store.append(lease, change(at, { a: String(at) }), 10);
    for (const at of [0, 1, 2, 3]) assert.deepEqual(await valuesOf(store, at), { a: String(at) });
    assert.equal(await store.load('r', 4), undefined);
    assert.equal(await store.load('r', -1), undefined);
  }),
  rule('the path is put together from what was visited, also where checkpoints skip nodes', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.append(lease, change(3, {}, { visited: ['a', 'b', 'a'], node: 'a' }), 10);
    await store.append(lease, change(4, {}, { visited: ['c'], node: 'c' }), 10);
    assert.deepEqual((await store.load('r', 3))?.path, ['a', 'b', 'a']);
    assert.deepEqual((await store.load('r'))?.path, ['a', 'b', 'a', 'c']);
  }),
  rule('the history lists the checkpoints, the first first', async (store) => {
    const lease = await store.create(newRun('r', {}, { first: change(0, {}, { savedAt: 1 }) }));
    await store.append(lease, change(2, {}, { node: 'b', savedAt: 5 }), 10);
    await store.append(lease, change(10, {}, { node: 'c', savedAt: 6 }), 10);
    assert.deepEqual(await store.history('r'), [
      { iteration: 0, node: null, savedAt: 1 },
      { iteration: 2, node: 'b', savedAt: 5 },
      { iteration: 10, node: 'c', savedAt: 6 },
    ]);
    assert.equal((await store.find('r'))?.iteration, 10);
    assert.equal((await store.find('r'))?.updatedAt, 6);
  }),
  rule('a checkpoint that is not newer than the latest is rejected, and nothing of it is kept', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.append(lease, change(2, { a: '2' }), 10);
    for (const old of [1, 2]) {
      await rejection(CheckpointError, store.append(lease, change(old, { a: '0', x: '0' }), 10));
    }
    assert.deepEqual(await valuesOf(store), { a: '2' });
    assert.equal((await store.history('r')).length, 2);
  }),
  rule('the names of the secrets are those of each checkpoint', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.append(lease, change(1, {}, { secretNames: ['key', 'token'] }), 10);
    assert.deepEqual((await store.load('r', 0))?.secretNames, []);
    assert.deepEqual((await store.load('r', 1))?.secretNames, ['key', 'token']);
  }),
  rule('keys and values may hold any text, and come in the order in which the keys first came', async (store) => {
    const odd = ['__proto__', 'constructor', '', ' ', "o'clock; --", 'ключ', '鍵', '🔑', 'a\nb'];
    const set = odd.map((key): [string, string] => [key, JSON.stringify(`${key}\u2028"\\`)]);
    await store.create(newRun('r', {}, { first: change(0, {}, { set }) }));
    assert.deepEqual((await store.load('r'))?.values, set);
  }),
  rule('a text that it cannot store is rejected: no key or id becomes another', async (store) => {
    for (const odd of ['a\0b', '\ud800', 'x\udc00']) {
      const set: [string, string][] = [[odd, JSON.stringify(odd)]];
      const error = await store.create(newRun(odd, {}, { first: change(0, {}, { set }) })).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (error === undefined) assert.deepEqual((await store.load(odd))?.values, set);
    }
    for (const { runId } of await store.list()) assert.ok(await store.load(runId), `run ${JSON.stringify(runId)}`);
    assert.equal(await store.find('a'), undefined);
    assert.equal(await store.find('\ufffd'), undefined);
  }),
  rule('rewind drops later checkpoints, and the run continues from there', async (store) => {
    const lease = await store.create(newRun('r', { a: '0' }));
    for (const at of [1, 2, 3]) await store.append(lease, change(at, { a: String(at) }), 10);
    await store.rewind(lease, 1);
    assert.equal((await store.find('r'))?.iteration, 1);
    assert.deepEqual(await valuesOf(store), { a: '1' });
    await store.append(lease, change(2, { b: '2' }), 10);
    assert.deepEqual(await valuesOf(store), { a: '1', b: '2' });
    assert.deepEqual(
      (await store.history('r')).map(({ iteration }) => iteration),
      [0, 1, 2],
    );
  }),
  rule('rewind to an iteration without a checkpoint goes to the one before it', async (store) => {
    const lease = await store.create(newRun('r', { a: '0' }));
    for (const at of [2, 4]) await store.append(lease, change(at, { a: String(at) }), 10);
    await store.rewind(lease, 3);
    assert.equal((await store.find('r'))?.iteration, 2);
    assert.deepEqual(await valuesOf(store), { a: '2' });
    await store.append(lease, change(3, { a: '3' }), 10);
    assert.deepEqual(await valuesOf(store, 3), { a: '3' });
  }),
  rule('a run is removed with everything, and others stay', async (store) => {
    const lease = await store.create(newRun('r', { a: '1' }));
    await store.create(newRun('other', { a: '2' }));
    await store.append(lease, change(1), 10);
    await store.remove(lease);
    assert.equal(await store.find('r'), undefined);
    assert.equal(await store.load('r'), undefined);
    assert.deepEqual(await store.history('r'), []);
    assert.deepEqual(
      (await store.list()).map(({ runId }) => runId),
      ['other'],
    );
    await nothingFrom(store, lease);
  }),
  rule('runs are listed by graph and status, the newest first, up to a limit', async (store) => {
    const begun: readonly [id: string, graph: string, at: number][] = [
      ['a', 'g', 10],
      ['b', 'h', 30],
      ['c', 'g', 20],
      ['d', 'g', 20],
    ];
    for (const [id, graph, savedAt] of begun) {
      const lease = await store.create(newRun(id, {}, { graph, first: change(0, {}, { savedAt }) }));
      if (id === 'c') await store.release(lease, 'failed', 50);
    }
    const ids = (filter?: RunFilter) => idsOf(store, filter);
    assert.deepEqual(await ids(), ['b', 'd', 'c', 'a']);
    assert.deepEqual(await ids({ graph: 'g' }), ['d', 'c', 'a']);
    assert.deepEqual(await ids({ status: 'failed' }), ['c']);
    assert.deepEqual(await ids({ graph: 'g', status: 'running' }), ['d', 'a']);
    assert.deepEqual(await ids({ limit: 2 }), ['b', 'd']);
    assert.deepEqual(await ids({ graph: 'unknown' }), []);
  }),
];

/** Who has a run, and whose writes are rejected. */
const leaseRules: readonly CheckpointStoreCase[] = [
  rule('a leased run is rejected to others with the end of the lease, and available afterwards', async (store) => {
    await store.create(newRun('r', {}, { leasedUntil: 100 }));
    const early = store.acquire('r', { now: 99, until: 200, takeOver: false });
    assert.match(await rejection(RunBusyError, early), /1970-01-01T00:00:00\.100Z/);
    await store.acquire('r', { now: 100, until: 200, takeOver: false });
    await rejection(RunBusyError, store.acquire('r', { now: 199, until: 300, takeOver: false }));
  }),
  rule('a worker may give the run another identity', async (store) => {
    await store.release(await store.create(newRun('r')), 'failed', 5);
    const claim = { now: 10, until: 100, takeOver: true };
    await store.acquire('r', claim);
    assert.equal((await store.find('r'))?.identity, 'i');
    await store.acquire('r', { ...claim, identity: 'later' });
    assert.equal((await store.find('r'))?.identity, 'later');
  }),
  rule('of two workers that acquire a free run at once, one gets it', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.release(lease, 'failed', 5);
    const claim = { now: 10, until: 100, takeOver: false };
    const claims = await Promise.allSettled([store.acquire('r', claim), store.acquire('r', claim)]);
    assert.deepEqual(claims.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  }),
  rule('an unknown run cannot be leased', async (store) => {
    await rejection(CheckpointError, store.acquire('r', { now: 1, until: 2, takeOver: true }));
  }),
  rule('every lease has a higher token than the one before', async (store) => {
    let lease = await store.create(newRun('r'));
    for (let round = 0; round < 3; round += 1) {
      const next = await store.acquire('r', { now: 1, until: 1_000, takeOver: true });
      assert.ok(next.token > lease.token, `token ${next.token} after ${lease.token}`);
      lease = next;
    }
  }),
  rule('a worker that lost its run to another can write nothing more', async (store) => {
    const stale = await store.create(newRun('r', { a: '1' }, { leasedUntil: 1_000 }));
    const lease = await store.acquire('r', { now: 1, until: 1_000, takeOver: true });
    await store.append(lease, change(1, { a: '2' }), 2_000);
    await nothingFrom(store, stale);
    assert.deepEqual(await valuesOf(store), { a: '2' });
    const { status, leasedUntil, iteration } = (await store.find('r')) ?? {};
    assert.deepEqual({ status, leasedUntil, iteration }, { status: 'running', leasedUntil: 2_000, iteration: 1 });
  }),
  rule('a worker that released its run can write nothing more', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.release(lease, 'cancelled', 9);
    await nothingFrom(store, lease);
    assert.equal((await store.find('r'))?.status, 'cancelled');
    assert.equal((await store.find('r'))?.updatedAt, 9);
  }),
  rule('a lease is renewed by itself and with every checkpoint', async (store) => {
    const lease = await store.create(newRun('r', {}, { leasedUntil: 100 }));
    await store.renew(lease, 200);
    assert.equal((await store.find('r'))?.leasedUntil, 200);
    await store.append(lease, change(1), 300);
    assert.equal((await store.find('r'))?.leasedUntil, 300);
  }),
  rule('a lease that has ended is held until another worker takes the run', async (store) => {
    const lease = await store.create(newRun('r', {}, { leasedUntil: 1 }));
    await store.append(lease, change(1, {}, { savedAt: 50 }), 60);
    assert.equal((await store.find('r'))?.iteration, 1);
  }),
  rule('a released run is free, and keeps its status until it is leased', async (store) => {
    const lease = await store.create(newRun('r', {}, { leasedUntil: 1_000 }));
    await store.release(lease, 'failed', 5);
    assert.deepEqual(await store.find('r').then((run) => [run?.status, run?.leasedUntil]), ['failed', 0]);
    await store.acquire('r', { now: 6, until: 1_000, takeOver: false });
    assert.deepEqual(await store.find('r').then((run) => [run?.status, run?.leasedUntil]), ['running', 1_000]);
  }),
  rule(
    'a run with the id of a removed one begins anew, and the worker of the removed run can write nothing to it',
    async (store) => {
      const stale = await store.create(newRun('r', { a: '1' }, { leasedUntil: 1_000 }));
      const second = await store.acquire('r', { now: 1, until: 1_000, takeOver: true });
      await store.remove(second);
      const lease = await store.create(newRun('r', {}, { leasedUntil: 2_000 }));
      assert.ok(lease.token > second.token, `token ${lease.token} after ${second.token}`);
      for (const old of [stale, second]) await nothingFrom(store, old);
      assert.deepEqual(await valuesOf(store), {});
      assert.deepEqual(await store.find('r').then((run) => [run?.status, run?.leasedUntil]), ['running', 2_000]);
    },
  ),
];

/**
 * The rules of `CheckpointStore`, for any implementation and any test runner:
 *
 * @example
 * for (const { name, run } of checkpointStoreContract) test(name, () => run(() => memoryStore()));
 */
export const checkpointStoreContract: readonly CheckpointStoreCase[] = [
  ...historyRules,
  ...recordRules,
  ...leaseRules,
  ...deletionRules,
];
