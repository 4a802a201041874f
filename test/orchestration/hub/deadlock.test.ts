import { expect, test } from 'vitest';
import { createHub } from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { createDeferred } from '../parallel/deferred.js';
import { settled } from '../parallel/gates.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';

expectNothingUnhandled();

const from = 'test';

/** A hub with room for one message each, where every agent passes what it is told on to the next, and waits for that. */
function ring(next: Readonly<Record<string, string>>, { requestTimeoutMs = 1_000 } = {}) {
  const clock = createManualClock();
  const observer = createRecordingObserver();
  const hub = createHub({ name: 'ring', bufferSize: 1, requestTimeoutMs, runtime: clock, observer });
  const ends: string[] = [];
  const begin = createDeferred<undefined>();
  for (const [agent, to] of Object.entries(next)) {
    hub.register(agent, async ({ data }) => {
      if (data !== 'pass on') return;
      await begin.promise;
      try {
        await hub.send({ from: agent, to, data: 'passed on' });
        ends.push(`${agent}: sent`);
      } catch (error) {
        ends.push(`${agent}: ${error instanceof Error ? error.message : error}`);
      }
    });
  }
  /** Lets all handlers begin, each with its mailbox full. */
  const fill = async () => {
    for (const data of ['pass on', 'in the mailbox']) {
      for (const to of Object.keys(next)) await hub.send({ from, to, data });
      await settled();
    }
    begin.resolve(undefined);
    await settled();
  };
  return { clock, observer, hub, ends, fill };
}

test('two handlers that wait for one another are told so after the time of a request', async () => {
  const { clock, observer, hub, ends, fill } = ring({ ada: 'bob', bob: 'ada' });
  await fill();
  await clock.advance(999);
  expect([ends, hub.metrics().waiting]).toEqual([[], 2]);
  await clock.advance(1);
  const message = "hub ring: handlers waited 1000 ms for room in one another's mailboxes ('bob' -> 'ada' -> 'bob')";
  expect(ends.sort()).toEqual(['ada: sent', `bob: ${message}`]);
  expect(hub.metrics()).toMatchObject({ waiting: 0, queued: 0, inFlight: 0 });
  expect(observer.ofType('hub.error').map(({ data }) => data)).toMatchObject([
    { agent: 'ada', from: 'bob', reason: 'deadlock', error: true, error_type: 'CHORALE_HUB_DEADLOCK', message },
  ]);
  expect(clock.pendingTimers).toBe(0);
});

test('a circle may go over many agents, or be of one', async () => {
  const many = ring({ ada: 'bob', bob: 'eve', eve: 'ada' });
  await many.fill();
  await many.clock.advance(1_000);
  expect(many.ends.filter((end) => !end.endsWith(': sent'))).toEqual([
    expect.stringContaining("('eve' -> 'ada' -> 'bob' -> 'eve')"),
  ]);
  const one = ring({ ada: 'ada' });
  await one.fill();
  await one.clock.advance(1_000);
  expect(one.ends).toEqual([expect.stringContaining("('ada' -> 'ada')")]);
});

test('a wait that is no circle may last', async () => {
  const { clock, hub } = ring({});
  const busy = createDeferred<undefined>();
  hub.register('slow', () => busy.promise);
  const ended: string[] = [];
  hub.register('eager', async () => {
    await hub.send({ from: 'eager', to: 'slow', data: 3 });
    ended.push('eager');
  });
  for (const data of [1, 2]) {
    await hub.send({ from, to: 'slow', data });
    await settled();
  }
  await hub.send({ from, to: 'eager', data: 1 });
  await clock.advance(100_000);
  expect([ended, clock.pendingTimers]).toEqual([[], 0]);
  busy.resolve(undefined);
  await settled();
  expect(ended).toEqual(['eager']);
});

test('a circle that is opened in time is none', async () => {
  const { clock, hub, ends, fill } = ring({ ada: 'bob', bob: 'ada' });
  await fill();
  await clock.advance(500);
  hub.unregister('ada');
  await clock.advance(100_000);
  expect(ends.sort()).toEqual(['ada: sent', "bob: hub ring: agent 'ada' was unregistered (known: bob)"]);
  expect(clock.pendingTimers).toBe(0);
});

test('a handler that ends without waiting for its message closes no circle', async () => {
  const { clock, observer, hub } = ring({});
  const sent: Promise<unknown>[] = [];
  const gates = { ada: createDeferred<undefined>(), bob: createDeferred<undefined>() };
  const begin = createDeferred<undefined>();
  const next = { ada: 'bob', bob: 'ada' } as const;
  for (const agent of ['ada', 'bob'] as const) {
    hub.register(agent, async ({ data }) => {
      if (data !== 'pass on') return;
      await begin.promise;
      sent.push(hub.send({ from: agent, to: next[agent], data: 'passed on' }));
      await gates[agent].promise;
    });
  }
  for (const data of ['pass on', 'in the mailbox']) {
    for (const to of ['ada', 'bob']) await hub.send({ from, to, data });
    await settled();
  }
  begin.resolve(undefined);
  await clock.advance(999);
  expect(hub.metrics().waiting).toBe(2);
  gates.ada.resolve(undefined);
  await clock.advance(100_000);
  gates.bob.resolve(undefined);
  await Promise.all(sent);
  expect([observer.ofType('hub.error'), clock.pendingTimers]).toEqual([[], 0]);
});

test('a message that closes two circles is watched until both are open', async () => {
  const { clock, observer, hub } = ring({});
  const gates = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, createDeferred<undefined>()]));
  const gaveUp = new AbortController();
  const stays = createDeferred<undefined>();
  const send = (agent: string, to: string, signal?: AbortSignal) =>
    hub.send({ from: agent, to, data: 'passed on' }, { signal }).catch(() => {});
  const work: Readonly<Record<string, () => Promise<unknown>>> = {
    a: () => Promise.all([send('a', 'b'), send('a', 'c')]),
    b: () => send('b', 'd', gaveUp.signal).then(() => stays.promise),
    c: () => send('c', 'd'),
    d: () => send('d', 'a'),
  };
  for (const [agent, pass] of Object.entries(work)) {
    hub.register(agent, async ({ data }) => {
      if (data !== 'pass on') return;
      await gates[agent]?.promise;
      await pass();
    });
  }
  for (const data of ['pass on', 'in the mailbox']) {
    for (const to of Object.keys(work)) await hub.send({ from, to, data });
    await settled();
  }
  for (const gate of Object.values(gates)) {
    gate.resolve(undefined);
    await settled();
  }
  await clock.advance(500);
  gaveUp.abort();
  await clock.advance(1_499);
  expect(observer.ofType('hub.error')).toEqual([]);
  await clock.advance(1);
  expect(observer.ofType('hub.error').map(({ data }) => data.message)).toEqual([
    expect.stringContaining("('d' -> 'a' -> 'c' -> 'd')"),
  ]);
  stays.resolve(undefined);
  await settled();
  expect([hub.metrics().waiting, hub.metrics().inFlight, clock.pendingTimers]).toEqual([0, 0, 0]);
});

test('no circle is looked for where requests have no limit', async () => {
  const { clock, hub, fill } = ring({ ada: 'bob', bob: 'ada' }, { requestTimeoutMs: Number.POSITIVE_INFINITY });
  await fill();
  await clock.advance(1e9);
  expect([hub.metrics().waiting, clock.pendingTimers]).toEqual([2, 0]);
  const closed = hub.close({ timeoutMs: 1 }).catch((error: unknown) => error);
  await clock.advance(1);
  await closed;
});
