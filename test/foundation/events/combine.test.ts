import { expect, test, vi } from 'vitest';
import { type Event, noopObserver } from '../../../src/foundation/events/event.js';
import { combineObservers } from '../../../src/foundation/events/observers.js';
import { createRecordingObserver } from '../../../src/testing/index.js';

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
