import type { Event, EventType, Observer } from '../foundation/events/event.js';

/** An observer that records all events, with look-ups for tests. */
export interface RecordingObserver extends Observer {
  /** Everything so far, in order. */
  readonly events: readonly Event[];
  /** The types so far, in order. */
  types(): EventType[];
  /** The events of one type, in order. */
  ofType<T extends EventType>(type: T): Extract<Event, { readonly type: T }>[];
}

/**
 * Makes an observer that keeps every event.
 *
 * @example
 * const observer = createRecordingObserver();
 * await processParallel([1], async (n) => n, { observer });
 * console.log(observer.types()); // ['parallel.start', 'worker.start', 'worker.complete', 'parallel.complete']
 */
export function createRecordingObserver(): RecordingObserver {
  const events: Event[] = [];
  return {
    events,
    onEvent: (event) => void events.push(event),
    types: () => events.map(({ type }) => type),
    ofType<T extends EventType>(type: T) {
      return events.filter((event): event is Extract<Event, { readonly type: T }> => event.type === type);
    },
  };
}
