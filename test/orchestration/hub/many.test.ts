import { describe, expect, test } from 'vitest';
import { createHub, type Message } from '../../../src/orchestration/index.js';
import { settled } from '../parallel/gates.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { createRecorder } from './recorder.js';

expectNothingUnhandled();

function open(bufferSize = 100) {
  const hub = createHub({ name: 'news', bufferSize });
  const recorders = { ada: createRecorder(), bob: createRecorder(), eve: createRecorder() };
  for (const [name, { handler }] of Object.entries(recorders)) hub.register(name, handler);
  const seen = () => Object.values(recorders).map((recorder) => recorder.seen);
  return { hub, ...recorders, seen };
}

describe('a broadcast', () => {
  test('reaches all but the sender, as one message', async () => {
    const hub = createHub({ name: 'news' });
    const got: Message[] = [];
    for (const name of ['ada', 'bob', 'eve']) hub.register(name, (message) => void got.push(message));
    expect(await hub.broadcast({ from: 'ada', data: 'hello', priority: 'high' })).toBe(2);
    await settled();
    expect(got).toHaveLength(2);
    expect(got[0]).toBe(got[1]);
    expect(got[0]).toMatchObject({ from: 'ada', to: '*', type: 'broadcast', data: 'hello', priority: 'high' });
    expect(hub.metrics()).toMatchObject({ broadcast: 1, sent: 2 });
  });

  test('may reach nobody', async () => {
    expect(await createHub({ name: 'news' }).broadcast({ from: 'ada', data: 1 })).toBe(0);
  });

  test('waits for the last mailbox that is full, while the others have it', async () => {
    const { hub, ada, bob, seen } = open(1);
    for (const data of [1, 2]) {
      await hub.send({ from: 'x', to: 'bob', data });
      await settled();
    }
    let count = 0;
    const run = hub.broadcast({ from: 'x', data: 'all' }).then((reached) => {
      count = reached;
    });
    await settled();
    expect([count, seen()]).toEqual([0, [['all'], [1], ['all']]]);
    await bob.finish();
    await run;
    expect(count).toBe(3);
    await bob.finish();
    expect(seen()).toEqual([['all'], [1, 2, 'all'], ['all']]);
    await ada.finish();
  });

  test('does not count an agent that is unregistered meanwhile', async () => {
    const { hub } = open(1);
    for (const data of [1, 2]) {
      await hub.send({ from: 'x', to: 'bob', data });
      await settled();
    }
    const run = hub.broadcast({ from: 'x', data: 'all' });
    await settled();
    hub.unregister('bob');
    expect(await run).toBe(2);
  });

  test('rejects with the reason of its signal', async () => {
    const { hub } = open(1);
    for (const data of [1, 2]) {
      await hub.send({ from: 'x', to: 'bob', data });
      await settled();
    }
    const controller = new AbortController();
    const run = hub.broadcast({ from: 'x', data: 'all' }, { signal: controller.signal });
    controller.abort('enough');
    await expect(run).rejects.toBe('enough');
    await expect(hub.broadcast({ from: 'x', data: 1 }, { signal: controller.signal })).rejects.toBe('enough');
    expect(hub.metrics()).toMatchObject({ waiting: 0, broadcast: 1 });
  });

  test('must have a sender', async () => {
    const { hub } = open();
    await expect(hub.broadcast(null as never)).rejects.toThrow('option message must be an object, but is null');
    await expect(hub.broadcast({ data: 1 } as never)).rejects.toThrow('option message.from must be a text');
  });
});

describe('what is published', () => {
  test('reaches the subscribers of its topic but the publisher', async () => {
    const { hub, seen } = open();
    hub.subscribe('ada', 'sport');
    hub.subscribe('bob', 'sport');
    hub.subscribe('bob', 'sport');
    hub.subscribe('bob', 'weather');
    expect(await hub.publish({ from: 'x', topic: 'sport', data: 1 })).toBe(2);
    expect(await hub.publish({ from: 'ada', topic: 'sport', data: 2 })).toBe(1);
    expect(await hub.publish({ from: 'x', topic: 'nothing', data: 3 })).toBe(0);
    await settled();
    expect(seen()).toEqual([[1], [1], []]);
    expect(hub.metrics()).toMatchObject({ published: 3, sent: 3 });
  });

  test('is a notification with the topic', async () => {
    const hub = createHub({ name: 'news' });
    const got: Message[] = [];
    hub.register('ada', (message) => void got.push(message));
    hub.subscribe('ada', 'sport');
    await hub.publish({ from: 'x', topic: 'sport', data: 1, headers: { lang: 'en' } });
    await settled();
    expect(got).toMatchObject([{ to: '*', type: 'notification', topic: 'sport', headers: { lang: 'en' } }]);
  });

  test('no longer reaches who unsubscribed, or was unregistered', async () => {
    const { hub, seen } = open();
    for (const name of ['ada', 'bob', 'eve']) hub.subscribe(name, 'sport');
    expect(hub.unsubscribe('ada', 'sport')).toBe(true);
    expect(hub.unsubscribe('ada', 'sport')).toBe(false);
    expect(hub.unsubscribe('bob', 'weather')).toBe(false);
    hub.unregister('bob');
    expect(await hub.publish({ from: 'x', topic: 'sport', data: 1 })).toBe(1);
    hub.unsubscribe('eve', 'sport');
    expect(await hub.publish({ from: 'x', topic: 'sport', data: 2 })).toBe(0);
    await settled();
    expect(seen()).toEqual([[], [], [1]]);
  });

  test('needs a topic, and known subscribers', async () => {
    const { hub } = open();
    await expect(hub.publish(null as never)).rejects.toThrow('option message must be an object, but is null');
    await expect(hub.publish({ from: 'x', topic: '', data: 1 })).rejects.toThrow(
      "option message.topic must be a text that is not empty, but is '' (string)",
    );
    expect(() => hub.subscribe('ada', '')).toThrow('option topic must be a text that is not empty');
    expect(() => hub.subscribe('adda', 'sport')).toThrow(
      "hub news: agent 'adda' is not registered, did you mean 'ada'? (known: ada, bob, eve)",
    );
    expect(() => hub.unsubscribe('nobody', 'sport')).toThrow("agent 'nobody' is not registered");
  });
});
