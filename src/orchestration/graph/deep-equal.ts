type Pairs = Map<object, object>;

/**
 * Whether two values are the same in depth: arrays, plain objects, dates, maps and sets by content; all else, and the
 * members of sets and keys of maps, by identity.
 */
export function deepEqual(a: unknown, b: unknown, underway: Pairs = new Map()): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (underway.get(a) === b) return true;
  underway.set(a, b);
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (Array.isArray(a) && Array.isArray(b)) return sameItems(a, b, underway);
  if (a instanceof Map && b instanceof Map) return sameEntries(a, b, underway);
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((item) => b.has(item));
  const prototype: unknown = Object.getPrototypeOf(a);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return sameEntries(new Map(Object.entries(a)), new Map(Object.entries(b)), underway);
}

function sameItems(a: readonly unknown[], b: readonly unknown[], underway: Pairs): boolean {
  return a.length === b.length && a.every((item, index) => deepEqual(item, b[index], underway));
}

function sameEntries(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>, underway: Pairs): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && deepEqual(value, b.get(key), underway));
}
