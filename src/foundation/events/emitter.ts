import type { Event, EventData, EventType } from './event.js';
import { guard } from './guard.js';
import { noopObserver, type Observer } from './observer.js';
import { resolveObserver } from './resolve-observer.js';
import type { Warn } from './warn.js';

/** Emits one event. Absent (`undefined`) where nobody listens, so that no event object is built. */
export type Emit = <T extends EventType>(type: T, data: EventData[T]) => void;

/**
 * Binds an observer, or the name of a registered one, to a source.
 * @param wallTime milliseconds since the epoch
 * @throws UnknownObserverError for a name that nobody registered, InvalidOptionError for what is no observer
 */
export function createEmit(
  observer: Observer | string | undefined,
  source: string,
  wallTime: () => number,
  warn?: Warn,
): Emit | undefined {
  const target = resolveObserver(observer);
  if (target === noopObserver) return undefined;
  const pass = guard((event: Event) => target.onEvent(event), 'an observer', warn);
  return (type, data) => pass({ type, timestamp: wallTime(), source, data } as Event);
}
