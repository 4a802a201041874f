import { InvalidOptionError } from '../errors/index.js';
import { noopObserver, type Observer } from './observer.js';
import { getObserver } from './registry.js';

/**
 * The observer that an option means; the no-op observer where there is none.
 * @throws UnknownObserverError for a name that nobody registered, InvalidOptionError for what is no observer
 */
export function resolveObserver(observer: Observer | string | undefined): Observer {
  const target = typeof observer === 'string' ? getObserver(observer) : (observer ?? noopObserver);
  if (typeof target.onEvent === 'function') return target;
  throw new InvalidOptionError('observer', 'an observer, or the name of a registered one', target);
}
