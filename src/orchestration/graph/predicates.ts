import { isPlain } from '../../foundation/lossless-json.js';
import { type Awaitable, isThenable } from '../awaitable.js';
import { requireFunction, requireText } from '../require-option.js';
import type { State } from './state.js';

/**
 * Decides whether an edge is taken. It is called again when a run is resumed, so it should look at the state only. Its
 * `name` stands in errors and events where the edge has no name.
 */
export type Predicate<T extends object = Record<string, unknown>> = (state: State<T>) => Awaitable<boolean>;

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
  return named(`not(${predicate.name})`, (state) => {
    const held = predicate(state);
    return isThenable(held) ? Promise.resolve(held).then((value) => !value) : !held;
  });
}

/** True when all are; also when there is none. */
export function and<T extends object>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return named(`and(${listed(predicates)})`, (state) => firstOf(false, predicates, state));
}

/** True when one is; false when there is none. */
export function or<T extends object>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return named(`or(${listed(predicates)})`, (state) => firstOf(true, predicates, state));
}

/** The wanted answer where a predicate gives it, otherwise the other one. Waits only for a predicate that gives a promise. */
function firstOf<T extends object>(
  wanted: boolean,
  predicates: readonly Predicate<T>[],
  state: State<T>,
  from = 0,
): Awaitable<boolean> {
  for (let index = from; index < predicates.length; index += 1) {
    const held = predicates[index]?.(state);
    if (isThenable(held)) {
      const decide = (value: unknown) =>
        Boolean(value) === wanted ? wanted : firstOf(wanted, predicates, state, index + 1);
      return Promise.resolve(held).then(decide);
    }
    if (Boolean(held) === wanted) return wanted;
  }
  return !wanted;
}

function listed(predicates: readonly { readonly name: string }[]): string {
  for (const [index, predicate] of predicates.entries()) requireFunction(`predicates[${index}]`, predicate);
  return predicates.map(({ name }) => name).join(', ');
}

function named<T extends object>(name: string, predicate: Predicate<T>): Predicate<T> {
  return Object.defineProperty(predicate, 'name', { value: name });
}

/**
 * Whether two values are equal in depth: arrays, plain objects, dates, maps and sets by content; others, the members of
 * sets and the keys of maps by identity.
 */
export function deepEqual(a: unknown, b: unknown, compared = new Map<object, object>()): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (compared.get(a) === b) return true;
  compared.set(a, b);
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((item) => b.has(item));
  const [left, right] = [contentOf(a), contentOf(b)];
  if (!left || left.size !== right?.size) return false;
  return [...left].every(([key, value]) => right.has(key) && deepEqual(value, right.get(key), compared));
}

function contentOf(value: object): ReadonlyMap<unknown, unknown> | undefined {
  if (value instanceof Map) return value;
  if (Array.isArray(value)) return new Map(value.entries());
  return isPlain(value) ? new Map(Object.entries(value)) : undefined;
}
