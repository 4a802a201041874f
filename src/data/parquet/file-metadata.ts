import { tryParseJson } from '../../foundation/lossless-json.js';
import type { FieldType, FileMetadata, PlainType } from '../column-types.js';
import { addedColumns, type OutputTable } from '../result-text.js';
import { columnIndex } from '../row.js';
import { type SchemaField, withArrowFields } from './arrow-schema.js';

const arrowKey = 'ARROW:schema';

/** What two files say of themselves alike. */
export function commonMetadata(a: FileMetadata, b: FileMetadata): FileMetadata {
  return a.filter(({ key, value }) => b.some((other) => other.key === key && other.value === value));
}

/**
 * What the input says of itself, for the file that is written: with the columns that are added where a reader would miss
 * them, without what does not fit it.
 */
export function metadataOf(metadata: FileMetadata, table: OutputTable): { key: string; value?: string }[] {
  const { columns, fieldNames, fieldTypes, withoutInput } = table;
  const added = addedColumns(columns, fieldNames, withoutInput).map((name, position) => ({
    name,
    type: fieldTypes?.[fieldNames[position] ?? ''] ?? 'text',
  }));
  const others = metadata
    .filter(({ key }) => key !== arrowKey)
    .map(({ key, value }) => {
      if (value === undefined) return { key };
      return { key, value: key === 'huggingface' ? withFeatures(value, added) : value };
    });
  const arrow = metadata.find(({ key }) => key === arrowKey)?.value;
  const choose = (names: readonly string[]) => fieldsOf(names, table, added);
  const schema = arrow === undefined ? null : withArrowFields(arrow, choose, others);
  return schema === null ? others : [...others, { key: arrowKey, value: schema }];
}

interface AddedColumn {
  readonly name: string;
  readonly type: FieldType;
}

function fieldsOf(
  names: readonly string[],
  { columns, types }: OutputTable,
  added: readonly AddedColumn[],
): readonly SchemaField[] | null {
  const own = [...columnIndex(columns).keys()];
  if (names.length !== own.length || !names.every((name, position) => name === own[position])) return null;
  const fields = own.map((name, position): SchemaField => {
    const { kind = 'text' } = types?.get(name) ?? {};
    // A type that is written otherwise is no more what the input says.
    return kind === 'parquet' ? position : { name, type: kind };
  });
  return [...fields, ...added];
}

const featureTypes: Readonly<Record<PlainType, string>> = {
  text: 'string',
  integer: 'int64',
  number: 'float64',
  boolean: 'bool',
};

/** The features of a Hugging Face data set, which must name every column. */
function withFeatures(value: string, added: readonly AddedColumn[]): string {
  const info = tryParseJson(value);
  const features = property(property(info, 'info'), 'features');
  if (typeof features !== 'object' || features === null || Array.isArray(features)) return value;
  for (const { name, type } of added) Object.assign(features, { [name]: featureOf(type) });
  return JSON.stringify(info);
}

function featureOf(type: FieldType): unknown {
  if (typeof type === 'string') return { dtype: featureTypes[type], _type: 'Value' };
  if (typeof type.listOf === 'string') return [featureOf(type.listOf)];
  return [Object.fromEntries(Object.entries(type.listOf).map(([key, plain]) => [key, featureOf(plain)]))];
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
