import assert from 'node:assert/strict';
import type { CheckpointStore } from '../orchestration/graph/checkpoint-store.js';
import { CheckpointError } from '../orchestration/graph/graph-errors.js';
import { checkpointLeaseRules } from './checkpoint-lease-rules.js';
import {
  type CheckpointStoreCase,
  change,
  newRun,
  nothingFrom,
  refused,
  rule,
  valuesOf,
} from './checkpoint-store-case.js';

/** What is kept, and how it is found again. */
const checkpointHistoryRules: readonly CheckpointStoreCase[] = [
  rule('it knows nothing before a run is begun', async (store) => {
    assert.equal(await store.find('r'), undefined);
    assert.equal(await store.load('r'), undefined);
    assert.deepEqual(await store.history('r'), []);
    assert.deepEqual(await store.list(), []);
  }),
  rule('a run begins with its first checkpoint, leased and running', async (store) => {
    await store.create(newRun('r', { leasedUntil: 500, first: change(0, { set: [['a', '1']], savedAt: 7 }) }));
    assert.deepEqual(await store.find('r'), {
      runId: 'r',
      graph: 'g',
      identity: 'i',
      status: 'running',
      iteration: 0,
      createdAt: 7,
      updatedAt: 7,
      leasedUntil: 500,
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
  rule('a second run of the same id is refused, and the first stays as it is', async (store) => {
    await store.create(newRun('r', { first: change(0, { set: [['a', '1']] }) }));
    await refused(CheckpointError, store.create(newRun('r', { first: change(0, { set: [['a', '2']] }) })));
    assert.deepEqual((await store.load('r'))?.values, [['a', '1']]);
  }),
  rule('of two who begin a run of the same id at once, one does', async (store) => {
    const begin = (value: string) => store.create(newRun('r', { first: change(0, { set: [['a', value]] }) }));
    const [one, other] = await Promise.allSettled([begin('1'), begin('2')]);
    assert.deepEqual([one.status, other.status].sort(), ['fulfilled', 'rejected']);
    assert.deepEqual(await valuesOf(store), { a: one.status === 'fulfilled' ? '1' : '2' });
  }),
  rule('a checkpoint adds its changes to those before', async (store) => {
    const lease = await store.create(
      newRun('r', {
        first: change(0, {
          set: [
            ['a', '1'],
            ['b', '"two"'],
          ],
        }),
      }),
    );
    await store.append(lease, change(1, { set: [['a', '{"deep":[1,2]}']] }), 10);
    await store.append(lease, change(2, { set: [['c', 'null']], removed: ['b'] }), 10);
    assert.deepEqual(await valuesOf(store), { a: '{"deep":[1,2]}', c: 'null' });
  }),
  rule('a key that was removed may come back', async (store) => {
    const lease = await store.create(newRun('r', { first: change(0, { set: [['a', '1']] }) }));
    await store.append(lease, change(1, { removed: ['a'] }), 10);
    await store.append(lease, change(2, { set: [['a', '2']] }), 10);
    assert.deepEqual(await valuesOf(store, 1), {});
    assert.deepEqual(await valuesOf(store, 2), { a: '2' });
  }),
  rule('every checkpoint can be looked back at', async (store) => {
    const lease = await store.create(newRun('r', { first: change(0, { set: [['a', '0']] }) }));
    for (const at of [1, 2, 3]) await store.append(lease, change(at, { set: [['a', String(at)]] }), 10);
    for (const at of [0, 1, 2, 3]) assert.deepEqual(await valuesOf(store, at), { a: String(at) });
    assert.equal(await store.load('r', 4), undefined);
    assert.equal(await store.load('r', -1), undefined);
  }),
  rule('the path is put together from what was visited, also where checkpoints skip nodes', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.append(lease, change(3, { visited: ['a', 'b', 'a'], node: 'a' }), 10);
    await store.append(lease, change(4, { visited: ['c'], node: 'c' }), 10);
    assert.deepEqual((await store.load('r', 3))?.path, ['a', 'b', 'a']);
    assert.deepEqual((await store.load('r'))?.path, ['a', 'b', 'a', 'c']);
  }),
  rule('the history lists the checkpoints, the first first', async (store) => {
    const lease = await store.create(newRun('r', { first: change(0, { savedAt: 1 }) }));
    await store.append(lease, change(2, { node: 'b', savedAt: 5 }), 10);
    await store.append(lease, change(10, { node: 'c', savedAt: 6 }), 10);
    assert.deepEqual(await store.history('r'), [
      { iteration: 0, node: null, savedAt: 1 },
      { iteration: 2, node: 'b', savedAt: 5 },
      { iteration: 10, node: 'c', savedAt: 6 },
    ]);
    assert.equal((await store.find('r'))?.iteration, 10);
    assert.equal((await store.find('r'))?.updatedAt, 6);
  }),
  rule('a checkpoint that is not newer than the latest is refused, and nothing of it is kept', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.append(lease, change(2, { set: [['a', '2']] }), 10);
    for (const old of [1, 2]) {
      await refused(
        CheckpointError,
        store.append(
          lease,
          change(old, {
            set: [
              ['a', '0'],
              ['x', '0'],
            ],
          }),
          10,
        ),
      );
    }
    assert.deepEqual(await valuesOf(store), { a: '2' });
    assert.equal((await store.history('r')).length, 2);
  }),
  rule('the names of the secrets are those of each checkpoint', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.append(lease, change(1, { secretNames: ['key', 'token'] }), 10);
    assert.deepEqual((await store.load('r', 0))?.secretNames, []);
    assert.deepEqual((await store.load('r', 1))?.secretNames, ['key', 'token']);
  }),
  rule('keys and values may hold any text, and come in the order in which the keys first came', async (store) => {
    const odd = ['__proto__', 'constructor', '', ' ', "o'clock; --", 'ключ', '鍵', '🔑', 'a\nb'];
    const set = odd.map((key): [string, string] => [key, JSON.stringify(`${key}\u2028"\\`)]);
    await store.create(newRun('r', { first: change(0, { set }) }));
    assert.deepEqual((await store.load('r'))?.values, set);
  }),
  rule('what it cannot hold it refuses: no key or id becomes another', async (store) => {
    for (const odd of ['a\0b', '\ud800', 'x\udc00']) {
      const set: [string, string][] = [[odd, JSON.stringify(odd)]];
      const refusal = await store.create(newRun(odd, { first: change(0, { set }) })).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (refusal === undefined) assert.deepEqual((await store.load(odd))?.values, set);
    }
    for (const { runId } of await store.list()) assert.ok(await store.load(runId), `run ${JSON.stringify(runId)}`);
    assert.equal(await store.find('a'), undefined);
    assert.equal(await store.find('\ufffd'), undefined);
  }),
  rule('going back drops what came later, and the run goes on from there', async (store) => {
    const lease = await store.create(newRun('r', { first: change(0, { set: [['a', '0']] }) }));
    for (const at of [1, 2, 3]) await store.append(lease, change(at, { set: [['a', String(at)]] }), 10);
    await store.rewind(lease, 1);
    assert.equal((await store.find('r'))?.iteration, 1);
    assert.deepEqual(await valuesOf(store), { a: '1' });
    await store.append(lease, change(2, { set: [['b', '2']] }), 10);
    assert.deepEqual(await valuesOf(store), { a: '1', b: '2' });
    assert.deepEqual(
      (await store.history('r')).map(({ iteration }) => iteration),
      [0, 1, 2],
    );
  }),
  rule('going back to an iteration that has no checkpoint goes back to the one before it', async (store) => {
    const lease = await store.create(newRun('r', { first: change(0, { set: [['a', '0']] }) }));
    for (const at of [2, 4]) await store.append(lease, change(at, { set: [['a', String(at)]] }), 10);
    await store.rewind(lease, 3);
    assert.equal((await store.find('r'))?.iteration, 2);
    assert.deepEqual(await valuesOf(store), { a: '2' });
    await store.append(lease, change(3, { set: [['a', '3']] }), 10);
    assert.deepEqual(await valuesOf(store, 3), { a: '3' });
  }),
  rule('a run is removed with everything, and others stay', async (store) => {
    const lease = await store.create(newRun('r', { first: change(0, { set: [['a', '1']] }) }));
    await store.create(newRun('other', { first: change(0, { set: [['a', '2']] }) }));
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
  rule('runs are listed by graph and status, the newest first, as many as wanted', async (store) => {
    const begun: readonly [id: string, graph: string, at: number][] = [
      ['a', 'g', 10],
      ['b', 'h', 30],
      ['c', 'g', 20],
      ['d', 'g', 20],
    ];
    for (const [id, graph, savedAt] of begun) {
      const lease = await store.create(newRun(id, { graph, first: change(0, { savedAt }) }));
      if (id === 'c') await store.release(lease, 'failed', 50);
    }
    const ids = async (...filter: Parameters<CheckpointStore['list']>) =>
      (await store.list(...filter)).map(({ runId }) => runId);
    assert.deepEqual(await ids(), ['b', 'd', 'c', 'a']);
    assert.deepEqual(await ids({ graph: 'g' }), ['d', 'c', 'a']);
    assert.deepEqual(await ids({ status: 'failed' }), ['c']);
    assert.deepEqual(await ids({ graph: 'g', status: 'running' }), ['d', 'a']);
    assert.deepEqual(await ids({ limit: 2 }), ['b', 'd']);
    assert.deepEqual(await ids({ graph: 'unknown' }), []);
  }),
];

/**
 * What every `CheckpointStore` keeps, whoever wrote it; for any test runner:
 *
 * @example
 * for (const { name, run } of checkpointStoreContract) test(name, () => run(() => memoryStore()));
 */
export const checkpointStoreContract: readonly CheckpointStoreCase[] = [
  ...checkpointHistoryRules,
  ...checkpointLeaseRules,
];
