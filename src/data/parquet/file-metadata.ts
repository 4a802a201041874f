import type { ColumnTypes } from '../column-types.js';
import type { FieldTypes } from '../result-text.js';
import { type AddedType, type SchemaField, withArrowFields } from './arrow-schema.js';

/** What a Parquet file says of itself in its footer, beside its schema: `ARROW:schema`, `pandas`, `huggingface` and others. */
export type FileMetadata = readonly { readonly key: string; readonly value?: string | undefined }[];

const arrowKey = 'ARROW:schema';

/** What two files say of themselves alike. */
export function commonMetadata(a: FileMetadata, b: FileMetadata): FileMetadata {
  return a.filter(({ key, value }) => b.some((other) => other.key === key && other.value === value));
}

/** The table that is written: names of the input's columns, and the columns that are added. */
export interface WrittenColumns {
  readonly own: readonly string[];
  readonly added: readonly string[];
  readonly fieldNames: readonly string[];
  readonly types?: ColumnTypes | undefined;
  readonly fieldTypes?: FieldTypes | undefined;
}

/**
 * What the input says of itself, for the file that is written: with the columns that are added where a reader would miss
 * them, without what does not fit it.
 */
export function metadataOf(metadata: FileMetadata, table: WrittenColumns): { key: string; value?: string }[] {
  const addedTypes = table.added.map((name, position) => ({
    name,
    type: table.fieldTypes?.[table.fieldNames[position] ?? ''] ?? 'text',
  }));
  const others = metadata
    .filter(({ key }) => key !== arrowKey)
    .map(({ key, value }) => {
      if (value === undefined) return { key };
      return { key, value: key === 'huggingface' ? withFeatures(value, addedTypes) : value };
    });
  const arrow = metadata.find(({ key }) => key === arrowKey)?.value;
  const schema =
    arrow === undefined ? null : withArrowFields(arrow, (names) => fieldsOf(names, table, addedTypes), others);
  return schema === null ? others : [...others, { key: arrowKey, value: schema }];
}

function fieldsOf(
  names: readonly string[],
  { own, types }: WrittenColumns,
  added: readonly { readonly name: string; readonly type: AddedType }[],
): readonly SchemaField[] | null {
  if (names.length !== own.length || !names.every((name, position) => name === own[position])) return null;
  const fields = own.map((name, position): SchemaField => {
    const { kind = 'text' } = types?.get(name) ?? {};
    // A type that is written otherwise is no more what the input says.
    return kind === 'parquet' ? position : { name, type: kind };
  });
  return [...fields, ...added];
}

const featureTypes: Readonly<Record<AddedType, string>> = {
  text: 'string',
  integer: 'int64',
  number: 'float64',
  boolean: 'bool',
};

/** The features of a Hugging Face data set, which must name every column. */
function withFeatures(value: string, added: readonly { readonly name: string; readonly type: AddedType }[]): string {
  let info: unknown;
  try {
    info = JSON.parse(value);
  } catch {
    return value;
  }
  const features = property(property(info, 'info'), 'features');
  if (typeof features !== 'object' || features === null || Array.isArray(features)) return value;
  for (const { name, type } of added)
    Object.assign(features, { [name]: { dtype: featureTypes[type], _type: 'Value' } });
  return JSON.stringify(info);
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
