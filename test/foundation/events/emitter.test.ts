import { expect, test, vi } from 'vitest';
import { InvalidOptionError, UnknownObserverError } from '../../../src/foundation/errors/common-errors.js';
import { noopObserver, type Observer } from '../../../src/foundation/events/event.js';
import { combineObservers, createEmit, registerObserver } from '../../../src/foundation/events/observers.js';
import { createRecordingObserver } from '../../../src/testing/index.js';

const progress = { worker_id: 0, item_index: 0, total_items: 1 };

test('an event has exactly type, timestamp, source and data', () => {
  const observer = createRecordingObserver();
  createEmit(observer, 'me', () => 1_000)?.('worker.start', progress);
  expect(observer.events).toEqual([{ type: 'worker.start', timestamp: 1_000, source: 'me', data: progress }]);
});

test('an observer can be given by its registered name', () => {
  const observer = createRecordingObserver();
  registerObserver('emitter-test', observer);
  createEmit('emitter-test', 'me', () => 0)?.('worker.start', progress);
  expect(observer.types()).toEqual(['worker.start']);
});

test.each<[string, Observer | string | undefined]>([
  ['no observer', undefined],
  ['the no-op observer', noopObserver],
  ['the name of the no-op observer', 'noop'],
  ['a combination of no-op observers', combineObservers(noopObserver, combineObservers())],
])('with %s there is nothing to emit with, so no event object is built', (_, observer) => {
  expect(createEmit(observer, 'me', () => 0)).toBeUndefined();
});

test('an unknown name is refused with the known ones', () => {
  expect(() => createEmit('syslog', 'me', () => 0)).toThrow(UnknownObserverError);
  expect(() => createEmit('syslog', 'me', () => 0)).toThrow(
    /^unknown observer: syslog \(known: noop, pino, slog, text/,
  );
});

test('what is no observer is refused', () => {
  expect(() => createEmit({} as never, 'me', () => 0)).toThrow(InvalidOptionError);
  expect(() => createEmit({} as never, 'me', () => 0)).toThrow(
    'option observer must be an observer, or the name of a registered one, but is an object',
  );
});

test('an observer that throws is dropped after one warning', () => {
  const onEvent = vi.fn(() => {
    throw new Error('boom');
  });
  const warn = vi.fn();
  const emit = createEmit({ onEvent }, 'me', () => 0, warn);
  emit?.('worker.start', progress);
  emit?.('worker.start', progress);
  expect(onEvent).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls).toEqual([['an observer threw and is ignored from now on: boom']]);
});

test('an observer keeps its `this`', () => {
  class Counter implements Observer {
    count = 0;
    onEvent() {
      this.count += 1;
    }
  }
  const counter = new Counter();
  createEmit(combineObservers(counter), 'me', () => 0)?.('worker.start', progress);
  createEmit(counter, 'me', () => 0)?.('worker.start', progress);
  expect(counter.count).toBe(2);
});
