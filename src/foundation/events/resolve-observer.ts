import { InvalidOptionError } from '../errors/usage-errors.js';
import { combineObservers } from './combine.js';
import { isObserver, noopObserver, type Observer } from './observer.js';
import { getObserver } from './registry.js';

/**
 * An observer, or the one that is registered under a name.
 * @throws UnknownObserverError for a name that nobody registered, InvalidOptionError for what is no observer
 */
export function resolveObserver(observer: Observer | string | undefined): Observer {
  const target: unknown = typeof observer === 'string' ? getObserver(observer) : (observer ?? noopObserver);
  if (isObserver(target)) return target;
  throw new InvalidOptionError('observer', 'an observer, or the name of a registered one', target);
}

/**
 * The observer of something that has several sources of events: should it throw, it is dropped for all of them, with one
 * warning.
 * @throws as `resolveObserver` does
 */
export function shareObserver(observer: Observer | string | undefined): Observer {
  return combineObservers(resolveObserver(observer));
}
