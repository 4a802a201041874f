import { messageOf, nameOf } from '../../foundation/errors/chorale-error.js';
import { isPlain } from '../../foundation/lossless-json.js';

/** What is frozen in depth, and need not be walked through again. */
const frozen = new WeakSet<object>();

/** Freezes arrays and plain objects in depth. Other objects (dates, maps, instances of classes) stay as they are. */
export function deepFreeze(value: unknown): void {
  if (!isPlain(value) || frozen.has(value)) return;
  frozen.add(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  Object.freeze(value);
}

/** What V8 says where a frozen object is changed. */
const change =
  /^Cannot (add|define|assign to read only|delete|redefine) property:? '?(.+?)'?(?:, object is not| of |$)/;

/**
 * The keys of a state under which an error may have changed a frozen value in place: those with an object that has the
 * property that the error names, or lacks it where the property was to be added.
 */
export function keysChangedInPlace(error: unknown, data: Readonly<Record<string, unknown>>): readonly string[] {
  const [, verb, property] = nameOf(error) === 'TypeError' ? (change.exec(messageOf(error)) ?? []) : [];
  if (property === undefined) return [];
  const isAdded = verb === 'add' || verb === 'define';
  const fits = (object: object) =>
    isAdded
      ? !Object.hasOwn(object, property) && (!Array.isArray(object) || object.length <= Number(property))
      : Object.hasOwn(object, property);
  return Object.keys(data).filter((key) => contains(data[key], fits, new Set()));
}

function contains(value: unknown, fits: (object: object) => boolean, seen: Set<object>): boolean {
  if (!isPlain(value) || seen.has(value)) return false;
  seen.add(value);
  return (Object.isFrozen(value) && fits(value)) || Object.values(value).some((inner) => contains(inner, fits, seen));
}
