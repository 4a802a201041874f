import { messageOf } from './errors/chorale-error.js';

/** The first part of a value that JSON loses or changes. */
export interface JsonLoss {
  /** As in `reviews.3.date`; empty for the whole value. */
  readonly path: string;
  /** As in `an instance of Date`. */
  readonly found: string;
}

/** A value as JSON text, or what of the value JSON loses or changes. An absent property may be `undefined`. */
export function encodeJson(value: unknown): string | JsonLoss {
  try {
    return findLoss(value, [], []) ?? JSON.stringify(value);
  } catch (error) {
    return { path: '', found: `a value that cannot be read (${messageOf(error)})` };
  }
}

/** A JSON text with the keys of every object in their order, so that equal values have equal texts; null for none. */
export function canonicalJson(text: string | null): string | null {
  return text === null ? null : JSON.stringify(JSON.parse(text), sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The value of a JSON text; undefined if the text is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is an array, or an object without a class. */
export function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function findLoss(value: unknown, path: readonly (string | number)[], above: readonly object[]): JsonLoss | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return undefined;
  const loss = (found: string) => ({ path: path.join('.'), found });
  if (!isPlain(value)) return loss(describe(value));
  if (above.includes(value)) return loss('an object that contains itself');
  if ('toJSON' in value) return loss('an object with its own toJSON');
  const inside = [...above, value];
  const entries = Array.isArray(value)
    ? value.entries()
    : Object.entries(value).filter(([, member]) => member !== undefined);
  for (const [key, member] of entries) {
    const inner = findLoss(member, [...path, key], inside);
    if (inner) return inner;
  }
  return undefined;
}

function describe(value: unknown): string {
  if (value === undefined || typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const { name } = Object(value.constructor) as { name?: unknown };
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object of a class';
}
