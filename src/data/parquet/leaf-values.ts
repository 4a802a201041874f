import type { SchemaElement } from 'hyparquet';

/** Digits of a second that a time has. */
type Digits = 3 | 6 | 9;

/** What the values of a column without further parts are, whatever way the file says it. */
export type LeafType =
  | { readonly kind: 'boolean' | 'float' | 'float16' | 'text' | 'bytes' | 'uuid' | 'date' | 'int96' }
  | { readonly kind: 'int32' | 'int64'; readonly unsigned: boolean }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'time'; readonly digits: Digits }
  | { readonly kind: 'timestamp'; readonly digits: Digits; readonly utc: boolean };

const digitsOf: Readonly<Record<string, Digits>> = { MILLIS: 3, MICROS: 6, NANOS: 9 };

/** The types of texts, in the newer and the older words. */
const textTypes: ReadonlySet<string> = new Set(['STRING', 'UTF8', 'ENUM', 'JSON']);

/** The type of a leaf of a schema. The newer `logical_type` counts before the older `converted_type`. */
export function leafType(element: SchemaElement): LeafType {
  const { type, scale = 0, converted_type: converted, logical_type: logical } = element;
  if (logical?.type === 'DECIMAL') return { kind: 'decimal', scale: logical.scale };
  if (!logical && converted === 'DECIMAL') return { kind: 'decimal', scale };
  switch (type) {
    case 'BOOLEAN':
      return { kind: 'boolean' };
    case 'FLOAT':
    case 'DOUBLE':
      return { kind: 'float' };
    case 'INT96':
      return { kind: 'int96' };
    case 'INT32':
    case 'INT64':
      return timeType(element) ?? { kind: type === 'INT32' ? 'int32' : 'int64', unsigned: isUnsigned(element) };
    case 'FIXED_LEN_BYTE_ARRAY':
      if (logical?.type === 'UUID' && element.type_length === 16) return { kind: 'uuid' };
      if (logical?.type === 'FLOAT16' && element.type_length === 2) return { kind: 'float16' };
      return { kind: 'bytes' };
    default:
      return { kind: textTypes.has(logical?.type ?? '') || textTypes.has(converted ?? '') ? 'text' : 'bytes' };
  }
}

function isUnsigned({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  if (logical?.type === 'INTEGER') return !logical.isSigned;
  return converted?.startsWith('UINT_') ?? false;
}

function timeType({ type, converted_type: converted, logical_type: logical }: SchemaElement): LeafType | undefined {
  if (type === 'INT32' && (logical?.type === 'DATE' || converted === 'DATE')) return { kind: 'date' };
  if (logical?.type === 'TIME') return { kind: 'time', digits: digitsOf[logical.unit] ?? 3 };
  if (logical?.type === 'TIMESTAMP') {
    return { kind: 'timestamp', digits: digitsOf[logical.unit] ?? 3, utc: logical.isAdjustedToUTC };
  }
  const [, kind, unit = ''] = /^(TIME|TIMESTAMP)_(MILLIS|MICROS)$/.exec(converted ?? '') ?? [];
  const digits = digitsOf[unit];
  if (kind === undefined || digits === undefined) return undefined;
  return kind === 'TIME' ? { kind: 'time', digits } : { kind: 'timestamp', digits, utc: true };
}

const dayMs = 86_400_000;
/** Beyond it a date has no text in JavaScript. */
const maxMs = 8.64e15;

/** Days since 1970 as `2024-01-31`; null if there is no such date. */
function dateText(days: number): string | null {
  const ms = days * dayMs;
  return Math.abs(ms) > maxMs ? null : (new Date(ms).toISOString().split('T')[0] ?? null);
}

/**
 * Units since 1970 as `2024-01-31T12:00:00.000000`, with as many digits as the unit has, and `Z` where it is UTC; null
 * if there is no such date.
 */
function timestampText(units: bigint, digits: Digits, utc: boolean): string | null {
  const [seconds, fraction] = split(units, digits);
  const ms = Number(seconds) * 1000;
  if (Math.abs(ms) > maxMs) return null;
  return `${new Date(ms).toISOString().slice(0, -'.000Z'.length)}.${fraction}${utc ? 'Z' : ''}`;
}

/** The inverse; null for any other text. */
function unitsOfTimestamp(text: string, digits: Digits): bigint | null {
  const [, whole, fraction = ''] = /^(.+:\d\d)(?:\.(\d+))?Z?$/.exec(text) ?? [];
  const ms = whole === undefined ? Number.NaN : Date.parse(`${whole}Z`);
  if (Number.isNaN(ms) || fraction.length > digits) return null;
  return joined(BigInt(ms / 1000), fraction, digits);
}

/** Units since midnight as `12:00:00.000`. */
function timeText(units: bigint, digits: Digits): string {
  const [seconds, fraction] = split(units, digits);
  const part = (value: bigint) => String(value).padStart(2, '0');
  return `${part(seconds / 3600n)}:${part((seconds / 60n) % 60n)}:${part(seconds % 60n)}.${fraction}`;
}

/** The inverse; null for any other text. */
function unitsOfTime(text: string, digits: Digits): bigint | null {
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

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Stands before bytes that are not UTF-8 text, and before text that begins with it. */
const bytesPrefix = 'base64:';

/**
 * A value as it stands in a file as a plain JSON value from which it can be made again (see `physicalValue`).
 * What JSON has no number for is text: integers beyond 2^53, decimals, NaN and the infinities, dates and times.
 * @throws Error where the bytes are no such value
 */
export function plainValue(raw: unknown, type: LeafType): unknown {
  switch (type.kind) {
    case 'boolean':
      return raw;
    case 'text':
      return decoder.decode(bytesOf(raw));
    case 'bytes':
      return bytesText(bytesOf(raw));
    case 'int32':
      return type.unsigned ? numberOf(raw) >>> 0 : numberOf(raw);
    case 'int64':
      return plainInteger(type.unsigned ? BigInt.asUintN(64, bigintOf(raw)) : bigintOf(raw));
    case 'float':
      return plainNumber(numberOf(raw));
    case 'float16':
      return plainNumber(halfFloat(bytesOf(raw)));
    case 'uuid':
      return Buffer.from(bytesOf(raw))
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    case 'decimal':
      return decimalText(raw instanceof Uint8Array ? signedInteger(raw) : bigintOf(raw), type.scale);
    case 'date':
      return dateText(numberOf(raw)) ?? numberOf(raw);
    case 'time':
      return timeText(bigintOf(raw), type.digits);
    case 'timestamp':
      return timestampText(bigintOf(raw), type.digits, type.utc) ?? String(raw);
    case 'int96':
      return timestampText(bigintOf(raw), 9, false) ?? String(raw);
  }
}

/** A VARIANT value as plain JSON. */
export function plainVariant(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return plainInteger(value);
  if (typeof value === 'number') return plainNumber(value);
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(plainVariant);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]: [string, unknown]) => [name, plainVariant(one)]));
}

/** A number if JSON can hold it, else its name. */
function plainNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** An integer as a number where that is exact, else in digits. */
function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** Text where the bytes are that, else base64. */
function bytesText(bytes: Uint8Array): string {
  try {
    const text = decoder.decode(bytes);
    if (!text.startsWith(bytesPrefix)) return text;
  } catch {
    // No text.
  }
  return bytesPrefix + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function signedInteger(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

function halfFloat(bytes: Uint8Array): number {
  const [low = 0, high = 0] = bytes;
  const sign = high & 0x80 ? -1 : 1;
  const exponent = (high >> 2) & 0x1f;
  const fraction = ((high & 3) << 8) | low;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

function bytesOf(raw: unknown): Uint8Array {
  if (raw instanceof Uint8Array) return raw;
  throw new TypeError('a value is missing');
}

function numberOf(raw: unknown): number {
  if (typeof raw === 'number') return raw;
  throw new TypeError('a value is missing');
}

function bigintOf(raw: unknown): bigint {
  if (typeof raw === 'bigint') return raw;
  return BigInt(numberOf(raw));
}

/**
 * The inverse of `plainValue`: the form in which the writer takes a value of this type.
 * @throws TypeError if the value has another type
 */
export function physicalValue(value: unknown, type: LeafType): unknown {
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : misfit();
    case 'text':
    case 'uuid':
      return typeof value === 'string' ? value : misfit();
    case 'bytes':
      return typeof value === 'string' ? bytesOfText(value) : misfit();
    case 'int32':
      return typeof value === 'number' && Number.isInteger(value) ? value : misfit();
    case 'int64':
      return integerOf(value);
    case 'float':
    case 'float16':
      return floatOf(value);
    case 'decimal':
      return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? BigInt(value.replace('.', '')) : misfit();
    case 'date':
      return typeof value === 'number' ? value : daysOf(String(value));
    case 'time': {
      const units = unitsOfTime(String(value), type.digits) ?? misfit();
      return type.digits === 3 ? Number(units) : units;
    }
    case 'timestamp':
      return unitsOfTimestamp(String(value), type.digits) ?? integerOf(value);
    case 'int96':
      return misfit();
  }
}

export function misfit(): never {
  throw new TypeError('a value does not fit its column');
}

function integerOf(value: unknown): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : misfit();
}

function floatOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : misfit();
}

/** Days since 1970 of `2024-01-31`. */
function daysOf(text: string): number {
  const days = Date.parse(`${text}T00:00:00Z`) / dayMs;
  return Number.isInteger(days) ? days : misfit();
}

function bytesOfText(text: string): Uint8Array {
  return text.startsWith(bytesPrefix) ? Buffer.from(text.slice(bytesPrefix.length), 'base64') : Buffer.from(text);
}
