import assert from 'node:assert/strict';
import { workflowDeathRules, workflowPauseRules } from './workflow-pause-rules.js';
import { workflowRemovalRules } from './workflow-removal-rules.js';
import { committed, entry, idsOf, newRun, pending, rule, step, type WorkflowStoreCase } from './workflow-rules.js';

/**
 * The rules of `WorkflowStore`, for any implementation and any test runner:
 *
 * @example
 * for (const { name, run } of workflowStoreContract) test(name, () => run(() => memoryStore()));
 */
export const workflowStoreContract: readonly WorkflowStoreCase[] = [
  rule('it is empty before a run is created', async (store) => {
    assert.equal(await store.load('r'), undefined);
    assert.equal(await store.claim('r', { at: 0, leaseUntil: 10, takeOver: true }), undefined);
    assert.equal(await store.commit('r', 1, {}), 'unknown');
    assert.equal(await store.cancel('r', 0), undefined);
    assert.deepEqual(await store.list({ limit: 9 }), []);
  }),
  rule('a new run is pending, with fence 1 and a lease', async (store) => {
    const { created, run } = await store.create(newRun('r', { input: '{"a":[1]}' }));
    assert.equal(created, true);
    assert.deepEqual(run, pending('r', { input: '{"a":[1]}' }));
    assert.deepEqual(await store.load('r'), run);
  }),
  rule('a run may have no input', async (store) => {
    const { run } = await store.create(newRun('r', { input: null }));
    assert.equal(run.input, null);
    assert.equal((await store.load('r'))?.input, null);
  }),
  rule('a second run with the same id is not created', async (store) => {
    await store.create(newRun('r', { input: '1' }));
    const second = await store.create(newRun('r', { input: '2' }));
    assert.equal(second.created, false);
    assert.equal(second.run.input, '1');
    assert.equal((await store.list({ limit: 9 })).length, 1);
  }),
  rule('an idempotency key has one run of a workflow, and may have one of another', async (store) => {
    await store.create(newRun('a', { idempotencyKey: 'k' }));
    await store.create(newRun('none', { idempotencyKey: null }));
    const again = await store.create(newRun('b', { idempotencyKey: 'k' }));
    assert.deepEqual([again.created, again.run.runId], [false, 'a']);
    const other = await store.create(newRun('c', { idempotencyKey: 'k', workflow: 'other' }));
    assert.deepEqual([other.created, other.run.runId], [true, 'c']);
    assert.equal((await store.create(newRun('none too', { idempotencyKey: null }))).created, true);
    assert.equal(await store.load('b'), undefined);
  }),
  rule('of two workers that start a run under the same key at once, one creates it', async (store) => {
    const start = (runId: string) => store.create(newRun(runId, { idempotencyKey: 'k' }));
    const made = await Promise.all([start('a'), start('b')]);
    assert.deepEqual(made.map(({ created }) => created).sort(), [false, true]);
    assert.equal(made[0].run.runId, made[1].run.runId);
    assert.equal((await store.list({ limit: 9 })).length, 1);
  }),
  rule('of two workers that claim a free run at once, one gets it', async (store) => {
    await store.create(newRun('r', { leaseUntil: 1 }));
    const claim = async () => store.claim('r', { at: 5, leaseUntil: 100, takeOver: false });
    const claims = await Promise.all([claim(), claim()]);
    assert.deepEqual(claims.map((answer) => answer?.claimed).sort(), [false, true]);
    assert.equal((await store.load('r'))?.fence, 2);
  }),
  rule('a text that it cannot store is rejected: no two keys become one', async (store) => {
    const made = ['a\0b', 'a\0c', '\ud800', '\ud801'].map(async (idempotencyKey, index) => {
      const { created, run } = await store.create(newRun(`r${index}`, { idempotencyKey }));
      return created && run.idempotencyKey === idempotencyKey && (await store.load(run.runId))?.idempotencyKey;
    });
    const kept = (await Promise.allSettled(made)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.equal((await store.list({ limit: 9 })).length, kept.length);
    for (const key of kept) assert.ok(['a\0b', 'a\0c', '\ud800', '\ud801'].includes(String(key)), JSON.stringify(key));
  }),
  rule('a change writes steps, state and the run together', async (store) => {
    await store.create(newRun('r'));
    const failure = { name: 'TypeError', message: 'it\'s "odd"\n', code: null };
    const steps = [step('b', 'failed', { error: failure }), step('a', 'completed', { output: '[1,"two"]' })];
    await committed(store, 'r', 1, { run: { status: 'running', startedAt: 5 }, steps, state: [entry('k', '{"x":1}')] });
    const run = await store.load('r');
    assert.deepEqual(run?.steps, steps);
    assert.deepEqual(run?.state, [entry('k', '{"x":1}')]);
    assert.deepEqual([run?.status, run?.startedAt, run?.completedAt], ['running', 5, null]);
  }),
  rule('steps stay in the order in which they began', async (store) => {
    await store.create(newRun('r'));
    await committed(store, 'r', 1, { steps: [step('z', 'running'), step('a', 'running')] });
    await committed(store, 'r', 1, { steps: [step('a', 'completed'), step('m', 'running')] });
    await committed(store, 'r', 1, { steps: [step('z', 'completed')] });
    const steps = (await store.load('r'))?.steps.map((record) => record.step);
    assert.deepEqual(steps, ['z', 'a', 'm']);
  }),
  rule('a completed step is never changed', async (store) => {
    await store.create(newRun('r'));
    await committed(store, 'r', 1, { steps: [step('a', 'completed', { output: '1' })] });
    await committed(store, 'r', 1, { steps: [step('a', 'failed', { output: null, attempt: 2 })] });
    assert.deepEqual((await store.load('r'))?.steps, [step('a', 'completed', { output: '1' })]);
  }),
  rule('state is written key by key, and null removes', async (store) => {
    await store.create(newRun('r'));
    await committed(store, 'r', 1, { state: [entry('a', '1'), entry('b', '2')] });
    await committed(store, 'r', 1, { state: [entry('a', null), entry('b', '"new"'), entry('none', null)] });
    assert.deepEqual((await store.load('r'))?.state, [entry('b', '"new"')]);
  }),
  rule('what a change does not name stays as it is', async (store) => {
    await store.create(newRun('r'));
    await committed(store, 'r', 1, { run: { status: 'running', startedAt: 5 } });
    await committed(store, 'r', 1, { run: { status: 'completed', output: '7', completedAt: 9 } });
    const run = await store.load('r');
    assert.deepEqual([run?.startedAt, run?.completedAt, run?.output, run?.error], [5, 9, '7', null]);
  }),
  rule('an ended run takes no more changes', async (store) => {
    for (const status of ['completed', 'failed', 'cancelled'] as const) {
      await store.create(newRun(status));
      await committed(store, status, 1, { run: { status, completedAt: 9 } });
      assert.equal(await store.commit(status, 1, { steps: [step('late', 'completed')] }), 'finished');
      assert.deepEqual((await store.load(status))?.steps, []);
    }
  }),
  rule('a run is not claimed while another lease lasts', async (store) => {
    await store.create(newRun('r', { leaseUntil: 100 }));
    const early = await store.claim('r', { at: 99, leaseUntil: 200, takeOver: false });
    assert.deepEqual([early?.claimed, early?.run.fence, early?.run.leaseUntil], [false, 1, 100]);
    const late = await store.claim('r', { at: 100, leaseUntil: 200, takeOver: false });
    assert.deepEqual([late?.claimed, late?.run.fence, late?.run.leaseUntil], [true, 2, 200]);
    assert.equal(late?.run.status, 'running');
  }),
  rule('a run can be taken over, and the worker before it writes nothing more', async (store) => {
    await store.create(newRun('r', { leaseUntil: 100 }));
    const claim = await store.claim('r', { at: 1, leaseUntil: 200, takeOver: true });
    assert.equal(claim?.claimed, true);
    await committed(store, 'r', 2, { steps: [step('a', 'completed', { output: '"new"' })] });
    assert.equal(await store.commit('r', 1, { steps: [step('a', 'completed', { output: '"old"' })] }), 'superseded');
    assert.equal(await store.commit('r', 1, { run: { status: 'failed' }, leaseUntil: 0 }), 'superseded');
    const run = await store.load('r');
    assert.deepEqual([run?.status, run?.leaseUntil, run?.steps[0]?.output], ['running', 200, '"new"']);
  }),
  rule('a change can renew the lease', async (store) => {
    await store.create(newRun('r', { leaseUntil: 100 }));
    await committed(store, 'r', 1, { leaseUntil: 300 });
    assert.equal((await store.claim('r', { at: 200, leaseUntil: 400, takeOver: false }))?.claimed, false);
  }),
  rule('a failed run can be claimed at once, and is running again without its error', async (store) => {
    await store.create(newRun('r', { leaseUntil: 100 }));
    const error = { name: 'Error', message: 'boom', code: 'CHORALE_WORKFLOW' };
    await committed(store, 'r', 1, { run: { status: 'failed', error, completedAt: 9 } });
    assert.deepEqual((await store.load('r'))?.error, error);
    const claim = await store.claim('r', { at: 10, leaseUntil: 200, takeOver: false });
    assert.equal(claim?.claimed, true);
    assert.deepEqual([claim?.run.status, claim?.run.error, claim?.run.completedAt], ['running', null, null]);
    await committed(store, 'r', 2, {});
  }),
  rule('a stopped run can be claimed, a completed one cannot', async (store) => {
    await store.create(newRun('stopped'));
    await committed(store, 'stopped', 1, { run: { status: 'cancelled', completedAt: 9 } });
    assert.equal((await store.claim('stopped', { at: 10, leaseUntil: 200, takeOver: false }))?.claimed, true);
    await store.create(newRun('done'));
    await committed(store, 'done', 1, { run: { status: 'completed', output: '1', completedAt: 9 } });
    const claim = await store.claim('done', { at: 10, leaseUntil: 200, takeOver: true });
    assert.deepEqual([claim?.claimed, claim?.run.status, claim?.run.fence], [false, 'completed', 1]);
  }),
  rule('a cancelled run stays cancelled, and so do the steps in flight', async (store) => {
    await store.create(newRun('r', { leaseUntil: 100 }));
    const steps = [step('a', 'completed', { output: '1' }), step('b', 'running'), step('c', 'retrying')];
    await committed(store, 'r', 1, { run: { status: 'running' }, steps });
    assert.equal(await store.cancel('r', 50), 'cancelled');
    assert.equal(await store.cancel('r', 60), 'cancelled');
    assert.equal(await store.commit('r', 1, { run: { status: 'completed' } }), 'cancelled');
    const claim = await store.claim('r', { at: 500, leaseUntil: 600, takeOver: true });
    assert.equal(claim?.claimed, false);
    const run = await store.load('r');
    assert.deepEqual([run?.status, run?.cancelRequested, run?.completedAt], ['cancelled', true, 50]);
    assert.deepEqual(
      run?.steps.map(({ status, completedAt }) => [status, completedAt]),
      [
        ['completed', null],
        ['cancelled', 50],
        ['cancelled', 50],
      ],
    );
  }),
  rule('a run that is over is not cancelled', async (store) => {
    for (const status of ['completed', 'failed'] as const) {
      await store.create(newRun(status));
      await committed(store, status, 1, { run: { status, completedAt: 9 } });
      assert.equal(await store.cancel(status, 10), status);
      assert.equal((await store.load(status))?.cancelRequested, false);
    }
  }),
  rule('it lists runs without their values, the newest first', async (store) => {
    for (const id of ['c', 'a', 'b']) await store.create(newRun(id, { createdAt: 1 }));
    const listed = await store.list({ limit: 9 });
    const begun = { createdAt: 1, startedAt: null, completedAt: null };
    const header = { runId: 'b', workflow: 'w', status: 'pending', idempotencyKey: null, cancelRequested: false };
    assert.deepEqual(listed[0], { ...header, ...begun, error: null, pauses: [] });
    assert.deepEqual(await idsOf(store, {}), ['b', 'a', 'c']);
  }),
  rule('it lists by workflow and by status, page by page', async (store) => {
    for (let n = 1; n <= 6; n += 1) {
      await store.create(newRun(`r${n}`, { workflow: n % 2 === 0 ? 'even' : 'odd' }));
      if (n <= 4) await committed(store, `r${n}`, 1, { run: { status: 'completed' } });
    }
    assert.deepEqual(await idsOf(store, { workflow: 'even' }), ['r6', 'r4', 'r2']);
    assert.deepEqual(await idsOf(store, { status: 'pending' }), ['r6', 'r5']);
    assert.deepEqual(await idsOf(store, { workflow: 'odd', status: 'completed' }), ['r3', 'r1']);
    assert.deepEqual(await idsOf(store, { limit: 2 }), ['r6', 'r5']);
    assert.deepEqual(await idsOf(store, { limit: 2, before: 'r5' }), ['r4', 'r3']);
    assert.deepEqual(await idsOf(store, { workflow: 'even', status: 'completed', before: 'r4' }), ['r2']);
    assert.deepEqual(await idsOf(store, { before: 'nobody' }), []);
    assert.deepEqual(await idsOf(store, { workflow: 'nobody' }), []);
  }),
  ...workflowPauseRules,
  ...workflowDeathRules,
  ...workflowRemovalRules,
];
