import type { FieldItem, FieldSpec, FieldValue, FieldValues } from './field-spec.js';

/** The fields of one chunk of a text, and the length of the chunk in characters. */
export interface ChunkFields {
  readonly fields: FieldValues;
  readonly length: number;
}

/** The first field whose values in chunks of a text do not make one value for the text; undefined if all do. */
export function uncombinable(fields: readonly FieldSpec[]): FieldSpec | undefined {
  return fields.find(({ type }) => !['enum', 'boolean', 'enums', 'list'].includes(type));
}

/**
 * The fields of a text whose chunks have these: `enum` and `boolean` by a vote, weighted by length, where the first of
 * equal values wins; of `enums` and `list` all that a chunk has, each once.
 */
export function combineFields(chunks: readonly ChunkFields[], fields: readonly FieldSpec[]): FieldValues {
  return Object.fromEntries(fields.map((field) => [field.name, combine(field, chunks)]));
}

function combine(field: FieldSpec, chunks: readonly ChunkFields[]): FieldValue {
  const values = chunks.map(({ fields, length }) => ({ value: fields[field.name] ?? null, length }));
  if (field.type === 'enums') {
    const chosen = values.flatMap(({ value }) => (Array.isArray(value) ? value : []));
    return field.values.filter((value) => chosen.includes(value));
  }
  if (field.type === 'list') {
    const items = values.flatMap(({ value }) => (Array.isArray(value) ? (value as readonly FieldItem[]) : []));
    return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
  }
  const lengths = new Map<FieldValue, number>();
  for (const { value, length } of values) lengths.set(value, (lengths.get(value) ?? 0) + length);
  const [first = [null, 0] as const, ...others] = lengths;
  const [winner] = others.reduce<readonly [FieldValue, number]>((best, one) => (one[1] > best[1] ? one : best), first);
  return winner;
}
