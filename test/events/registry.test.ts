import { expect, test } from 'vitest';
import { UnknownObserverError } from '../../src/errors/index.js';
import { getObserver, noopObserver, registerObserver } from '../../src/events/index.js';
import { createRecordingObserver } from '../../src/testing/index.js';

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
