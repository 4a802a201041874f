import assert from 'node:assert/strict';
import type { PauseAnswer } from '../orchestration/workflow/workflow-store.js';
import { committed, item, newRun, pause, rule, step, type WorkflowStoreCase } from './workflow-rules.js';

/** What a store keeps of crashes. */
export const workflowDeathRules: readonly WorkflowStoreCase[] = [
  rule('a run whose workers end again and again without progress is dead', async (store) => {
    await store.create(newRun('r', { leaseUntil: 10 }));
    const claim = (at: number) => store.claim('r', { at, leaseUntil: at + 5, takeOver: false, maxStarts: 3 });
    assert.equal((await claim(9))?.run.status, 'pending');
    assert.equal((await claim(10))?.claimed, true);
    assert.equal((await claim(20))?.claimed, true);
    assert.equal((await claim(24))?.run.status, 'running');
    const last = await claim(30);
    assert.deepEqual([last?.claimed, last?.run.status, last?.run.completedAt], [false, 'dead', 30]);
    assert.deepEqual((await store.load('r'))?.error, {
      name: 'WorkflowError',
      code: 'CHORALE_WORKFLOW',
      message: 'its process ended 3 times without progress',
    });
    assert.equal(await store.commit('r', 3, {}), 'finished');
    assert.equal(await store.cancel('r', 40), 'dead');
    assert.deepEqual(
      (await store.list({ limit: 9, status: 'dead' })).map(({ runId }) => runId),
      ['r'],
    );
    const again = await store.claim('r', { at: 50, leaseUntil: 55, takeOver: false });
    assert.deepEqual([again?.claimed, again?.run.status, again?.run.error], [true, 'running', null]);
    assert.equal((await claim(60))?.claimed, true);
  }),
  rule('a claim that only makes dead runs dead changes no other run', async (store) => {
    await store.create(newRun('r', { leaseUntil: 10 }));
    const request = { at: 20, leaseUntil: 25, takeOver: false, deadOnly: true };
    const before = await store.load('r');
    assert.deepEqual(await store.claim('r', { ...request, maxStarts: 2 }), { claimed: false, run: before });
    assert.deepEqual(await store.load('r'), before);
    assert.equal((await store.claim('r', { ...request, maxStarts: 1 }))?.run.status, 'dead');
  }),
  rule('a step, an item or an end in between is progress', async (store) => {
    await store.create(newRun('r'));
    const claim = (at: number) => store.claim('r', { at, leaseUntil: at, takeOver: true, maxStarts: 2 });
    const claimed = async (at: number) => assert.equal((await claim(at))?.claimed, true, `at ${at}`);
    await claimed(11);
    await committed(store, 'r', 2, { steps: [step('a', 'completed')] });
    await claimed(12);
    await claimed(13);
    await committed(store, 'r', 4, { items: [item('b', 0, '1')] });
    await claimed(14);
    await claimed(15);
    await committed(store, 'r', 6, { run: { status: 'failed', completedAt: 15 } });
    await claimed(16);
    await claimed(17);
    await committed(store, 'r', 8, { steps: [step('c', 'running')] });
    assert.equal((await claim(18))?.run.status, 'dead');
  }),
];

/** What a store keeps of map steps and of pauses. */
export const workflowPauseRules: readonly WorkflowStoreCase[] = [
  rule('the items of a step are kept by position, each as it was first written', async (store) => {
    await store.create(newRun('r'));
    await committed(store, 'r', 1, { items: [item('a', 2, '"two"'), item('a', -1, '[1,2,3]')] });
    await committed(store, 'r', 1, { items: [item('b', 0, null), item('a', 0, '0'), item('a', 2, '"late"')] });
    const kept = [item('a', -1, '[1,2,3]'), item('a', 0, '0'), item('a', 2, '"two"'), item('b', 0, null)];
    assert.deepEqual((await store.load('r'))?.items, kept);
    const claim = await store.claim('r', { at: 50, leaseUntil: 100, takeOver: false });
    assert.deepEqual(claim?.run.items, kept);
  }),
  rule('the items of a step are dropped with a change', async (store) => {
    await store.create(newRun('r'));
    await committed(store, 'r', 1, { items: [item('a', 0, '0'), item('b', 0, '1')] });
    await committed(store, 'r', 1, { steps: [step('a', 'completed', { output: '[0]' })], dropItems: 'a' });
    const run = await store.load('r');
    assert.deepEqual([run?.items, run?.steps[0]?.output], [[item('b', 0, '1')], '[0]']);
  }),
  rule('items of a worker that has lost the run are not written', async (store) => {
    await store.create(newRun('r'));
    await store.claim('r', { at: 1, leaseUntil: 200, takeOver: true });
    assert.equal(await store.commit('r', 1, { items: [item('a', 0, '0')] }), 'superseded');
    assert.deepEqual((await store.load('r'))?.items, []);
  }),
  rule('pauses are kept by step, item and number, and listed with the run', async (store) => {
    await store.create(newRun('r'));
    const pauses = [pause('b', null, 1, { payload: '{"n":[1]}' }), pause('a', 7, 1), pause('a', 7, 2)];
    await committed(store, 'r', 1, { steps: [step('b', 'paused')], pauses: pauses.slice(0, 1) });
    await committed(store, 'r', 1, {
      pauses: [pauses[2], pauses[1], pause('b', null, 1, { reason: 'another' })].flatMap((one) => one ?? []),
    });
    const kept = [pauses[1], pauses[2], pauses[0]];
    assert.deepEqual((await store.load('r'))?.pauses, kept);
    assert.deepEqual((await store.list({ limit: 9 }))[0]?.pauses, kept);
  }),
  rule('a paused run is claimed only with an answer, which is recorded with the claim', async (store) => {
    await store.create(newRun('r', { leaseUntil: 100 }));
    await committed(store, 'r', 1, { pauses: [pause('a', null, 1), pause('b', 0, 1)] });
    await committed(store, 'r', 1, { run: { status: 'paused' }, leaseUntil: 0 });
    assert.deepEqual(
      (await store.list({ limit: 9, status: 'paused' })).map(({ runId }) => runId),
      ['r'],
    );
    const claim = (answer?: PauseAnswer) => store.claim('r', { at: 5, leaseUntil: 200, takeOver: true, answer });
    assert.equal((await claim())?.claimed, false);
    assert.equal((await claim({ step: 'a', item: null, number: 2, value: '1' }))?.claimed, false);
    assert.equal((await claim({ step: 'b', item: null, number: 1, value: '1' }))?.claimed, false);
    assert.equal((await store.load('r'))?.fence, 1);
    const claimed = await claim({ step: 'a', item: null, number: 1, value: '{"ok":true}' });
    assert.deepEqual([claimed?.claimed, claimed?.run.status, claimed?.run.fence], [true, 'running', 2]);
    const answered = [pause('a', null, 1, { value: '{"ok":true}', answeredAt: 5 }), pause('b', 0, 1)];
    assert.deepEqual(claimed?.run.pauses, answered);
    await committed(store, 'r', 2, { pauses: [pause('a', null, 1)] });
    assert.deepEqual((await store.load('r'))?.pauses, answered);
  }),
  rule('a pause is answered once, and by nobody who does not get the run', async (store) => {
    await store.create(newRun('r', { leaseUntil: 100 }));
    await committed(store, 'r', 1, { pauses: [pause('a', null, 1)] });
    const answer = (value: string) => ({ step: 'a', item: null, number: 1, value });
    const early = await store.claim('r', { at: 5, leaseUntil: 200, takeOver: false, answer: answer('1') });
    assert.deepEqual([early?.claimed, early?.run.pauses], [false, [pause('a', null, 1)]]);
    await committed(store, 'r', 1, { run: { status: 'paused' }, leaseUntil: 0 });
    const claim = async (value: string) =>
      store.claim('r', { at: 6, leaseUntil: 7, takeOver: true, answer: answer(value) });
    const claims = await Promise.all([claim('"first"'), claim('"second"')]);
    assert.deepEqual(claims.map((one) => one?.claimed).sort(), [false, true]);
    assert.equal((await store.load('r'))?.fence, 2);
  }),
  rule('a paused run takes no changes, and can be cancelled', async (store) => {
    await store.create(newRun('r'));
    await committed(store, 'r', 1, { steps: [step('a', 'paused')], pauses: [pause('a', null, 1)] });
    await committed(store, 'r', 1, { run: { status: 'paused' }, leaseUntil: 0 });
    assert.equal(await store.commit('r', 1, {}), 'finished');
    assert.equal(await store.cancel('r', 50), 'cancelled');
    const answer = { step: 'a', item: null, number: 1, value: '1' };
    assert.equal((await store.claim('r', { at: 60, leaseUntil: 70, takeOver: true, answer }))?.claimed, false);
    const run = await store.load('r');
    assert.deepEqual(
      [run?.status, run?.steps[0]?.status, run?.pauses],
      ['cancelled', 'cancelled', [pause('a', null, 1)]],
    );
  }),
];
