import type { ConvertedType, LogicalType, SchemaElement, SchemaTree } from 'hyparquet';
import { type ColumnType, type FieldType, type PlainType, textType } from '../column-types.js';
import { JsonNumber } from '../json-numbers.js';
import { addedColumns, cellText, type OutputTable } from '../result-text.js';
import { columnIndex } from '../row.js';
import { leafType, misfit, physicalValue } from './leaf-values.js';
import { elementOf, field, repeatedPart, schemaTree } from './nested-values.js';

/** A column of the file that is written. */
export interface OutputColumn {
  readonly name: string;
  readonly elements: readonly SchemaElement[];
  /** What the writer takes for a cell. Throws a TypeError if the cell does not fit. */
  readonly physical: (cell: unknown) => unknown;
}

/**
 * The columns of the input, those whose name comes again numbered, then those of the fields.
 * @throws ColumnError if the input has one of the latter already
 */
export function outputColumns(table: OutputTable): readonly OutputColumn[] {
  const { columns, fieldNames, types, fieldTypes = {}, withoutInput } = table;
  const added = addedColumns(columns, fieldNames, withoutInput);
  return [
    ...[...columnIndex(columns).keys()].map((name) => outputColumn(name, types?.get(name) ?? textType)),
    ...fieldNames.map((name, position) =>
      outputColumn(added[position] ?? name, columnType(fieldTypes[name] ?? 'text')),
    ),
  ];
}

/** A list of values, or of objects, is one in Parquet too. */
function columnType(type: FieldType): ColumnType {
  if (typeof type === 'string') return { kind: type };
  const item = { name: 'element', repetition_type: 'OPTIONAL' } as const;
  const { listOf } = type;
  const items = typeof listOf === 'string' ? [leaf(item.name, listOf)] : structOf(item, listOf);
  return {
    kind: 'parquet',
    elements: [
      { name: 'list', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...items,
    ],
  };
}

function structOf(item: SchemaElement, keys: Readonly<Record<string, PlainType>>): readonly SchemaElement[] {
  const parts = Object.entries(keys).map(([name, type]) => leaf(name, type));
  return [{ ...item, num_children: parts.length }, ...parts];
}

function leaf(name: string, type: PlainType): SchemaElement {
  const { convert: _, ...element } = plainTypes[type];
  return { name, repetition_type: 'OPTIONAL', ...element };
}

const plainTypes = {
  boolean: { type: 'BOOLEAN', convert: (value: unknown) => (typeof value === 'boolean' ? value : misfit()) },
  integer: { type: 'INT64', convert: integerOf },
  number: { type: 'DOUBLE', convert: numberOf },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', convert: cellText },
} as const;

function outputColumn(name: string, type: ColumnType): OutputColumn {
  if (type.kind !== 'parquet') {
    const { convert } = plainTypes[type.kind];
    const physical = (cell: unknown) => (cell === null || cell === undefined ? null : convert(cell));
    return { name, elements: [leaf(name, type.kind)], physical };
  }
  const [tree] = schemaTree([{ name: 'root', num_children: 1 }, ...type.elements]).children;
  if (!tree) return outputColumn(name, textType);
  const [top, ...parts] = type.elements;
  const elements = top ? [{ ...top, name }, ...parts] : parts;
  return { name, elements, physical: (cell) => physicalTree(tree, cell) };
}

/** A value with parts as the writer takes it. */
function physicalTree(tree: SchemaTree, value: unknown, isElement = false): unknown {
  if (value === null || value === undefined) return null;
  const repeated = repeatedPart(tree);
  if (repeated) return listOf(value).map((one) => physicalTree(elementOf(repeated), one, true));
  if (tree.element.repetition_type === 'REPEATED' && !isElement) {
    return listOf(value).map((one) => physicalTree(tree, one, true));
  }
  if (tree.children.length === 0) return physicalValue(value, leafType(tree.element));
  const from = typeof value === 'object' ? value : misfit();
  return Object.fromEntries(tree.children.map((part) => [part.element.name, physicalTree(part, field(from, part))]));
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

const integerTypes: readonly ConvertedType[] = [
  ...(['INT_8', 'INT_16', 'INT_32', 'INT_64'] as const),
  ...(['UINT_8', 'UINT_16', 'UINT_32', 'UINT_64'] as const),
];

/** The types of the columns of a schema, in order: as they are where the writer has them, else text. */
export function elementsOf(schema: readonly SchemaElement[]): readonly ColumnType[] {
  return schemaTree(schema).children.map((tree) => {
    const elements = writable(tree);
    const [top, ...parts] = elements ?? [];
    if (!top || top.repetition_type === 'REPEATED') return textType;
    // Rows of another file may lack what this one always has.
    return { kind: 'parquet', elements: [{ ...top, repetition_type: 'OPTIONAL' }, ...parts] };
  });
}

/** The elements of a column, as the writer takes them; null if it does not. */
function writable(tree: SchemaTree): readonly SchemaElement[] | null {
  const { element, children } = tree;
  if (children.length === 0) {
    const leaf = element.repetition_type === 'REPEATED' ? null : leafElement(element);
    return leaf && [leaf];
  }
  if (element.logical_type?.type === 'VARIANT') return null;
  const parts = children.map(writable);
  if (parts.includes(null)) return null;
  const { name, repetition_type, num_children, converted_type, logical_type } = element;
  return [
    clean({ name, repetition_type, num_children, converted_type, logical_type }),
    ...parts.flatMap((part) => part ?? []),
  ];
}

/** What the writer would take otherwise than it is meant is written as the bytes that it is; null if it cannot. */
function leafElement(element: SchemaElement): SchemaElement | null {
  const { name, repetition_type, type, type_length, precision, converted_type, logical_type } = element;
  const leaf = leafType(element);
  const physical = { name, repetition_type, type, type_length };
  switch (leaf.kind) {
    case 'bytes':
      return clean(physical);
    case 'int96':
      // Nanoseconds since 1970 in 64 bits reach from 1677 to 2262 only.
      return null;
    case 'decimal': {
      const digits = logical_type?.type === 'DECIMAL' ? logical_type.precision : precision;
      return clean({ ...physical, converted_type: 'DECIMAL', scale: leaf.scale, precision: digits });
    }
    case 'text':
      // The writer would put the JSON text into JSON once more.
      return clean({ ...physical, converted_type: 'UTF8' });
    case 'int32':
    case 'int64':
      // With the newer logical type the writer makes a footer that other readers reject.
      return clean({ ...physical, converted_type: converted_type ?? integerType(logical_type) });
    default:
      return clean({ ...physical, converted_type, logical_type });
  }
}

function integerType(logical: LogicalType | undefined): ConvertedType | undefined {
  if (logical?.type !== 'INTEGER') return undefined;
  return integerTypes.find((name) => name === `${logical.isSigned ? '' : 'U'}INT_${logical.bitWidth}`);
}

function clean(element: { [Key in keyof SchemaElement]: SchemaElement[Key] | undefined }): SchemaElement {
  return JSON.parse(JSON.stringify(element));
}
