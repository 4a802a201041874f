import { InvalidOptionError, messageOf, UnknownObserverError } from '../errors/chorale-error.js';
import { requireKnown } from '../known-options.js';
import { blankControls } from '../text/control-characters.js';
import { type Event, type EventData, type EventType, isObserver, noopObserver, type Observer } from './event.js';
import { pinoObserver } from './pino-observer.js';

/** Tells the person who runs the process about something that must not stop it. */
export type Warn = (message: string) => void;

/** Warns through Node's own channel: shown once on stderr, silenced by `--no-warnings`. */
export const emitWarning: Warn = (message) => process.emitWarning(message, 'ChoraleWarning');

/**
 * A callback of somebody else's that can do no harm: the first time it throws, or the promise that it returned rejects,
 * it is dropped, with one warning.
 * @param what names the callback in the warning, as in `an observer`
 */
export function guard<A extends readonly unknown[]>(
  callback: (...args: A) => unknown,
  what: string,
  warn: Warn = emitWarning,
): (...args: A) => void {
  let dropped = false;
  const drop = (error: unknown) => {
    if (dropped) return;
    dropped = true;
    warn(`${what} threw and is ignored from now on: ${messageOf(error)}`);
  };
  return (...args) => {
    if (dropped) return;
    try {
      const returned = callback(...args);
      if (returned instanceof Promise) returned.catch(drop);
    } catch (error) {
      drop(error);
    }
  };
}

/**
 * One observer that passes every event to several, in their order. A member that throws is dropped alone.
 * @throws InvalidOptionError when one is not an observer
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
 * @throws UnknownObserverError, with the known names; InvalidOptionError if its function made no observer
 */
export function getObserver(name: string): Observer {
  const factory = factories.get(name);
  if (!factory) throw new UnknownObserverError(name, [...factories.keys()]);
  const observer: unknown = factory();
  if (isObserver(observer)) return observer;
  throw new InvalidOptionError(`observer made for '${name}'`, 'an observer', observer);
}

/**
 * An observer, or the one that is registered under a name.
 * @throws UnknownObserverError for a name that nobody registered, InvalidOptionError for what is not an observer
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

/** Emits one event. Undefined if there is no observer, so that no event object is built. */
export type Emit = <T extends EventType>(type: T, data: EventData[T]) => void;

/**
 * Binds an observer, or the name of a registered one, to a source.
 * @param wallTime milliseconds since the epoch
 * @throws UnknownObserverError for a name that nobody registered, InvalidOptionError for what is not an observer
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

/**
 * Writes events as short lines for people: time (UTC), type, and what is known about it.
 * @param options.write receives each line with its line break. @default to stderr
 */
export function textObserver(options: { readonly write?: (line: string) => void } = {}): Observer {
  requireKnown('textObserver', options, { write: true });
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  // Answers of models are among the details, and must not steer a terminal.
  return { onEvent: (event) => write(`${blankControls(renderEvent(event))}\n`) };
}

function renderEvent(event: Event): string {
  const details = Object.entries(event.data).map(([key, value]) => `${key}=${renderValue(value)}`);
  return `${new Date(event.timestamp).toISOString().slice(11, 23)} ${event.type} ${details.join(' ')}`.trimEnd();
}

function renderValue(value: unknown): string {
  // Durations have more digits than people read.
  if (typeof value === 'number') return String(Math.round(value * 1_000) / 1_000);
  if (typeof value === 'string' && !/[\s"=]/.test(value)) return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A state may hold what is not JSON, and one line that says less is better than no further line.
    return '(no JSON)';
  }
}
