/** What has been frozen in depth, so that it is not walked through again. */
const frozen = new WeakSet<object>();

/** Freezes arrays and plain objects in depth. Other objects (dates, maps, instances of classes) stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (!isPlain(value) || frozen.has(value)) return value;
  frozen.add(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

/** Whether a value is an array, or an object without a class. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
