import { describe, expect, test } from 'vitest';
import {
  createHub,
  HubHandlerError,
  HubRequestTimeoutError,
  type Message,
  request,
  response,
} from '../../../src/orchestration/index.js';
import { createManualClock } from '../../../src/testing/index.js';
import { countListeners } from '../../foundation/count-listeners.js';
import { settled } from '../parallel/gates.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { createRecorder } from './recorder.js';

expectNothingUnhandled();

const from = 'test';
const ask = { from, to: 'desk', data: 1 } as const;

function open(bufferSize = 100) {
  const runtime = createManualClock();
  const hub = createHub({ name: 'help', runtime, bufferSize });
  const desk = createRecorder();
  hub.register('desk', desk.handler);
  return { runtime, hub, desk };
}

const ending = (run: Promise<unknown>) => run.catch((error: unknown) => error);

describe('a request', () => {
  test('resolves to what the handler returns, as a message', async () => {
    const { hub, desk, runtime } = open();
    const asked = request({ ...ask, priority: 'high' });
    const run = hub.request(asked);
    await settled();
    await desk.finish('yes');
    expect(await run).toMatchObject({
      from: 'desk',
      to: 'test',
      type: 'response',
      data: 'yes',
      replyTo: asked.id,
      priority: 'high',
    });
    expect(hub.metrics()).toMatchObject({ requests: 1, responses: 1, pendingRequests: 0 });
    expect(runtime.pendingTimers).toBe(0);
  });

  test('is answered by null, false, 0 and the empty text', async () => {
    const hub = createHub({ name: 'help' });
    for (const data of [null, false, 0, '']) {
      hub.register('desk', () => data);
      expect((await hub.request(ask)).data).toBe(data);
      hub.unregister('desk');
    }
  });

  test('rejects at once when the handler fails, with the agent and the cause', async () => {
    const { hub, desk, runtime } = open();
    const run = ending(hub.request(ask));
    await settled();
    const boom = new Error('boom');
    await desk.fail(boom);
    const error = await run;
    expect(error).toBeInstanceOf(HubHandlerError);
    expect(error).toMatchObject({ agent: 'desk', message: "hub help: agent 'desk' failed: boom" });
    expect((error as Error).cause).toBe(boom);
    expect([runtime.now(), runtime.pendingTimers, hub.metrics().failed]).toEqual([0, 0, 1]);
  });

  test('stays open after undefined, until somebody sends the response', async () => {
    const { hub, desk } = open();
    let asked: Message | undefined;
    hub.register('front', (message) => {
      asked = message;
    });
    const run = hub.request({ from, to: 'front', data: 1 });
    await settled();
    expect(hub.metrics().pendingRequests).toBe(1);
    if (asked) await hub.send(response(asked, 'from behind', { from: 'desk' }));
    expect(await run).toMatchObject({ from: 'desk', data: 'from behind' });
    expect(desk.seen).toEqual([]);
  });

  test('may be made by a handler of another agent', async () => {
    const hub = createHub<{ agents: { front: number; desk: number }; replies: { front: number; desk: number } }>({
      name: 'help',
    });
    hub.register('desk', ({ data }) => data * 2);
    hub.register('front', async ({ data }, context) => {
      const { data: doubled } = await context.hub.request({ from: 'front', to: 'desk', data });
      return doubled + 1;
    });
    expect((await hub.request({ from, to: 'front', data: 20 })).data).toBe(41);
  });
});

describe('the limit of a request', () => {
  test.each([
    ['waited for room in the mailbox', 2, 'the request waited for room in the mailbox'],
    ['was in the mailbox', 1, 'the request was in the mailbox'],
    ['was in work', 0, 'its handler was running'],
  ])('tells that it %s', async (_, before, where) => {
    const { hub, desk, runtime } = open(1);
    for (let data = 0; data < before; data += 1) {
      void hub.send({ from, to: 'desk', data: `before ${data}` });
      await settled();
    }
    const run = ending(hub.request(ask, { timeoutMs: 500 }));
    await runtime.advance(499);
    expect(hub.metrics().timeouts).toBe(0);
    await runtime.advance(1);
    const error = await run;
    expect(error).toBeInstanceOf(HubRequestTimeoutError);
    expect(error).toMatchObject({
      afterMs: 500,
      message: `hub help: agent 'desk' did not answer within 500 ms (${where})`,
    });
    expect(hub.metrics()).toMatchObject({ timeouts: 1, pendingRequests: 0, waiting: 0 });
    const left = desk.contexts.length;
    await desk.finish();
    if (before === 2) await desk.finish();
    expect(desk.seen).toHaveLength(Math.max(left, before));
  });

  test('tells that the handler returned nothing', async () => {
    const { hub, desk, runtime } = open();
    const run = ending(hub.request(ask));
    await settled();
    await desk.finish();
    await runtime.advance(30_000);
    expect(await run).toMatchObject({
      message: "hub help: agent 'desk' did not answer within 30000 ms (its handler returned no value)",
    });
  });

  test('aborts the signal of the handler, and makes its answer come too late', async () => {
    const { hub, desk, runtime } = open();
    const run = ending(hub.request(ask, { timeoutMs: 10 }));
    await settled();
    const signal = desk.contexts[0]?.signal;
    await runtime.advance(10);
    expect(signal?.reason).toBe(await run);
    await desk.finish('too late');
    expect(hub.metrics()).toMatchObject({ handled: 1, responses: 0, unmatched: 1 });
  });

  test('may be none', async () => {
    const { hub, runtime } = open();
    const controller = new AbortController();
    const run = ending(hub.request(ask, { timeoutMs: Number.POSITIVE_INFINITY, signal: controller.signal }));
    expect(runtime.pendingTimers).toBe(0);
    controller.abort('enough');
    expect(await run).toBe('enough');
  });

  test('must be a time', async () => {
    const { hub } = open();
    await expect(hub.request(ask, { timeoutMs: -1 })).rejects.toThrow(
      'option timeoutMs must be a number of milliseconds of at least 0, but is -1 (number)',
    );
  });
});

describe('the abort of a request', () => {
  test('rejects with its reason, tells the handler, and counts its failure as cancelled', async () => {
    const { hub, desk, runtime } = open();
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const run = ending(hub.request(ask, { signal: controller.signal }));
    await settled();
    controller.abort('enough');
    expect(await run).toBe('enough');
    expect(desk.contexts[0]?.signal.reason).toBe('enough');
    await desk.fail(new Error('a consequence'));
    expect(hub.metrics()).toMatchObject({ failed: 0, cancelled: 1, pendingRequests: 0 });
    expect([listeners.count, runtime.pendingTimers]).toEqual([0, 0]);
  });

  test('takes an unread request out of the mailbox, and lets those in that wait', async () => {
    const { hub, desk } = open(1);
    await hub.send({ from, to: 'desk', data: 'in work' });
    await settled();
    const controller = new AbortController();
    const run = ending(hub.request(ask, { signal: controller.signal }));
    const waits = hub.send({ from, to: 'desk', data: 'waits' });
    await settled();
    controller.abort('enough');
    await waits;
    expect(await run).toBe('enough');
    await desk.finish();
    expect(desk.seen).toEqual(['in work', 'waits']);
    expect(hub.metrics()).toMatchObject({ discarded: 1, sent: 3, delivered: 2 });
  });

  test('before the call sends nothing', async () => {
    const { hub } = open();
    await expect(hub.request(ask, { signal: AbortSignal.abort('before') })).rejects.toBe('before');
    expect(hub.metrics()).toMatchObject({ requests: 0, sent: 0 });
  });
});

describe('what is refused', () => {
  test('a request to an unknown agent', async () => {
    const { hub } = open();
    await expect(hub.request({ from, to: 'desc', data: 1 })).rejects.toThrow(
      "hub help: agent 'desc' is not registered, did you mean 'desk'? (known: desk)",
    );
  });

  test('the same message while it is open', async () => {
    const { hub, desk } = open();
    const asked = request(ask);
    const run = hub.request(asked);
    await expect(hub.request(asked)).rejects.toThrow('option message.id must be the id of no open request');
    await settled();
    await desk.finish(1);
    await run;
    expect(hub.metrics().requests).toBe(1);
  });

  test('a message of another type', async () => {
    const { hub } = open();
    await expect(hub.request({ ...ask, type: 'notification' as never })).rejects.toThrow(
      "option message.type must be 'request' for request, but is 'notification' (string)",
    );
  });

  test('a response that nobody waits for is counted, and harms nobody', async () => {
    const { hub } = open();
    await hub.send(response(request(ask), 1));
    await hub.send({ from, to: 'desk', data: 1, type: 'response' } as never);
    expect(hub.metrics().unmatched).toBe(2);
  });
});
