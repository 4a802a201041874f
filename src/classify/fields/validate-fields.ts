import * as z from 'zod';
import { listChoices } from '../../foundation/text/message-text.js';
import { matchLabel } from '../labels.js';
import type { FieldSpec, FieldValues } from './field-spec.js';

/** What an answer says in its fields, or what is wrong with it: one line each, with the path. */
export type CheckedFields =
  | { readonly fields: FieldValues; readonly violations?: undefined }
  | { readonly fields?: undefined; readonly violations: readonly string[] };

/** Checks the JSON value of an answer. */
export type FieldsValidator = (value: unknown) => CheckedFields;

/**
 * A validator for answers with these fields. Case, quotes and surrounding space of a value of `enum` and `enums` do not
 * count, and `enums` come in the order of the field's values, each once.
 */
export function createFieldsValidator(fields: readonly FieldSpec[]): FieldsValidator {
  const schema = objectOf(fields);
  return (value) => {
    const checked = schema.safeParse(value);
    if (checked.success) return { fields: checked.data as FieldValues };
    return { violations: checked.error.issues.map(describeViolation) };
  };
}

/** A message for a wrong value, and for a missing one. */
function must(message: string) {
  return { error: ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : message) };
}

function objectOf(fields: readonly FieldSpec[]) {
  const shape = Object.fromEntries(fields.map((field) => [field.name, schemaOf(field)]));
  const names = fields.map(({ name }) => name).join(', ');
  return z.strictObject(shape, {
    error: ({ code, input }) => {
      if (code === 'unrecognized_keys') return `has a key that is none of ${names}`;
      return input === undefined ? 'is missing' : `must be an object with ${names}`;
    },
  });
}

function schemaOf(field: FieldSpec): z.ZodType {
  switch (field.type) {
    case 'enum':
      return oneOf(field.values);
    case 'boolean':
      return z.boolean(must('must be true or false'));
    case 'number':
    case 'integer': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = field;
      const number =
        field.type === 'integer' ? z.int(must('must be a whole number')) : z.number(must('must be a number'));
      const bounded = number.min(minimum, `must be at least ${minimum}`).max(maximum, `must be at most ${maximum}`);
      // No record keeps the sign of a zero.
      return bounded.transform((value) => value + 0);
    }
    case 'string':
      return z
        .string(must('must be a text'))
        .refine((text) => [...text].length <= field.maxLength, `must have at most ${field.maxLength} characters`);
    case 'enums':
      return z
        .array(oneOf(field.values), must('must be a list'))
        .transform((chosen) => field.values.filter((value) => chosen.includes(value)));
    case 'list':
      return z
        .array(objectOf(field.fields), must('must be a list'))
        .max(field.maxItems, `must have at most ${field.maxItems} entries`);
    case 'json':
      return z.json();
  }
}

function oneOf(values: readonly string[]) {
  const message = `must be ${values.length === 1 ? '' : 'one of '}${listChoices(values)}`;
  return z.string(must(message)).transform((text, context) => {
    const value = matchLabel(text, values);
    if (value === undefined) context.addIssue({ code: 'custom', message, input: text });
    return value ?? z.NEVER;
  });
}

/** A violation as one line, as in `aspects[2].polarity: must be one of positive or negative`. */
function describeViolation({ path, message }: z.core.$ZodIssue): string {
  const place = path.reduce<string>(
    (start, key) => (typeof key === 'number' ? `${start}[${key}]` : `${start}${start && '.'}${String(key)}`),
    '',
  );
  return place === '' ? message : `${place}: ${message}`;
}
