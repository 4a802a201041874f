import { requireFunction, requireText } from '../require-option.js';
import { deepEqual } from './deep-equal.js';
import type { State } from './state.js';

/**
 * Decides whether an edge is taken. It is asked again when a run is resumed, so it should look at the state only. Its
 * `name` is how errors and events call it where the edge has no name of its own.
 */
export type Predicate<T extends object = Record<string, unknown>> = (state: State<T>) => boolean;

/** True of every state: an edge with it is an edge without a condition. */
export function always<T extends object>(_state: State<T>): boolean {
  return true;
}

/** True when the state has the key, whatever its value. */
export function keyExists<T extends object = Record<string, unknown>>(key: keyof T & string): Predicate<T> {
  requireText('key', key);
  return named(`keyExists(${key})`, (state) => state.has(key));
}

/** True when the value of the key equals the given one in depth. */
export function keyEquals<T extends object = Record<string, unknown>, K extends keyof T & string = keyof T & string>(
  key: K,
  value: T[K],
): Predicate<T> {
  requireText('key', key);
  return named(`keyEquals(${key})`, (state) => deepEqual(state.get(key), value));
}

/** True when the other is false. */
export function not<T extends object>(predicate: Predicate<T>): Predicate<T> {
  requireFunction('predicate', predicate);
  return named(`not(${predicate.name})`, (state) => !predicate(state));
}

/** True when all are; also when there is none. */
export function and<T extends object>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return named(`and(${listed(predicates)})`, (state) => predicates.every((predicate) => predicate(state)));
}

/** True when one is; false when there is none. */
export function or<T extends object>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return named(`or(${listed(predicates)})`, (state) => predicates.some((predicate) => predicate(state)));
}

function listed(predicates: readonly { readonly name: string }[]): string {
  for (const [index, predicate] of predicates.entries()) requireFunction(`predicates[${index}]`, predicate);
  return predicates.map(({ name }) => name).join(', ');
}

function named<T extends object>(name: string, predicate: Predicate<T>): Predicate<T> {
  return Object.defineProperty(predicate, 'name', { value: name });
}
