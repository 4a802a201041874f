import { InvalidOptionError, UnknownObserverError } from '../errors/usage-errors.js';
import { isObserver, noopObserver, type Observer } from './observer.js';
import { pinoObserver } from './pino-observer.js';
import { textObserver } from './text-observer.js';

const factories = new Map<string, () => Observer>([
  ['noop', () => noopObserver],
  ['pino', () => pinoObserver()],
  ['slog', () => pinoObserver()],
  ['text', () => textObserver()],
]);

/**
 * Makes an observer known by name, for configuration files and the `observer` option. A known name is replaced.
 * @param observer itself, or what makes it: called for each time that the name is used
 * @throws InvalidOptionError
 */
export function registerObserver(name: string, observer: Observer | (() => Observer)): void {
  if (typeof name !== 'string' || name === '') throw new InvalidOptionError('name', 'a text that is not empty', name);
  if (typeof observer !== 'function' && !isObserver(observer)) {
    throw new InvalidOptionError(`observer '${name}'`, 'an observer, or a function that makes one', observer);
  }
  factories.set(name, typeof observer === 'function' ? observer : () => observer);
}

/**
 * The observer that is registered under a name.
 * @throws UnknownObserverError, with the known names; InvalidOptionError where its function made no observer
 */
export function getObserver(name: string): Observer {
  const factory = factories.get(name);
  if (!factory) throw new UnknownObserverError(name, [...factories.keys()]);
  const observer: unknown = factory();
  if (isObserver(observer)) return observer;
  throw new InvalidOptionError(`observer made for '${name}'`, 'an observer', observer);
}
