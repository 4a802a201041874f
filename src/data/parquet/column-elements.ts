import type { ConvertedType, LogicalType, SchemaElement, SchemaTree } from 'hyparquet';
import { type ColumnType, textType } from '../column-types.js';
import { leafType } from './leaf-type.js';
import { schemaTree } from './nested-value.js';

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

/** The elements of a column, as the writer takes them; null where it does not. */
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

/** What the writer would take otherwise than it is meant is written as the bytes that it is; null where it cannot. */
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
      // Of the newer way to say it the writer makes a footer that others refuse.
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
