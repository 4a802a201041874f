import { createHub, message, notification, request, response } from '../../../src/orchestration/index.js';
import { testMessages, wrong } from '../messages.js';

function office() {
  const hub = createHub({ name: 'office' });
  hub.register('billing', () => {});
  hub.register('shipping', () => {});
  return hub;
}
const to = { from: 'me', to: 'billing', data: 1 };
const agents = "is not registered, did you mean 'billing'? (known: billing, shipping)";

testMessages([
  ['options', () => createHub(wrong(undefined)), 'option options must be an object, but is undefined'],
  ['name', () => createHub({ name: wrong(5) }), 'option name must be a text that is not empty, but is 5 (number)'],
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map(
    (value) =>
      [
        `bufferSize ${value}`,
        () => createHub({ name: 'h', bufferSize: value }),
        `option bufferSize must be a whole number of at least 1, but is ${value} (number)`,
      ] as const,
  ),
  [
    'requestTimeoutMs',
    () => createHub({ name: 'h', requestTimeoutMs: Number.NaN }),
    'option requestTimeoutMs must be a number of milliseconds of at least 0, but is NaN (number)',
  ],
  [
    'timeoutMs of a request',
    () => office().request(to, { timeoutMs: -1 }),
    'option timeoutMs must be a number of milliseconds of at least 0, but is -1 (number)',
  ],
  [
    'timeoutMs of close',
    () => office().close({ timeoutMs: wrong('1s') }),
    "option timeoutMs must be a number of milliseconds of at least 0, but is '1s' (string)",
  ],
  ...(['send', 'request', 'broadcast', 'publish'] as const).map(
    (call) =>
      [
        `options of ${call}`,
        () => wrong(office())[call]({ ...to, topic: 't' }, null),
        'option options must be an object, but is null',
      ] as const,
  ),
  ['options of close', () => office().close(wrong(null)), 'option options must be an object, but is null'],
  ['send to an unknown agent', () => office().send({ ...to, to: 'biling' }), `hub office: agent 'biling' ${agents}`],
  [
    'request to an unknown agent',
    () => office().request({ ...to, to: 'biling' }),
    `hub office: agent 'biling' ${agents}`,
  ],
  ['subscribe of an unknown agent', () => office().subscribe('biling', 't'), `hub office: agent 'biling' ${agents}`],
  [
    'unsubscribe of an unknown agent',
    () => office().unsubscribe('biling', 't'),
    `hub office: agent 'biling' ${agents}`,
  ],
  ['unregister of an unknown agent', () => office().unregister('biling'), `hub office: agent 'biling' ${agents}`],
  [
    'a second agent of a name',
    () => office().register('billing', () => {}),
    "hub office: agent 'billing' is already registered (known: billing, shipping)",
  ],
  [
    'a handler that fails',
    () => {
      const hub = office();
      hub.register('broken', () => Promise.reject(new Error('boom')));
      return hub.request({ ...to, to: 'broken' });
    },
    "hub office: agent 'broken' failed: boom",
  ],
  [
    'a closed hub',
    async () => {
      const hub = office();
      await hub.close();
      await hub.send(to);
    },
    "hub office: closed before a message to agent 'billing'",
  ],
  ['a message', () => message(wrong(null)), 'option message must be an object, but is null'],
  [
    'its sender',
    () => notification({ ...to, from: '' }),
    "option message.from must be a text that is not empty, but is '' (string)",
  ],
  [
    'its receiver',
    () => request({ ...to, to: wrong(1) }),
    'option message.to must be a text that is not empty, but is 1 (number)',
  ],
  [
    'its type',
    () => message({ ...to, type: wrong('letter') }),
    "option message.type must be one of request, response, notification, broadcast, but is 'letter' (string)",
  ],
  [
    'its priority',
    () => message({ ...to, priority: wrong('urgent') }),
    "option message.priority must be one of critical, high, normal, low, but is 'urgent' (string)",
  ],
  [
    'its headers',
    () => message({ ...to, headers: wrong('a: b') }),
    "option message.headers must be an object, but is 'a: b' (string)",
  ],
  ['the answer to nothing', () => response(wrong(undefined), 1), 'option request must be an object, but is undefined'],
]);
