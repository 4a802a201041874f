import { expect, test } from 'vitest';
import { chooseUpstream, type UpstreamLoad } from '../../../src/model/pool/dispatch.js';

interface Named extends UpstreamLoad {
  readonly name: string;
}

function host(name: string, more: Partial<UpstreamLoad> = {}): Named {
  return { name, inFlight: 0, serviceMs: 10, slots: 2, isOpen: false, hasFailed: false, waitingMs: 0, ...more };
}

const unknown = { serviceMs: 0, slots: 0 };

test.each<[string, Named[], string | undefined]>([
  ['there is none', [], undefined],
  ['there is one', [host('a', { inFlight: 99 })], 'a'],
  ['none is known: the emptiest', [host('a', { ...unknown, inFlight: 1 }), host('b', unknown)], 'b'],
  ['one is not known and idle: that one', [host('a'), host('b', unknown)], 'b'],
  ['one is not known and busy: one that is free', [host('a'), host('b', { ...unknown, inFlight: 1 })], 'a'],
  [
    'none is known, and one has failed: the other',
    [host('a', { ...unknown, hasFailed: true }), host('b', { ...unknown, inFlight: 3 })],
    'b',
  ],
  [
    'one is not known, idle, and has failed: one that is free',
    [host('a'), host('b', { ...unknown, hasFailed: true })],
    'a',
  ],
  ['both are free: the quicker', [host('a', { serviceMs: 30 }), host('b', { inFlight: 1 })], 'b'],
  ['both are free and alike: the emptier', [host('a', { inFlight: 1 }), host('b', { serviceMs: 11 })], 'b'],
  ['only the slow one is free: the slow one', [host('a', { serviceMs: 90 }), host('b', { inFlight: 2 })], 'a'],
  [
    'all slots are taken: where one is free soonest',
    [host('a', { serviceMs: 30, inFlight: 3 }), host('b', { inFlight: 5 })],
    'b',
  ],
  [
    'no queue was seen there: more than is known',
    [host('a', { inFlight: 2, isOpen: true }), host('b', { serviceMs: 90 })],
    'a',
  ],
  [
    'it has been silent for very long: another',
    [host('a', { inFlight: 1, waitingMs: 5_000 }), host('b', { inFlight: 4 })],
    'b',
  ],
])('%s', (_, hosts, name) => {
  expect(chooseUpstream(hosts)?.name).toBe(name);
});
