import { combineObservers } from './combine.js';
import type { Observer } from './observer.js';
import { resolveObserver } from './resolve-observer.js';

/**
 * One observer for all parts of something, or for all its runs: should it throw, it is dropped everywhere, with one
 * warning.
 * @throws UnknownObserverError, InvalidOptionError
 */
export function shareObserver(observer: Observer | string | undefined): Observer {
  return combineObservers(resolveObserver(observer));
}
