import type { SchemaElement } from 'hyparquet';
import { JsonNumber } from './json-numbers.js';
import { columnIndex, type Row } from './row.js';

/** What a value is, for formats that have types: strings (and everything else as JSON), yes or no, whole or any numbers. */
export type PlainType = 'text' | 'boolean' | 'integer' | 'number';

/** What the values of a field are: also a list of values, or of objects with these keys. */
export type FieldType =
  | PlainType
  | { readonly listOf: PlainType }
  | { readonly listOf: Readonly<Record<string, PlainType>> };

/**
 * What all values of a column are; `parquet`: what the schema of the input says.
 */
export type ColumnType =
  | { readonly kind: PlainType }
  | { readonly kind: 'parquet'; readonly elements: readonly SchemaElement[] };

/** The types of the columns, by the names that `columnIndex` gives them. A column that is not there is text. */
export type ColumnTypes = ReadonlyMap<string, ColumnType>;

/** What a Parquet file says of itself in its footer, beside its schema: `ARROW:schema`, `pandas`, `huggingface` and others. */
export type FileMetadata = readonly { readonly key: string; readonly value?: string | undefined }[];

/** Whether a column of a Parquet file has floats, NaN among them, and no parts. */
export function isFloatColumn(type: ColumnType): boolean {
  if (type.kind !== 'parquet' || type.elements.length !== 1) return false;
  const [element] = type.elements;
  return element?.type === 'FLOAT' || element?.type === 'DOUBLE' || element?.logical_type?.type === 'FLOAT16';
}

export const textType: ColumnType = { kind: 'text' };

/** Infers the types of columns from their values. */
export class TypeFinder {
  readonly #types = new Map<string, ColumnType>();

  get types(): ColumnTypes {
    return this.#types;
  }

  add(column: string, type: ColumnType): void {
    const known = this.#types.get(column);
    if (known !== textType) this.#types.set(column, known ? common(known, type) : type);
  }

  addRow({ columns, cells }: Row): void {
    for (const [name, position] of columnIndex(columns)) {
      if (this.#types.get(name) === textType) continue;
      const cell = cells[position];
      if (cell !== null && cell !== undefined) this.add(name, typeOf(cell));
    }
  }
}

const booleanType: ColumnType = { kind: 'boolean' };
const integerType: ColumnType = { kind: 'integer' };
/** Integers beyond 2^53: numbers with a point in the same column would take their digits. */
const wideIntegerType: ColumnType = { kind: 'integer' };
const numberType: ColumnType = { kind: 'number' };

function typeOf(cell: unknown): ColumnType {
  if (typeof cell === 'boolean') return booleanType;
  if (cell instanceof JsonNumber) return cell.int64 !== null ? wideIntegerType : cell.isExact ? numberType : textType;
  if (typeof cell !== 'number') return textType;
  return Number.isSafeInteger(cell) && !Object.is(cell, -0) ? integerType : numberType;
}

function common(a: ColumnType, b: ColumnType): ColumnType {
  if (a === b) return a;
  if (a.kind === 'parquet' && b.kind === 'parquet') {
    return JSON.stringify(a.elements) === JSON.stringify(b.elements) ? a : textType;
  }
  const isWide = a === wideIntegerType || b === wideIntegerType;
  if (isWide) return a.kind === 'integer' && b.kind === 'integer' ? wideIntegerType : textType;
  const isNumber = ({ kind }: ColumnType) => kind === 'integer' || kind === 'number';
  return isNumber(a) && isNumber(b) ? numberType : textType;
}
