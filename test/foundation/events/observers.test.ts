import { describe, expect, test, vi } from 'vitest';
import { InvalidOptionError, UnknownObserverError } from '../../../src/foundation/errors/chorale-error.js';
import { type Event, noopObserver, type Observer } from '../../../src/foundation/events/event.js';
import {
  combineObservers,
  createEmit,
  getObserver,
  guard,
  registerObserver,
} from '../../../src/foundation/events/observers.js';
import { createRecordingObserver } from '../../../src/testing/index.js';
import { hostileValues } from '../errors/hostile-values.js';

describe('what emits events', () => {
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
});

describe('a combination of observers', () => {
  const event: Event = {
    type: 'worker.start',
    timestamp: 0,
    source: 'me',
    data: { worker_id: 0, item_index: 0, total_items: 1 },
  };

  test('a combination passes every event to its members, in their order', () => {
    const order: string[] = [];
    const observer = combineObservers(
      { onEvent: ({ type }) => void order.push(`first ${type}`) },
      { onEvent: ({ type }) => void order.push(`second ${type}`) },
    );
    observer.onEvent(event);
    expect(order).toEqual(['first worker.start', 'second worker.start']);
  });

  test('a member that throws is dropped alone, after one warning', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const recording = createRecordingObserver();
    const failing = {
      onEvent: vi.fn(() => {
        throw new Error('boom');
      }),
    };
    const observer = combineObservers(failing, recording);
    observer.onEvent(event);
    observer.onEvent(event);
    expect(failing.onEvent).toHaveBeenCalledTimes(1);
    expect(recording.events).toHaveLength(2);
    expect(emitWarning.mock.calls).toEqual([['an observer threw and is ignored from now on: boom', 'ChoraleWarning']]);
    emitWarning.mockRestore();
  });

  test('a combination of nothing useful is the no-op observer', () => {
    expect(combineObservers()).toBe(noopObserver);
    expect(combineObservers(noopObserver, noopObserver)).toBe(noopObserver);
  });

  test.each([undefined, {}, 'pino'])('what is no observer is told before any event: %j', (member) => {
    expect(() => combineObservers(noopObserver, member as never)).toThrow(
      /^option observers\[1\] must be an observer, but is /,
    );
  });
});

describe('observers by name', () => {
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
});

describe('a guarded callback', () => {
  function failing(error: unknown) {
    return vi.fn((_: string) => {
      throw error;
    });
  }

  test('a callback that behaves is called every time with its arguments', () => {
    const callback = vi.fn();
    const warn = vi.fn();
    const guarded = guard(callback, 'a callback', warn);
    guarded(1, 'a');
    guarded(2, 'b');
    expect(callback.mock.calls).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(warn).not.toHaveBeenCalled();
  });

  test('a callback that throws is dropped after one warning', () => {
    const callback = failing(new Error('boom'));
    const warn = vi.fn();
    const guarded = guard(callback, 'a callback', warn);
    guarded('first');
    guarded('second');
    expect(callback).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls).toEqual([['a callback threw and is ignored from now on: boom']]);
  });

  test('a callback whose promise rejects is dropped after one warning', async () => {
    const rejected = [Promise.reject(new Error('first')), Promise.reject(new Error('second'))];
    const callback = vi.fn((call: number) => rejected[call]);
    const warn = vi.fn();
    const guarded = guard(callback, 'a callback', warn);
    guarded(0);
    guarded(1);
    await Promise.allSettled(rejected);
    guarded(2);
    expect(callback).toHaveBeenCalledTimes(2);
    expect(warn.mock.calls).toEqual([['a callback threw and is ignored from now on: first']]);
  });

  test.each(hostileValues)('a callback that throws %s does no harm', (_, value) => {
    const warn = vi.fn();
    guard(failing(value), 'a callback', warn)('first');
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('the warning goes through the channel of Node when no other is given', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    guard(failing(new Error('boom')), 'a callback')('first');
    expect(emitWarning.mock.calls).toEqual([['a callback threw and is ignored from now on: boom', 'ChoraleWarning']]);
    emitWarning.mockRestore();
  });
});
