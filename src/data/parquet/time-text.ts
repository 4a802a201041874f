import type { Digits } from './leaf-type.js';

const dayMs = 86_400_000;
/** Beyond it a date has no text in JavaScript. */
const maxMs = 8.64e15;

/** Days since 1970 as `2024-01-31`; null where there is no such date. */
export function dateText(days: number): string | null {
  const ms = days * dayMs;
  return Math.abs(ms) > maxMs ? null : (new Date(ms).toISOString().split('T')[0] ?? null);
}

/** Days since 1970 of `2024-01-31`; NaN for any other text. */
export function daysOf(text: string): number {
  return Date.parse(`${text}T00:00:00Z`) / dayMs;
}

/**
 * Units since 1970 as `2024-01-31T12:00:00.000000`, with as many digits as the unit has, and `Z` where it is UTC; null
 * where there is no such date.
 */
export function timestampText(units: bigint, digits: Digits, utc: boolean): string | null {
  const [seconds, fraction] = split(units, digits);
  const ms = Number(seconds) * 1000;
  if (Math.abs(ms) > maxMs) return null;
  return `${new Date(ms).toISOString().slice(0, -'.000Z'.length)}.${fraction}${utc ? 'Z' : ''}`;
}

/** The inverse; null for any other text. */
export function unitsOfTimestamp(text: string, digits: Digits): bigint | null {
  const [, whole, fraction = ''] = /^(.+:\d\d)(?:\.(\d+))?Z?$/.exec(text) ?? [];
  const ms = whole === undefined ? Number.NaN : Date.parse(`${whole}Z`);
  if (Number.isNaN(ms) || fraction.length > digits) return null;
  return joined(BigInt(ms / 1000), fraction, digits);
}

/** Units since midnight as `12:00:00.000`. */
export function timeText(units: bigint, digits: Digits): string {
  const [seconds, fraction] = split(units, digits);
  const part = (value: bigint) => String(value).padStart(2, '0');
  return `${part(seconds / 3600n)}:${part((seconds / 60n) % 60n)}:${part(seconds % 60n)}.${fraction}`;
}

/** The inverse; null for any other text. */
export function unitsOfTime(text: string, digits: Digits): bigint | null {
  const [, hours, minutes, seconds, fraction = ''] = /^(\d+):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined || seconds === undefined || fraction.length > digits) return null;
  return joined(BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds), fraction, digits);
}

function split(units: bigint, digits: Digits): readonly [seconds: bigint, fraction: string] {
  const unit = 10n ** BigInt(digits);
  const fraction = ((units % unit) + unit) % unit;
  return [(units - fraction) / unit, String(fraction).padStart(digits, '0')];
}

function joined(seconds: bigint, fraction: string, digits: Digits): bigint {
  return seconds * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, '0') || '0');
}
