import { expect, test } from 'vitest';
import { createHub, HubUnregisteredError, type Message, response } from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { createDeferred } from '../parallel/deferred.js';
import { settled } from '../parallel/gates.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { createRecorder } from './recorder.js';

expectNothingUnhandled();

const from = 'test';
const ending = (run: Promise<unknown>) => run.catch((error: unknown) => error);

test('unregister rejects the senders that wait and all open requests to the agent', async () => {
  const runtime = createManualClock();
  const hub = createHub({ name: 'help', bufferSize: 1, runtime });
  const desk = createRecorder();
  hub.register('desk', desk.handler);
  hub.register('other', () => {});
  const ask = () => ending(hub.request({ from, to: 'desk', data: 'request' }));
  const inWork = ask();
  await settled();
  const queued = ask();
  const waiting = ask();
  const sender = ending(hub.send({ from, to: 'desk', data: 'waits' }));
  hub.unregister('desk');
  const errors = await Promise.all([inWork, queued, waiting, sender]);
  for (const error of errors) {
    expect(error).toBeInstanceOf(HubUnregisteredError);
    expect(error).toMatchObject({ message: "hub help: agent 'desk' was unregistered (known: other)" });
  }
  expect(desk.contexts[0]?.signal.reason).toBe(errors[0]);
  expect(runtime.pendingTimers).toBe(0);
  expect(hub.metrics()).toMatchObject({ sent: 2, delivered: 1, discarded: 1, inFlight: 1, pendingRequests: 0 });
  await desk.finish('too late');
  expect(hub.metrics()).toMatchObject({ handled: 1, inFlight: 0, unmatched: 1, waiting: 0 });
  expect(Object.keys(hub.metrics().agents)).toEqual(['other']);
});

test('unregister rejects the open requests of the agent', async () => {
  const hub = createHub({ name: 'help' });
  const desk = createRecorder();
  hub.register('desk', desk.handler);
  hub.register('asker', () => {});
  const run = ending(hub.request({ from: 'asker', to: 'desk', data: 1 }));
  await settled();
  hub.unregister('asker');
  expect(await run).toMatchObject({ message: "hub help: agent 'asker' was unregistered (known: desk)" });
  expect(desk.contexts[0]?.signal.aborted).toBe(true);
});

test('unregister rejects a request whose answer was to come from elsewhere', async () => {
  const hub = createHub({ name: 'help' });
  let asked: Message | undefined;
  hub.register('desk', (message) => {
    asked = message;
  });
  const run = ending(hub.request({ from, to: 'desk', data: 1 }));
  await settled();
  hub.unregister('desk');
  expect(await run).toMatchObject({ message: "hub help: agent 'desk' was unregistered (known: none)" });
  if (asked) await hub.send(response(asked, 'too late'));
  expect(hub.metrics().unmatched).toBe(1);
});

test('an agent may come back under its name, while its old handler still runs', async () => {
  const hub = createHub({ name: 'help' });
  const [old, fresh] = [createRecorder(), createRecorder()];
  hub.register('desk', old.handler);
  hub.subscribe('desk', 'news');
  await hub.send({ from, to: 'desk', data: 1 });
  await settled();
  hub.unregister('desk');
  hub.register('desk', fresh.handler);
  await hub.send({ from, to: 'desk', data: 2 });
  expect(await hub.publish({ from, topic: 'news', data: 3 })).toBe(0);
  await settled();
  expect([old.seen, fresh.seen]).toEqual([[1], [2]]);
  await old.fail(new Error('boom'));
  expect(hub.metrics()).toMatchObject({ delivered: 2, cancelled: 1, failed: 0, inFlight: 1 });
});

test('a handler may unregister its own agent', async () => {
  const hub = createHub({ name: 'help' });
  const seen: unknown[] = [];
  hub.register('once', ({ data }, context) => {
    seen.push(data);
    context.hub.unregister('once');
  });
  await Promise.all([1, 2].map((data) => hub.send({ from, to: 'once', data })));
  await settled();
  expect(seen).toEqual([1]);
  expect(hub.metrics()).toMatchObject({ sent: 2, handled: 1, discarded: 1 });
});

test('a signal that a handler asks for after its abort is aborted', async () => {
  const hub = createHub({ name: 'help' });
  const gate = createDeferred();
  let reason: unknown;
  hub.register('desk', async (_, context) => {
    await gate.promise;
    reason = context.signal.reason;
  });
  await hub.send({ from, to: 'desk', data: 1 });
  await settled();
  hub.unregister('desk');
  gate.resolve();
  await settled();
  expect(reason).toBeInstanceOf(HubUnregisteredError);
});
