import type { SchemaElement, SchemaTree } from 'hyparquet';
import { type ColumnType, type ColumnTypes, textType } from '../column-types.js';
import { JsonNumber } from '../lossless-json.js';
import { addedColumns, cellText, type FieldTypes } from '../result-text.js';
import { columnIndex } from '../row.js';
import { leafType } from './leaf-type.js';
import { field, listElement, mapParts, schemaTree } from './nested-value.js';
import { physicalValue } from './physical-value.js';

/** A column of the file that is written. */
export interface OutputColumn {
  readonly name: string;
  readonly elements: readonly SchemaElement[];
  /** What the writer takes for a cell. Throws a TypeError where the cell does not fit. */
  readonly physical: (cell: unknown) => unknown;
}

/** What decides about the columns. */
export interface OutputTable {
  readonly columns: readonly string[];
  readonly fieldNames: readonly string[];
  readonly types?: ColumnTypes | undefined;
  readonly fieldTypes?: FieldTypes | undefined;
}

/**
 * The columns of the input, those whose name comes again numbered, then those of the fields.
 * @throws ColumnError where the input has one of the latter already
 */
export function outputColumns({ columns, fieldNames, types, fieldTypes = {} }: OutputTable): readonly OutputColumn[] {
  const added = addedColumns(columns, fieldNames);
  return [
    ...[...columnIndex(columns).keys()].map((name) => outputColumn(name, types?.get(name) ?? textType)),
    ...fieldNames.map((name, position) => outputColumn(added[position] ?? name, { kind: fieldTypes[name] ?? 'text' })),
  ];
}

function outputColumn(name: string, type: ColumnType): OutputColumn {
  const optional = { name, repetition_type: 'OPTIONAL' } as const;
  switch (type.kind) {
    case 'boolean':
      return { name, elements: [{ ...optional, type: 'BOOLEAN' }], physical: orNull(booleanOf) };
    case 'integer':
      return { name, elements: [{ ...optional, type: 'INT64' }], physical: orNull(integerOf) };
    case 'number':
      return { name, elements: [{ ...optional, type: 'DOUBLE' }], physical: orNull(numberOf) };
    case 'text': {
      const element: SchemaElement = { ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
      return { name, elements: [element], physical: orNull(cellText) };
    }
    case 'parquet': {
      const [tree] = schemaTree([{ name: 'root', num_children: 1 }, ...type.elements]).children;
      if (!tree) return outputColumn(name, textType);
      const [top, ...parts] = type.elements;
      const elements = top ? [{ ...top, name }, ...parts] : parts;
      return { name, elements, physical: (cell) => physicalTree(tree, cell) };
    }
  }
}

/** A value with parts as the writer takes it. */
function physicalTree(tree: SchemaTree, value: unknown, isElement = false): unknown {
  if (value === null || value === undefined) return null;
  const inner = listElement(tree);
  if (inner) return listOf(value).map((one) => physicalTree(inner, one, true));
  const map = mapParts(tree);
  if (map) {
    return listOf(value).map((entry) => ({
      key: physicalTree(map.key, field(objectOf(entry), map.key)),
      value: physicalTree(map.value, field(objectOf(entry), map.value)),
    }));
  }
  if (tree.element.repetition_type === 'REPEATED' && !isElement) {
    return listOf(value).map((one) => physicalTree(tree, one, true));
  }
  if (tree.children.length === 0) return physicalValue(value, leafType(tree.element));
  const from = objectOf(value);
  return Object.fromEntries(tree.children.map((part) => [part.element.name, physicalTree(part, field(from, part))]));
}

function orNull(convert: (value: unknown) => unknown): (cell: unknown) => unknown {
  return (cell) => (cell === null || cell === undefined ? null : convert(cell));
}

function booleanOf(value: unknown): boolean {
  return typeof value === 'boolean' ? value : misfit();
}

function integerOf(value: unknown): bigint {
  if (value instanceof JsonNumber) return value.int64 ?? misfit();
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : misfit();
}

function numberOf(value: unknown): number {
  if (value instanceof JsonNumber && value.isExact) return Number(value.text);
  return typeof value === 'number' ? value : misfit();
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : misfit();
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : misfit();
}

function misfit(): never {
  throw new TypeError('a value does not fit its column');
}
