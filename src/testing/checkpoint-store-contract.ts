import assert from 'node:assert/strict';
import { codeOf, type ErrorCode } from '../errors/index.js';
import type { CheckpointChange, CheckpointStore, Lease, NewRun } from '../orchestration/index.js';

/** A store under test, and how it is closed. */
export interface CheckpointStoreSubject {
  readonly checkpoints: CheckpointStore;
  close(): void | Promise<void>;
}

/** One rule of the port. */
export interface CheckpointStoreCase {
  readonly name: string;
  /** Rejects with an AssertionError where the store breaks the rule. Each case makes its own store, which must be empty. */
  run(create: () => CheckpointStoreSubject | Promise<CheckpointStoreSubject>): Promise<void>;
}

/**
 * What every `CheckpointStore` keeps, whoever wrote it; for any test runner:
 *
 * @example
 * for (const { name, run } of checkpointStoreContract) test(name, () => run(() => memoryStore()));
 */
export const checkpointStoreContract: readonly CheckpointStoreCase[] = [
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
    await refused('CHORALE_CHECKPOINT', store.create(newRun('r', { first: change(0, { set: [['a', '2']] }) })));
    assert.deepEqual((await store.load('r'))?.values, [['a', '1']]);
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
        'CHORALE_CHECKPOINT',
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
  rule('a leased run is refused to others, with the end of the lease, and then given', async (store) => {
    await store.create(newRun('r', { leasedUntil: 100 }));
    const early = store.acquire('r', { now: 99, until: 200, takeOver: false });
    assert.match(await refused('CHORALE_LEASE', early), /1970-01-01T00:00:00\.100Z/);
    await store.acquire('r', { now: 100, until: 200, takeOver: false });
    await refused('CHORALE_LEASE', store.acquire('r', { now: 199, until: 300, takeOver: false }));
  }),
  rule('of two who want a free run at once, one gets it', async (store) => {
    const lease = await store.create(newRun('r'));
    await store.release(lease, 'failed', 5);
    const claim = { now: 10, until: 100, takeOver: false };
    const claims = await Promise.allSettled([store.acquire('r', claim), store.acquire('r', claim)]);
    assert.deepEqual(claims.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  }),
  rule('a run that is not there cannot be leased', async (store) => {
    await refused('CHORALE_CHECKPOINT', store.acquire('r', { now: 1, until: 2, takeOver: true }));
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
    await store.create(newRun('r'));
    assert.deepEqual(await valuesOf(store), {});
  }),
  rule('runs are listed by graph and status, the newest first, as many as wanted', async (store) => {
    const begun: readonly [id: string, graph: string, at: number][] = [
      ['a', 'g', 10],
      ['b', 'h', 30],
      ['c', 'g', 20],
      ['d', 'g', 20],
    ];
    for (const [id, graph, savedAt] of begun) await store.create(newRun(id, { graph, first: change(0, { savedAt }) }));
    await store.release({ runId: 'c', token: 1 }, 'failed', 50);
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

function rule(name: string, check: (store: CheckpointStore) => Promise<void>): CheckpointStoreCase {
  return {
    name,
    async run(create) {
      const subject = await create();
      try {
        await check(subject.checkpoints);
      } finally {
        await subject.close();
      }
    },
  };
}

function newRun(runId: string, given: Partial<NewRun> = {}): NewRun {
  return { runId, graph: 'g', identity: 'i', first: change(0), leasedUntil: 10, ...given };
}

function change(iteration: number, given: Partial<CheckpointChange> = {}): CheckpointChange {
  const node = iteration === 0 ? null : 'n';
  return { iteration, node, visited: [], set: [], removed: [], secretNames: [], savedAt: iteration, ...given };
}

async function valuesOf(store: CheckpointStore, iteration?: number): Promise<Record<string, string>> {
  return Object.fromEntries((await store.load('r', iteration))?.values ?? []);
}

/** Resolves with the message when the work is refused with this code. */
async function refused(code: ErrorCode, work: Promise<unknown>): Promise<string> {
  let message = '';
  await assert.rejects(work, (error) => {
    assert.equal(codeOf(error), code);
    message = String(error);
    return true;
  });
  return message;
}

async function nothingFrom(store: CheckpointStore, stale: Lease): Promise<void> {
  const attempts = [
    () => store.append(stale, change(99, { set: [['a', '99']] }), 9_999),
    () => store.renew(stale, 9_999),
    () => store.rewind(stale, 0),
    () => store.release(stale, 'completed', 9_999),
    () => store.remove(stale),
  ];
  for (const attempt of attempts) await refused('CHORALE_LEASE', attempt());
}
