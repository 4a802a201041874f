import { isPlain } from './deep-freeze.js';

/** What JSON cannot hold, and where in a value it is. */
export class NotJson {
  constructor(
    /** As in `.reviews[3].date`; empty for the value itself. */
    readonly place: string,
    /** As in `a Date`. */
    readonly found: string,
  ) {}
}

/** A value as JSON text, or what of it cannot be one without a loss. An absent property may be `undefined`. */
export function encodeValue(value: unknown): string | NotJson {
  return findLoss(value, '', []) ?? JSON.stringify(value);
}

function findLoss(value: unknown, place: string, above: readonly object[]): NotJson | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : new NotJson(place, String(value));
  if (!isPlain(value)) return new NotJson(place, describe(value));
  if (above.includes(value)) return new NotJson(place, 'an object that contains itself');
  if ('toJSON' in value) return new NotJson(place, 'an object with a toJSON of its own');
  const inside = [...above, value];
  if (Array.isArray(value)) return firstLoss(value.entries(), (key) => `${place}[${key}]`, inside);
  const present = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return firstLoss(present, (key) => `${place}.${key}`, inside);
}

function firstLoss<K>(
  inner: Iterable<readonly [K, unknown]>,
  placeOf: (key: K) => string,
  above: readonly object[],
): NotJson | undefined {
  for (const [key, value] of inner) {
    const loss = findLoss(value, placeOf(key), above);
    if (loss) return loss;
  }
  return undefined;
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  const { name } = Object(value.constructor) as { name?: unknown };
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object of a class';
}
