interface NamedField {
  /** A lower-case word, as in `wants_refund`. */
  readonly name: string;
  /** What the field says, for the model and for people. */
  readonly description?: string | undefined;
}

/** One of several values. */
export interface EnumField extends NamedField {
  readonly type: 'enum';
  readonly values: readonly string[];
  /** Its value is the label of the text (`sentiment` in the results). At most one field of a prompt. */
  readonly label: boolean;
}

/** True or false. */
export interface BooleanField extends NamedField {
  readonly type: 'boolean';
}

/** A number, or a whole number. */
export interface NumberField extends NamedField {
  readonly type: 'number' | 'integer';
  /** Inclusive. */
  readonly minimum?: number | undefined;
  /** Inclusive. */
  readonly maximum?: number | undefined;
}

/** A text. */
export interface TextField extends NamedField {
  readonly type: 'string';
  /** In Unicode characters. @default 200 */
  readonly maxLength: number;
}

/** A field with one value that is not a list. */
export type ScalarField = EnumField | BooleanField | NumberField | TextField;

/** Several of several values, each at most once, or none of them. */
export interface EnumsField extends NamedField {
  readonly type: 'enums';
  readonly values: readonly string[];
}

/** A list of objects, whose fields are no lists. */
export interface ListField extends NamedField {
  readonly type: 'list';
  readonly fields: readonly ScalarField[];
  /** @default 10 */
  readonly maxItems: number;
}

/** A property of a schema of the user's own that is none of the other types. */
export interface JsonField extends NamedField {
  readonly type: 'json';
}

/** A field of the answer. */
export type FieldSpec = ScalarField | EnumsField | ListField | JsonField;

/** The value of a scalar field. */
export type ScalarValue = string | number | boolean;

/** One object of a list. */
export type FieldItem = Readonly<Record<string, ScalarValue>>;

/** A value of JSON. */
export type JsonValue = ScalarValue | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * The value of a field: a text (`enum`, `string`), a number, true or false, the chosen values in the order of the field's
 * `values` (`enums`), or objects (`list`). Any JSON where a schema of the user's own says so; null where that schema does
 * not require it.
 */
export type FieldValue = ScalarValue | readonly string[] | readonly FieldItem[] | JsonValue;

/** The values of all fields of an answer, by name, in the order of the fields. */
export type FieldValues = Readonly<Record<string, FieldValue>>;

/** Bounds of fields whose author names none. */
export const fieldDefaults = { maxLength: 200, maxItems: 10 } as const;

/** The bound of a field whose schema, one of the user's own, names none. */
export const unbounded = Number.MAX_SAFE_INTEGER;

/** The field whose value is the label; undefined if there is none. */
export function labelField(fields: readonly FieldSpec[]): EnumField | undefined {
  return fields.find((field): field is EnumField => field.type === 'enum' && field.label);
}

/** The fields with other values for the label. */
export function withLabels(fields: readonly FieldSpec[], labels: readonly string[]): readonly FieldSpec[] {
  const label = labelField(fields);
  return fields.map((field) => (field === label ? { ...label, values: labels } : field));
}
