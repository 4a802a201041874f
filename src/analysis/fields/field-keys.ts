import type { FieldItem, FieldValue, ListField, ScalarField, ScalarValue } from '../../classify/fields/field-spec.js';
import { foldName } from '../../foundation/text/visible-text.js';

/** A value as it is compared: of texts neither case, spacing nor invisible characters count. */
export function comparedValue({ type }: Pick<ScalarField, 'type'>, value: FieldValue | undefined): ScalarValue {
  if (type === 'string') return foldName(String(value));
  return typeof value === 'object' || value === undefined ? '' : value;
}

/** The entries of a list as texts that are equal where the entries are compared as equal. */
export function entryKeys(field: ListField, value: FieldValue): readonly string[] {
  return itemsOf(value).map((item) =>
    JSON.stringify(Object.fromEntries(field.fields.map((part) => [part.name, comparedValue(part, item[part.name])]))),
  );
}

/** The objects of a list. */
export function itemsOf(value: FieldValue): readonly FieldItem[] {
  return Array.isArray(value) ? (value as readonly FieldItem[]) : [];
}

/** The chosen values of a field of type `enums`. */
export function chosenOf(value: FieldValue): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
