import { expect, test } from 'vitest';
import { UnknownObserverError } from '../../../src/foundation/errors/common-errors.js';
import { noopObserver, type Observer } from '../../../src/foundation/events/event.js';
import { getObserver, registerObserver } from '../../../src/foundation/events/observers.js';
import { createRecordingObserver } from '../../../src/testing/index.js';

test.each(['noop', 'pino', 'slog', 'text'])('the observer %s is known from the beginning', (name) => {
  expect(getObserver(name).onEvent).toBeTypeOf('function');
});

test('noop is the no-op observer itself', () => {
  expect(getObserver('noop')).toBe(noopObserver);
});

test('an observer can be registered, and be replaced', () => {
  const first = createRecordingObserver();
  const second = createRecordingObserver();
  registerObserver('registry-test', first);
  expect(getObserver('registry-test')).toBe(first);
  registerObserver('registry-test', second);
  expect(getObserver('registry-test')).toBe(second);
});

test('a factory makes a new observer for every run', () => {
  registerObserver('registry-test-factory', createRecordingObserver);
  expect(getObserver('registry-test-factory')).not.toBe(getObserver('registry-test-factory'));
});

test('an unknown name fails with the known ones', () => {
  registerObserver('registry-test-known', noopObserver);
  expect(() => getObserver('nope')).toThrow(UnknownObserverError);
  expect(() => getObserver('nope')).toThrow(
    /^unknown observer: nope \(known: noop, pino, slog, text, (.*, )?registry-test-known\)$/,
  );
});

test('names of Object.prototype are unknown, too', () => {
  expect(() => getObserver('constructor')).toThrow('unknown observer: constructor');
});

test.each<[string, unknown, string]>([
  ['', noopObserver, "option name must be a text that is not empty, but is '' (string)"],
  [
    'registry-test-none',
    undefined,
    "option observer 'registry-test-none' must be an observer, or a function that makes one, but is undefined",
  ],
  [
    'registry-test-object',
    { onEvent: 'yes' },
    "option observer 'registry-test-object' must be an observer, or a function that makes one, but is an object",
  ],
])('what cannot be one is not registered: %j, %j', (name, observer, message) => {
  expect(() => registerObserver(name, observer as Observer)).toThrow(message);
  expect(() => getObserver(name)).toThrow(UnknownObserverError);
});

test('a function that makes no observer is told when the name is used', () => {
  registerObserver('registry-test-nothing', () => undefined as never);
  expect(() => getObserver('registry-test-nothing')).toThrow(
    "option observer made for 'registry-test-nothing' must be an observer, but is undefined",
  );
});
