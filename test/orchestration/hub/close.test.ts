import { describe, expect, test } from 'vitest';
import {
  createHub,
  HubClosedError,
  HubCloseTimeoutError,
  type Message,
  type Runtime,
  response,
} from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { settled } from '../parallel/gates.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { createRecorder } from './recorder.js';

expectNothingUnhandled();

const from = 'test';
const ending = (run: Promise<unknown>) => run.catch((error: unknown) => error);

function open(bufferSize = 100) {
  const runtime = createManualClock();
  const hub = createHub({ name: 'help', runtime, bufferSize });
  const desk = createRecorder();
  hub.register('desk', desk.handler);
  return { runtime, hub, desk };
}

describe('close', () => {
  test('waits for the handler in flight and for what had been accepted', async () => {
    const { hub, desk, runtime } = open();
    const answered = hub.request({ from, to: 'desk', data: 1 });
    await hub.send({ from, to: 'desk', data: 2 });
    await settled();
    let closed = false;
    const run = hub.close().then(() => {
      closed = true;
    });
    await settled();
    expect(closed).toBe(false);
    await desk.finish('yes');
    expect([closed, desk.seen]).toEqual([false, [1, 2]]);
    await desk.finish();
    await run;
    expect((await answered).data).toBe('yes');
    expect(runtime.pendingTimers).toBe(0);
  });

  test('waits for the handler of an agent that was unregistered', async () => {
    const { hub, desk } = open();
    await hub.send({ from, to: 'desk', data: 1 });
    await settled();
    hub.unregister('desk');
    let closed = false;
    const run = hub.close({ timeoutMs: Number.POSITIVE_INFINITY }).then(() => {
      closed = true;
    });
    await settled();
    expect(closed).toBe(false);
    await desk.finish();
    await run;
  });

  test('of an idle hub is quick, and the same for all who ask', async () => {
    const { hub, runtime } = open();
    const run = hub.close();
    expect(hub.close()).toBe(run);
    await run;
    expect(runtime.pendingTimers).toBe(0);
  });

  test('turns away the senders and requests that wait for room', async () => {
    const { hub, desk } = open(1);
    for (const data of [1, 2]) {
      await hub.send({ from, to: 'desk', data });
      await settled();
    }
    const waits = [hub.send({ from, to: 'desk', data: 3 }), hub.request({ from, to: 'desk', data: 4 })].map(ending);
    const all = ending(hub.broadcast({ from, data: 5 }));
    const run = hub.close();
    for (const error of await Promise.all([...waits, all])) {
      expect(error).toBeInstanceOf(HubClosedError);
      expect(error).toMatchObject({ message: "hub help: closed before a message to agent 'desk'" });
    }
    await desk.finish();
    await desk.finish();
    await run;
    expect(desk.seen).toEqual([1, 2]);
  });

  test('lets answers in while it waits, and refuses everything else', async () => {
    const { hub, desk } = open();
    let asked: Message | undefined;
    hub.register('front', (message) => {
      asked = message;
    });
    const answered = hub.request({ from, to: 'front', data: 1 });
    await hub.send({ from, to: 'desk', data: 1 });
    await settled();
    const run = hub.close();
    if (asked) await hub.send(response(asked, 'in time'));
    expect((await answered).data).toBe('in time');
    await expect(hub.send({ from, to: 'desk', data: 1 })).rejects.toThrow(
      "hub help: closed before a message to agent 'desk'",
    );
    await expect(hub.request({ from, to: 'desk', data: 1 })).rejects.toThrow(HubClosedError);
    await expect(hub.broadcast({ from, data: 1 })).rejects.toThrow('hub help: closed before a broadcast');
    await expect(hub.publish({ from, topic: 'news', data: 1 })).rejects.toThrow(
      "hub help: closed before a message on the topic 'news'",
    );
    expect(() => hub.register('late', () => {})).toThrow("hub help: closed before agent 'late' was registered");
    expect(() => hub.subscribe('desk', 'news')).toThrow("hub help: closed before agent 'desk' subscribed to 'news'");
    await desk.finish();
    await run;
    if (asked) await expect(hub.send(response(asked, 'again'))).rejects.toThrow("closed before a response to 'test'");
  });

  test('rejects the requests that nobody answered', async () => {
    const hub = createHub({ name: 'help', runtime: createManualClock() });
    hub.register('front', () => {});
    const run = ending(hub.request({ from, to: 'front', data: 1 }));
    await settled();
    await hub.close();
    expect(await run).toMatchObject({ message: "hub help: closed before agent 'front' answered a request" });
  });

  test('gives up when time is up: discards, aborts, and names who is busy', async () => {
    const { hub, desk, runtime } = open();
    const inWork = ending(hub.request({ from, to: 'desk', data: 1 }));
    const queued = ending(hub.request({ from, to: 'desk', data: 2 }));
    await hub.send({ from, to: 'desk', data: 3 });
    await settled();
    const run = ending(hub.close({ timeoutMs: 1_000 }));
    await runtime.advance(1_000);
    const error = await run;
    expect(error).toBeInstanceOf(HubCloseTimeoutError);
    expect(error).toMatchObject({
      busy: ['desk'],
      discarded: 2,
      message: 'hub help: not closed within 1000 ms (busy agents: desk; discarded messages: 2)',
    });
    expect(desk.contexts[0]?.signal.reason).toBe(error);
    expect(await inWork).toMatchObject({ message: "hub help: closed before agent 'desk' answered a request" });
    expect(await queued).toMatchObject({ message: "hub help: closed before agent 'desk' handled a message" });
    await desk.fail(new Error('a consequence'));
    expect(hub.metrics()).toMatchObject({ sent: 3, delivered: 1, discarded: 2, cancelled: 1, queued: 0, inFlight: 0 });
    expect(runtime.pendingTimers).toBe(0);
  });

  test('waits five seconds by default', async () => {
    const { hub, runtime } = open();
    await hub.send({ from, to: 'desk', data: 1 });
    await settled();
    const run = ending(hub.close());
    await runtime.advance(4_999);
    expect(runtime.pendingTimers).toBe(1);
    await runtime.advance(1);
    expect(await run).toMatchObject({ afterMs: 5_000 });
  });

  test('goes on when the last unread request was given up', async () => {
    const { hub, desk } = open();
    const controller = new AbortController();
    await hub.send({ from, to: 'desk', data: 1 });
    const run = ending(hub.request({ from, to: 'desk', data: 2 }, { signal: controller.signal }));
    await settled();
    const closing = hub.close();
    await settled();
    controller.abort('enough');
    expect(await run).toBe('enough');
    await desk.finish();
    await closing;
    expect(desk.seen).toEqual([1]);
  });

  test('must be given a time', async () => {
    const { hub } = open();
    await expect(hub.close({ timeoutMs: -1 })).rejects.toThrow('option timeoutMs must be a number of milliseconds');
    await hub.send({ from, to: 'desk', data: 1 });
  });

  test('ends a pause of the deliveries', async () => {
    const clock = createManualClock();
    const turns = new Set<() => void>();
    const nextTurn: Runtime['nextTurn'] = (callback) => {
      turns.add(callback);
      return () => void turns.delete(callback);
    };
    // Every look at the clock takes a millisecond.
    let time = 0;
    const now = () => (time += 1);
    const hub = createHub({ name: 'help', runtime: { ...clock, now, nextTurn }, bufferSize: 5_000 });
    hub.register('desk', () => {});
    for (let data = 0; data < 4_000; data += 1) await hub.send({ from, to: 'desk', data });
    await settled();
    expect([hub.metrics().queued > 0, turns.size]).toEqual([true, 2]);
    const run = ending(hub.close({ timeoutMs: 0 }));
    await settled();
    await clock.advance(0);
    await run;
    // The mark of the time slice is left: it changes nothing.
    expect([turns.size, clock.pendingTimers]).toEqual([1, 0]);
  });
});
