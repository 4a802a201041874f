import type { LeafType } from './leaf-type.js';
import { dateText, timestampText, timeText } from './time-text.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Stands before bytes that are no UTF-8 text, and before text that begins with it. */
export const bytesPrefix = 'base64:';

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
      return int96Text(bigintOf(raw));
  }
}

/** A number as it is where JSON has it, else its name. */
export function plainNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** An integer as a number where that is exact, else in digits. */
export function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** Text where the bytes are that, else base64. */
export function bytesText(bytes: Uint8Array): string {
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

/** Julian day above, nanoseconds of the day below, as old writers have it. */
function int96Text(value: bigint): string {
  const nanos = ((value >> 64n) - 2_440_588n) * 86_400_000_000_000n + BigInt.asUintN(64, value);
  return timestampText(nanos, 9, false) ?? String(nanos);
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
