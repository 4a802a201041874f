import type { JsonSchema } from '../../model/model.js';
import type { FieldSpec, ListField, ScalarField } from './field-spec.js';

/**
 * The JSON schema of an answer with these fields, in their order. Every field is required, and there are no others: so want
 * it the servers that are strict.
 */
export function answerSchema(fields: readonly FieldSpec[]): JsonSchema {
  const properties = Object.fromEntries(fields.map((field) => [field.name, schemaOfField(field)]));
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function schemaOfField(field: FieldSpec): JsonSchema {
  const described = field.description === undefined ? {} : { description: field.description };
  return { ...typeOf(field), ...described };
}

function typeOf(field: FieldSpec): JsonSchema {
  switch (field.type) {
    case 'enum':
      return { type: 'string', enum: [...field.values] };
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
    case 'integer': {
      const { minimum, maximum } = field;
      const least = minimum === undefined ? {} : { minimum };
      return { type: field.type, ...least, ...(maximum === undefined ? {} : { maximum }) };
    }
    case 'string':
      return { type: 'string', maxLength: field.maxLength };
    case 'enums':
      return { type: 'array', items: { type: 'string', enum: [...field.values] }, maxItems: field.values.length };
    case 'list':
      return { type: 'array', items: answerSchema(field.fields), maxItems: field.maxItems };
    case 'json':
      return {};
  }
}

/** A token of JSON has two bytes at least, on average; what models put between the parts of an answer comes on top. */
const budget = { bytesPerToken: 2, spare: 16, longestNumber: 20, unknown: 1_000 } as const;

/** An output budget in which every answer with these fields has room, in tokens. */
export function tokensOfAnswer(fields: readonly FieldSpec[]): number {
  return Math.ceil(bytesOfObject(fields) / budget.bytesPerToken) + budget.spare;
}

function bytesOfObject(fields: readonly FieldSpec[]): number {
  // Quotes, colon, comma and a space each.
  return fields.reduce((sum, field) => sum + field.name.length + 6 + bytesOf(field), 2);
}

function bytesOf(field: FieldSpec): number {
  switch (field.type) {
    case 'enum':
      return longest(field.values);
    case 'enums':
      return field.values.reduce((sum, value) => sum + Buffer.byteLength(value) + 4, 2);
    case 'boolean':
      return 5;
    case 'number':
    case 'integer':
      return budget.longestNumber;
    case 'string':
      return field.maxLength + 2;
    case 'list':
      return 2 + field.maxItems * bytesOfItem(field);
    case 'json':
      return budget.unknown;
  }
}

function bytesOfItem({ fields }: ListField & { readonly fields: readonly ScalarField[] }): number {
  return bytesOfObject(fields) + 2;
}

function longest(values: readonly string[]): number {
  return Math.max(...values.map((value) => Buffer.byteLength(value))) + 2;
}
