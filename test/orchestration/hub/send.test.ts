import { describe, expect, test } from 'vitest';
import { createHub, HubAgentError, notification, request } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { countListeners } from '../../foundation/count-listeners.js';
import { settled } from '../parallel/gates.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { createRecorder } from './recorder.js';

expectNothingUnhandled();

const from = 'test';

describe('delivery', () => {
  test('gives each agent its messages, completed, and a context', async () => {
    const hub = createHub({ name: 'orders' });
    const agent = createRecorder();
    hub.register('billing', agent.handler);
    await hub.send({ from, to: 'billing', data: 7 });
    await settled();
    expect(agent.seen).toEqual([7]);
    expect(agent.contexts[0]).toMatchObject({ agent: 'billing', hub });
    expect(agent.contexts[0]?.signal.aborted).toBe(false);
  });

  test('never happens within the call of send', async () => {
    const hub = createHub({ name: 'orders' });
    const agent = createRecorder();
    hub.register('billing', agent.handler);
    const sent = hub.send({ from, to: 'billing', data: 7 });
    expect(agent.seen).toEqual([]);
    await sent;
  });

  test('is one message at a time, in the order in which they were sent', async () => {
    const hub = createHub({ name: 'orders' });
    const agent = createRecorder();
    hub.register('billing', agent.handler);
    for (const data of [1, 2, 3]) await hub.send({ from, to: 'billing', data });
    await settled();
    expect(agent.seen).toEqual([1]);
    await agent.finish();
    expect(agent.seen).toEqual([1, 2]);
    await agent.finish();
    expect(agent.seen).toEqual([1, 2, 3]);
  });

  test('is the most urgent first', async () => {
    const hub = createHub({ name: 'orders' });
    const seen: unknown[] = [];
    hub.register('billing', ({ data }) => void seen.push(data));
    for (const priority of ['low', 'normal', 'critical', 'high', 'low', 'normal', 'critical', 'high'] as const) {
      void hub.send({ from, to: 'billing', priority, data: `${priority} ${seen.length}` });
    }
    void hub.send({ from, to: 'billing', data: 'without' });
    await settled();
    expect(seen.map((data) => String(data).split(' ')[0])).toEqual([
      'critical',
      'critical',
      'high',
      'high',
      'normal',
      'normal',
      'without',
      'low',
      'low',
    ]);
  });

  test('goes on after a handler that failed', async () => {
    const hub = createHub({ name: 'orders' });
    const seen: unknown[] = [];
    hub.register('billing', ({ data }) => {
      seen.push(data);
      if (data === 1) throw new Error('boom');
      return data === 2 ? Promise.reject(undefined) : undefined;
    });
    for (const data of [1, 2, 3]) await hub.send({ from, to: 'billing', data });
    await settled();
    expect(seen).toEqual([1, 2, 3]);
    expect(hub.metrics()).toMatchObject({ delivered: 3, handled: 1, failed: 2 });
  });

  test('of one agent does not wait for another', async () => {
    const hub = createHub({ name: 'orders' });
    const [slow, quick] = [createRecorder(), createRecorder()];
    hub.register('slow', slow.handler);
    hub.register('quick', quick.handler);
    await hub.send({ from, to: 'slow', data: 1 });
    await hub.send({ from, to: 'quick', data: 2 });
    await settled();
    expect([slow.seen, quick.seen]).toEqual([[1], [2]]);
  });

  test('takes a built message as it is', async () => {
    const hub = createHub({ name: 'orders' });
    const ids: string[] = [];
    hub.register('billing', ({ id }) => void ids.push(id));
    const built = notification({ from, to: 'billing', data: 1 });
    await hub.send(built);
    await settled();
    expect(ids).toEqual([built.id]);
  });

  test('crosses from hub to hub through an agent that is in both', async () => {
    const [shop, store] = [createHub({ name: 'shop' }), createHub({ name: 'store' })];
    const picker = createRecorder();
    store.register('picker', picker.handler);
    shop.register('courier', ({ data }) => store.send({ from: 'courier', to: 'picker', data }));
    store.register('courier', ({ data }, { hub }) => expect(hub.name).toBe('store') ?? data);
    await shop.send({ from, to: 'courier', data: 'parcel' });
    await settled();
    expect(picker.seen).toEqual(['parcel']);
  });

  test('leaves room for timers, however long agents go on', async () => {
    const hub = createHub({ name: 'orders' });
    let rounds = 0;
    let over = false;
    const other = { ping: 'pong', pong: 'ping' } as const;
    for (const to of ['ping', 'pong'] as const) {
      hub.register(to, (_, context) => {
        rounds += 1;
        if (!over) void context.hub.send({ from: to, to: other[to], data: 0 });
      });
    }
    await hub.send({ from, to: 'ping', data: 0 });
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        over = true;
        resolve();
      }, 1);
    });
    await hub.close();
    expect(rounds).toBeGreaterThan(1);
  });

  test('goes on by itself where time stands still, however many messages there are', async () => {
    const clock = createManualClock();
    const hub = createHub({ name: 'orders', bufferSize: 1_000, runtime: clock });
    let handled = 0;
    hub.register('billing', () => {
      handled += 1;
    });
    await clock.advance(1_000);
    for (let data = 0; data < 1_000; data += 1) void hub.send({ from, to: 'billing', data });
    for (let turn = 0; turn < 10; turn += 1) await settled();
    expect([handled, clock.pendingTimers]).toEqual([1_000, 0]);
  });
});

describe('a full mailbox', () => {
  const fill = async (bufferSize: number) => {
    const hub = createHub({ name: 'orders', bufferSize });
    const agent = createRecorder();
    hub.register('billing', agent.handler);
    await hub.send({ from, to: 'billing', data: 'in work' });
    await settled();
    for (let data = 0; data < bufferSize; data += 1) await hub.send({ from, to: 'billing', data });
    return { hub, agent };
  };

  test('makes senders wait, and lets them in as they came', async () => {
    const { hub, agent } = await fill(2);
    const accepted: string[] = [];
    const sends = ['a', 'b', 'c'].map(async (data) => {
      await hub.send({ from, to: 'billing', data });
      accepted.push(data);
    });
    await settled();
    expect([accepted, hub.metrics().waiting, hub.metrics().queued]).toEqual([[], 3, 2]);
    await agent.finish();
    expect(accepted).toEqual(['a']);
    await agent.finish();
    expect(accepted).toEqual(['a', 'b']);
    for (let rest = 0; rest < 4; rest += 1) await agent.finish();
    await Promise.all(sends);
    expect(agent.seen).toEqual(['in work', 0, 1, 'a', 'b', 'c']);
  });

  test('lets the more urgent in first', async () => {
    const { hub, agent } = await fill(1);
    const sends = (['low', 'normal', 'critical'] as const).map((priority) =>
      hub.send({ from, to: 'billing', data: priority, priority }),
    );
    for (let rest = 0; rest < 5; rest += 1) await agent.finish();
    await Promise.all(sends);
    expect(agent.seen).toEqual(['in work', 0, 'critical', 'normal', 'low']);
  });

  test('lets a waiting sender go when its signal is aborted', async () => {
    const { hub, agent } = await fill(1);
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const { signal } = controller;
    const sends = Array.from({ length: 20 }, (_, data) => hub.send({ from, to: 'billing', data }, { signal }));
    const ended = Promise.allSettled(sends);
    const kept = hub.send({ from, to: 'billing', data: 'kept' });
    await settled();
    expect(listeners.count).toBe(1);
    controller.abort('enough');
    expect((await ended).map((end) => end.status === 'rejected' && end.reason)).toEqual(Array(20).fill('enough'));
    expect([listeners.count, hub.metrics().waiting]).toEqual([0, 1]);
    for (let rest = 0; rest < 3; rest += 1) await agent.finish();
    await kept;
    expect(agent.seen).toEqual(['in work', 0, 'kept']);
  });

  test('leaves no listener when there was room after all', async () => {
    const { hub, agent } = await fill(1);
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    const sends = [1, 2].map((data) => hub.send({ from, to: 'billing', data }, { signal }));
    for (let rest = 0; rest < 4; rest += 1) await agent.finish();
    await Promise.all(sends);
    expect(listeners.count).toBe(0);
  });
});

describe('what is refused', () => {
  const hub = createHub({ name: 'orders' });
  hub.register('billing', () => {});
  hub.register('shipping', () => {});

  test('a message to an unknown agent, with the known ones and the one that was meant', async () => {
    const error = await hub.send({ from, to: 'biling', data: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HubAgentError);
    expect(error).toMatchObject({
      code: 'CHORALE_HUB_AGENT',
      message: "hub orders: agent 'biling' is not registered, did you mean 'billing'? (known: billing, shipping)",
    });
    await expect(createHub({ name: 'empty' }).send({ from, to: 'x', data: 1 })).rejects.toThrow(
      "hub empty: agent 'x' is not registered (known: none)",
    );
    expect(hub.metrics().unknown).toBe(1);
  });

  test('a message with an aborted signal', async () => {
    await expect(hub.send({ from, to: 'billing', data: 1 }, { signal: AbortSignal.abort('before') })).rejects.toBe(
      'before',
    );
    expect(hub.metrics().sent).toBe(0);
  });

  test.each<[unknown, object | undefined, string]>([
    [null, undefined, 'option message must be an object, but is null'],
    [
      { from, to: 'billing', data: 1, type: 'request' },
      undefined,
      "option message.type must be 'notification' for send, but is 'request' (string)",
    ],
    [
      request({ from, to: 'billing', data: 1 }),
      undefined,
      "option message.type must be 'notification' for send, but is 'request' (string)",
    ],
    [
      { from, to: 'billing', data: 1, topic: 'news' },
      undefined,
      "option message.topic must be absent for send, but is 'news' (string)",
    ],
    [
      { ...notification({ from, to: 'billing', data: 1 }), id: 7 },
      undefined,
      'option message.id must be a text that is not empty, but is 7 (number)',
    ],
    [{ from, to: 'billing', data: 1 }, { signal: 1 }, 'option signal must be an AbortSignal, but is 1 (number)'],
  ])('%j with %j', async (draft, options, text) => {
    await expect(hub.send(draft as never, options as never)).rejects.toThrow(text);
  });

  test.each<[string, () => unknown, string]>([
    [
      'a second agent of a name',
      () => hub.register('billing', () => {}),
      "agent 'billing' is already registered (known",
    ],
    ['an agent that means all', () => hub.register('*', () => {}), "another name than '*', which means all"],
    ['an agent without a name', () => hub.register('', () => {}), 'option agent must be a text that is not empty'],
    ['an agent without a handler', () => hub.register('x', 1 as never), 'option handler must be a function'],
    ['to unregister nobody', () => hub.unregister('x'), "agent 'x' is not registered"],
    ['a hub without a name', () => createHub({ name: '' }), 'option name must be a text that is not empty'],
    [
      'mailboxes without room',
      () => createHub({ name: 'x', bufferSize: 0 }),
      'option bufferSize must be a whole number of at least 1, but is 0 (number)',
    ],
    [
      'a limit that is no time',
      () => createHub({ name: 'x', requestTimeoutMs: Number.NaN }),
      'option requestTimeoutMs must be a number of milliseconds of at least 0, but is NaN (number)',
    ],
    ['an unknown observer', () => createHub({ name: 'x', observer: 'nobody' }), 'unknown observer: nobody'],
  ])('%s', (_, call, text) => {
    expect(call).toThrow(text);
  });
});
