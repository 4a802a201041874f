import { listChoices } from '../../foundation/text/message-text.js';
import { type FieldSpec, type NumberField, unbounded } from './field-spec.js';

/** The fields as lines for the model: name, what it may be, description. */
export function renderFieldList(fields: readonly FieldSpec[]): string {
  return fields.map((field) => `- ${describeField(field)}`).join('\n');
}

function describeField(field: FieldSpec): string {
  const description = field.description === undefined ? '' : `: ${field.description}`;
  return `${field.name} (${kindOf(field)})${description}`;
}

function kindOf(field: FieldSpec): string {
  switch (field.type) {
    case 'enum':
      return listChoices(field.values);
    case 'enums':
      return `a list of some of ${field.values.join(', ')}, or of none`;
    case 'boolean':
      return 'true or false';
    case 'number':
    case 'integer':
      return `${field.type === 'integer' ? 'a whole number' : 'a number'}${rangeOf(field)}`;
    case 'string':
      return field.maxLength === unbounded ? 'a text' : `a text of at most ${field.maxLength} characters`;
    case 'list':
      return `a list of ${mostItems(field.maxItems)}objects with ${field.fields.map(describeField).join('; ')}`;
    case 'json':
      return 'JSON';
  }
}

function mostItems(maxItems: number): string {
  return maxItems === unbounded ? '' : `at most ${maxItems} `;
}

function rangeOf({ minimum, maximum }: NumberField): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}
