import { describe, expect, test } from 'vitest';
import { createHub, request, response } from '../../../src/orchestration/index.js';
import { createManualClock, createRecordingObserver } from '../../../src/testing/index.js';
import { settled } from '../parallel/gates.js';
import { expectNothingUnhandled } from '../parallel/unhandled.js';
import { createRecorder } from './recorder.js';

expectNothingUnhandled();

const from = 'test';
const opened = ['hub.open', 'help', { buffer_size: 100, request_timeout_ms: 30_000 }];

function open() {
  const observer = createRecordingObserver();
  const runtime = createManualClock({ epochMs: 1_000 });
  const hub = createHub({ name: 'help', runtime, observer });
  const desk = createRecorder();
  hub.register('desk', desk.handler);
  const sequence = () => observer.events.map(({ type, source, data }) => [type, source, data]);
  return { runtime, hub, desk, observer, sequence };
}

const closed = (counts: object, failure: object = { error: false }) => [
  ['hub.closing', 'help', { agents: 1, queued: 0, in_flight: 0 }],
  ['hub.closed', 'help', { delivered: 0, failed: 0, discarded: 0, ...counts, ...failure }],
];
const error = (reason: string, id: string, error_type: string, message: string, agent = 'desk', sender = from) => [
  'hub.error',
  'help',
  { agent, from: sender, message_id: id, reason, error: true, error_type, message },
];

describe('the whole sequence of events', () => {
  test('where all goes well', async () => {
    const { hub, desk, sequence, observer } = open();
    const run = hub.request({ from, to: 'desk', data: 1 });
    await settled();
    await desk.finish('yes');
    await run;
    await hub.close();
    expect(sequence()).toEqual([opened, ...closed({ delivered: 1 })]);
    expect(observer.events[0]?.timestamp).toBe(1_000);
  });

  test('of failures: a handler, an unknown agent, a timeout, an answer too late', async () => {
    const { hub, desk, runtime, sequence } = open();
    const asked = ['a', 'b'].map((data) => request({ from, to: 'desk', data }));
    const ids = asked.map(({ id }) => id);
    const [first, second] = asked.map((message) => hub.request(message, { timeoutMs: 10 }));
    const failed = expect(first).rejects.toThrow();
    const timedOut = expect(second).rejects.toThrow();
    await settled();
    await desk.fail(new RangeError('boom'));
    await failed;
    const lost = { ...request({ from, to: 'dask', data: 1 }) };
    await expect(hub.request(lost)).rejects.toThrow();
    await runtime.advance(10);
    await timedOut;
    const late = response(request({ from, to: 'desk', data: 1 }), 1);
    await hub.send(late);
    await desk.finish();
    await hub.close();
    expect(sequence()).toEqual([
      opened,
      error('handler', ids[0] ?? '', 'CHORALE_HUB_HANDLER', "hub help: agent 'desk' failed: boom"),
      error(
        'unknown_agent',
        lost.id,
        'CHORALE_HUB_AGENT',
        "hub help: agent 'dask' is not registered, did you mean 'desk'? (known: desk)",
        'dask',
      ),
      error(
        'timeout',
        ids[1] ?? '',
        'CHORALE_HUB_REQUEST_TIMEOUT',
        "hub help: agent 'desk' did not answer within 10 ms (its handler was running)",
      ),
      error('no_request', late.id, 'Error', 'no request waits for this response', 'test', 'desk'),
      ...closed({ delivered: 2, failed: 1 }),
    ]);
  });

  test('of a cancellation, which is no failure', async () => {
    const { hub, desk, sequence } = open();
    const controller = new AbortController();
    const run = expect(hub.request({ from, to: 'desk', data: 1 }, { signal: controller.signal })).rejects.toBe('x');
    await settled();
    controller.abort('x');
    await run;
    await desk.fail(new Error('a consequence'));
    await hub.close();
    expect(sequence()).toEqual([opened, ...closed({ delivered: 1 })]);
  });

  test('of an agent that is unregistered, and a close that is cut off', async () => {
    const { hub, runtime, sequence } = open();
    const slow = createRecorder();
    hub.register('slow', slow.handler);
    const sent = hub.send({ from, to: 'desk', data: 1 });
    hub.unregister('desk');
    await sent;
    await hub.send({ from, to: 'slow', data: 1 });
    await settled();
    await hub.send({ from, to: 'slow', data: 2 });
    const run = expect(hub.close({ timeoutMs: 5 })).rejects.toThrow();
    await runtime.advance(5);
    await run;
    const text = 'hub help: not closed within 5 ms (busy agents: slow; discarded messages: 1)';
    expect(sequence()).toEqual([
      opened,
      error(
        'unregistered',
        expect.any(String) as never,
        'CHORALE_HUB_UNREGISTERED',
        "hub help: agent 'desk' was unregistered (known: slow)",
      ),
      ['hub.closing', 'help', { agents: 1, queued: 1, in_flight: 1 }],
      error(
        'closed',
        expect.any(String) as never,
        'CHORALE_HUB_CLOSED',
        "hub help: closed before agent 'slow' handled a message",
        'slow',
      ),
      [
        'hub.closed',
        'help',
        {
          delivered: 1,
          failed: 0,
          discarded: 2,
          error: true,
          error_type: 'CHORALE_HUB_CLOSE_TIMEOUT',
          message: text,
        },
      ],
    ]);
  });
});

describe('the whole sequence of events of messages that nobody handles to the end', () => {
  const room = { name: 'help', bufferSize: 1 };
  const roomy = ['hub.open', 'help', { buffer_size: 1, request_timeout_ms: 30_000 }];

  /** A hub whose agent has a request in work, one in its mailbox, and one and a broadcast that wait for room. */
  async function crowded() {
    const observer = createRecordingObserver();
    const hub = createHub({ ...room, runtime: createManualClock(), observer });
    const desk = createRecorder();
    hub.register('desk', desk.handler);
    const ids: string[] = [];
    const ask = () => {
      const asked = request({ from, to: 'desk', data: 1 });
      ids.push(asked.id);
      return hub.request(asked).catch(() => {});
    };
    const open = [ask()];
    await settled();
    open.push(ask(), ask());
    const all = hub.broadcast({ from, data: 1 }).catch(() => {});
    const sequence = () => observer.events.map(({ type, source, data }) => [type, source, data]);
    const ends = () => Promise.all([...open, all]);
    return { hub, desk, ids: ids.concat(expect.any(String)), sequence, ends };
  }

  test('because their agent is unregistered', async () => {
    const { hub, desk, ids, sequence, ends } = await crowded();
    hub.unregister('desk');
    await ends();
    await desk.fail(new Error('a consequence'));
    await hub.close();
    const [inWork = '', queued = '', waiting = '', all = ''] = ids;
    const code = 'CHORALE_HUB_UNREGISTERED';
    const told = (id: string) =>
      error('unregistered', id, code, "hub help: agent 'desk' was unregistered (known: none)");
    expect(sequence()).toEqual([
      roomy,
      ...[waiting, all, queued, inWork].map(told),
      ['hub.closing', 'help', { agents: 0, queued: 0, in_flight: 0 }],
      ['hub.closed', 'help', { delivered: 1, failed: 0, discarded: 1, error: false }],
    ]);
  });

  test('because the hub is closed', async () => {
    const { hub, desk, ids, sequence, ends } = await crowded();
    const closing = hub.close();
    await settled();
    await desk.finish('yes');
    await desk.finish();
    await closing;
    await ends();
    const [, unanswered = '', waiting = '', all = ''] = ids;
    const told = (id: string, what: string) =>
      error('closed', id, 'CHORALE_HUB_CLOSED', `hub help: closed before ${what}`);
    expect(sequence()).toEqual([
      roomy,
      ['hub.closing', 'help', { agents: 1, queued: 1, in_flight: 1 }],
      told(waiting, "a message to agent 'desk'"),
      told(all, "a message to agent 'desk'"),
      told(unanswered, "agent 'desk' answered a request"),
      ['hub.closed', 'help', { delivered: 2, failed: 0, discarded: 0, error: false }],
    ]);
  });

  test('because the one who asked is unregistered, which is no failure of the other', async () => {
    const { hub, desk, sequence } = open();
    hub.register('asker', () => {});
    const run = expect(hub.request({ from: 'asker', to: 'desk', data: 1 })).rejects.toThrow('unregistered');
    await settled();
    hub.unregister('asker');
    await run;
    await desk.fail(new Error('a consequence'));
    await hub.close();
    expect(sequence()).toEqual([opened, ...closed({ delivered: 1 })]);
  });
});

test('no event has a payload in it', async () => {
  const { hub, desk, observer } = open();
  const run = hub.request({ from, to: 'desk', data: { secret: 'swordfish' } }).catch(() => {});
  await settled();
  await desk.fail(new Error('boom'));
  await run;
  await hub.close();
  expect(JSON.stringify(observer.events)).not.toContain('swordfish');
});
