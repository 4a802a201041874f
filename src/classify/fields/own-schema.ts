import { tryParseJson } from '../../foundation/lossless-json.js';
import type { JsonSchema } from '../../model/model.js';
import { type FieldSpec, type ScalarField, unbounded } from './field-spec.js';
import { nameProblem } from './fields-schema.js';

/** A schema of the user's own, as a prompt file names it. */
export interface OwnSchema {
  /** What is sent to the server, and what answers are validated against. */
  readonly schema: JsonSchema;
  /** Its properties, in their order. */
  readonly fields: readonly FieldSpec[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON schema whose properties become fields: of the types of `output.fields` where they say the same, else `json`.
 * @param label name of the property that is the label
 * @returns what is wrong, as a text
 */
export function readOwnSchema(text: string, label: string | undefined): OwnSchema | string {
  const schema = tryParseJson(text);
  if (!isObject(schema)) return 'is not a JSON object';
  const reference = foreignReference(schema);
  if (reference !== undefined) return `refers to '${reference}': a $ref stays within the file, as in #/$defs/aspect`;
  const properties = schema.properties;
  if (schema.type !== 'object' || !isObject(properties) || Object.keys(properties).length === 0) {
    return 'must have the type object, and properties: each becomes a field';
  }
  const required = Array.isArray(schema.required) ? schema.required : [];
  const fields = Object.entries(properties).map(([name, property]) =>
    fieldOf(name, isObject(property) && required.includes(name) ? property : {}, name === label),
  );
  for (const { name } of fields) {
    const problem = nameProblem(name, false, name === label);
    if (problem !== undefined) return `has the property '${name}': ${problem}`;
  }
  const marked = fields.find(({ name }) => name === label);
  if (label !== undefined && marked?.type !== 'enum') {
    return `has no required property '${label}' with an enum of two or more texts, which output.label names`;
  }
  return { schema, fields };
}

function fieldOf(name: string, property: Json, isLabel: boolean): FieldSpec {
  const { description: given } = property;
  const described = { name, ...(typeof given === 'string' ? { description: given } : {}) };
  const values = textsIn(property);
  if (values.length > 1) return { ...described, type: 'enum', values, label: isLabel };
  const { minimum, maximum, maxLength, maxItems, items } = property;
  const bounds = {
    ...(typeof minimum === 'number' ? { minimum } : {}),
    ...(typeof maximum === 'number' ? { maximum } : {}),
  };
  if ('enum' in property || 'const' in property) return { ...described, type: 'json' };
  switch (property.type) {
    case 'boolean':
      return { ...described, type: 'boolean' };
    case 'number':
    case 'integer':
      return { ...described, type: property.type, ...bounds };
    case 'string':
      return { ...described, type: 'string', maxLength: typeof maxLength === 'number' ? maxLength : unbounded };
    case 'array': {
      const choices = isObject(items) ? textsIn(items) : [];
      if (choices.length > 0) return { ...described, type: 'enums', values: choices };
      const fields = isObject(items) ? scalarsIn(items) : undefined;
      if (fields === undefined) return { ...described, type: 'json' };
      return { ...described, type: 'list', fields, maxItems: typeof maxItems === 'number' ? maxItems : unbounded };
    }
    default:
      return { ...described, type: 'json' };
  }
}

function textsIn({ type, enum: values }: Json): readonly string[] {
  const areTexts = type === 'string' && Array.isArray(values) && values.every((value) => typeof value === 'string');
  return areTexts ? values : [];
}

/** The fields of the objects of a list; undefined if one of them is not always there, or no scalar, or others may come. */
function scalarsIn({ type, properties, required, additionalProperties }: Json): readonly ScalarField[] | undefined {
  if (type !== 'object' || !isObject(properties) || additionalProperties !== false) return undefined;
  const names = Array.isArray(required) ? required : [];
  const fields = Object.entries(properties).map(([name, property]) =>
    fieldOf(name, isObject(property) && names.includes(name) ? property : {}, false),
  );
  return fields.length > 0 && fields.every(isScalar) ? fields : undefined;
}

function isScalar(field: FieldSpec): field is ScalarField {
  return field.type !== 'json' && field.type !== 'enums' && field.type !== 'list';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first reference out of the file. */
function foreignReference(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(foreignReference).find((found) => found !== undefined);
  if (!isObject(value)) return undefined;
  const { $ref: reference } = value;
  if (typeof reference === 'string' && !reference.startsWith('#')) return reference;
  return foreignReference(Object.values(value));
}
