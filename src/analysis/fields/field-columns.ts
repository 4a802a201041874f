import type { FieldSpec, FieldValue, ScalarField } from '../../classify/fields/field-spec.js';
import type { FieldType, PlainType } from '../../data/column-types.js';
import { type ReviewResult, resultTypes } from '../review-result.js';

/** The columns of a results file: their names in order, without prefix, and their types. */
export interface ResultColumns {
  readonly names: readonly string[];
  readonly types: Readonly<Record<string, FieldType>>;
}

/** Those of every prompt stand before the fields of the answer, as far as this one. */
const lastBefore: keyof ReviewResult = 'rationale';

/**
 * The columns of a results file: behind the rationale one for each field of the prompt, in the order of the fields. A label
 * field called `sentiment` is the column of this name.
 */
export function resultColumns(fields: readonly FieldSpec[] | null): ResultColumns {
  const added = (fields ?? []).filter(({ name }) => !Object.hasOwn(resultTypes, name));
  const names = Object.keys(resultTypes).flatMap((name) =>
    name === lastBefore ? [name, ...added.map((field) => field.name)] : [name],
  );
  const types = Object.fromEntries(added.map((field) => [field.name, columnType(field)]));
  return { names, types: { ...types, ...resultTypes } };
}

/** One row of a results file: a field of a review without an answer is null. */
export function resultRow({ fields, ...result }: ReviewResult): Readonly<Record<string, FieldValue>> {
  return fields ? { ...fields, ...result } : result;
}

function columnType(field: FieldSpec): FieldType {
  switch (field.type) {
    case 'enums':
      return { listOf: 'text' };
    case 'list':
      return { listOf: Object.fromEntries(field.fields.map((part) => [part.name, plainType(part)])) };
    case 'json':
      return 'text';
    default:
      return plainType(field);
  }
}

function plainType({ type }: ScalarField): PlainType {
  return type === 'enum' || type === 'string' ? 'text' : type;
}
