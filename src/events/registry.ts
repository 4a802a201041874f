import { UnknownObserverError } from '../errors/index.js';
import { noopObserver, type Observer } from './observer.js';
import { pinoObserver } from './pino-observer.js';
import { textObserver } from './text-observer.js';

const factories = new Map<string, () => Observer>([
  ['noop', () => noopObserver],
  ['pino', () => pinoObserver()],
  ['slog', () => pinoObserver()],
  ['text', () => textObserver()],
]);

/** Makes an observer known by name, for configuration files and the `observer` option. A known name is replaced. */
export function registerObserver(name: string, observer: Observer | (() => Observer)): void {
  factories.set(name, typeof observer === 'function' ? observer : () => observer);
}

/**
 * The observer that is registered under a name.
 * @throws UnknownObserverError, with the known names
 */
export function getObserver(name: string): Observer {
  const factory = factories.get(name);
  if (!factory) throw new UnknownObserverError(name, [...factories.keys()]);
  return factory();
}
