import { InvalidOptionError } from '../errors/usage-errors.js';
import type { Event } from './event.js';
import { guard } from './guard.js';
import { isObserver, noopObserver, type Observer } from './observer.js';

/**
 * One observer that passes every event to several, in their order. A member that throws is dropped alone.
 * @throws InvalidOptionError when one is no observer
 */
export function combineObservers(...observers: readonly Observer[]): Observer {
  for (const [index, observer] of observers.entries()) {
    if (!isObserver(observer)) throw new InvalidOptionError(`observers[${index}]`, 'an observer', observer);
  }
  const useful = observers.filter((observer) => observer !== noopObserver);
  if (useful.length === 0) return noopObserver;
  const members = useful.map((member) => guard((event: Event) => member.onEvent(event), 'an observer'));
  return {
    onEvent(event) {
      for (const member of members) member(event);
    },
  };
}
