import type { LeafType } from './leaf-type.js';
import { bytesPrefix } from './plain-value.js';
import { daysOf, unitsOfTime, unitsOfTimestamp } from './time-text.js';

/**
 * The inverse of `plainValue`: what the writer takes for a value of this type.
 * @throws TypeError where it is no such value
 */
export function physicalValue(value: unknown, type: LeafType): unknown {
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : misfit();
    case 'text':
    case 'uuid':
      return typeof value === 'string' ? value : misfit();
    case 'bytes':
      return typeof value === 'string' ? bytesOf(value) : misfit();
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
      return typeof value === 'number' ? value : wholeOf(daysOf(String(value)));
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

function misfit(): never {
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

function wholeOf(value: number): number {
  return Number.isInteger(value) ? value : misfit();
}

function bytesOf(text: string): Uint8Array {
  return text.startsWith(bytesPrefix) ? Buffer.from(text.slice(bytesPrefix.length), 'base64') : Buffer.from(text);
}
