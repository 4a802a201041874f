import type { SchemaElement } from 'hyparquet';

/** Digits of a second that a time has. */
export type Digits = 3 | 6 | 9;

/** What the values of a column without further parts are, whatever way the file says it. */
export type LeafType =
  | { readonly kind: 'boolean' | 'float' | 'float16' | 'text' | 'bytes' | 'uuid' | 'date' | 'int96' }
  | { readonly kind: 'int32' | 'int64'; readonly unsigned: boolean }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'time'; readonly digits: Digits }
  | { readonly kind: 'timestamp'; readonly digits: Digits; readonly utc: boolean };

const digitsOf: Readonly<Record<string, Digits>> = { MILLIS: 3, MICROS: 6, NANOS: 9 };

/** The type of a leaf of a schema. The newer `logical_type` counts before the older `converted_type`. */
export function leafType(element: SchemaElement): LeafType {
  const { type, scale = 0 } = element;
  if (isDecimal(element)) return { kind: 'decimal', scale: decimalScale(element) ?? scale };
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
      if (element.logical_type?.type === 'UUID' && element.type_length === 16) return { kind: 'uuid' };
      if (element.logical_type?.type === 'FLOAT16' && element.type_length === 2) return { kind: 'float16' };
      return { kind: 'bytes' };
    default:
      return { kind: isText(element) ? 'text' : 'bytes' };
  }
}

function isDecimal({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return logical ? logical.type === 'DECIMAL' : converted === 'DECIMAL';
}

function decimalScale({ logical_type: logical }: SchemaElement): number | undefined {
  return logical?.type === 'DECIMAL' ? logical.scale : undefined;
}

function isUnsigned({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  if (logical?.type === 'INTEGER') return !logical.isSigned;
  return converted?.startsWith('UINT_') ?? false;
}

function isText({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return ['STRING', 'ENUM', 'JSON'].includes(logical?.type ?? '') || ['UTF8', 'ENUM', 'JSON'].includes(converted ?? '');
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
