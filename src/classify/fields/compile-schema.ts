import { messageOf } from '../../foundation/errors/chorale-error.js';
import type { JsonSchema } from '../../model/model.js';
import { matchLabel } from '../labels.js';
import type { FieldSpec, FieldValue } from './field-spec.js';
import type { FieldsValidator } from './validate-fields.js';

/**
 * A validator of a schema of the user's own, in ajv's strict mode. Only this loads ajv.
 * @returns what is wrong with the schema, as a text of one line
 */
export async function compileSchema(
  schema: JsonSchema,
  fields: readonly FieldSpec[],
): Promise<FieldsValidator | string> {
  const { Ajv2020, Ajv, addFormats } = await import('./load-ajv.js');
  const options = { strict: true, strictRequired: false, allErrors: true, logger: false } as const;
  const ajv = String(schema.$schema ?? '').includes('2020-12') ? new Ajv2020(options) : new Ajv(options);
  addFormats(ajv);
  const names = JSON.stringify(schema);
  try {
    const validate = ajv.compile(schema);
    // References that only lead to each other make an endless loop.
    validate({});
    return (value) => {
      const cleaned = withPlainValues(value, fields);
      if (validate(cleaned)) return { fields: valuesOf(asRecorded(cleaned), fields) };
      return { violations: (validate.errors ?? []).map((found) => describeError(found, names)) };
    };
  } catch (error) {
    if (error instanceof RangeError) return 'its references lead to each other without an end';
    return messageOf(error).split('\n', 1)[0] ?? 'it does not compile';
  }
}

/** As a store gives it back: JSON has no sign of a zero. */
function asRecorded(value: unknown): Readonly<Record<string, FieldValue>> {
  return JSON.parse(JSON.stringify(value));
}

/** Every field has a value: null where the answer has none. */
function valuesOf(answer: Readonly<Record<string, FieldValue>>, fields: readonly FieldSpec[]) {
  return Object.fromEntries(
    fields.map(({ name }) => [name, Object.hasOwn(answer, name) ? (answer[name] ?? null) : null]),
  );
}

/** The values of `enum` as the schema writes them: case and quotes do not count, as in every answer. */
function withPlainValues(value: unknown, fields: readonly FieldSpec[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const plain: Record<string, unknown> = { ...value };
  for (const field of fields) {
    const given = plain[field.name];
    if (field.type === 'enum' && typeof given === 'string')
      plain[field.name] = matchLabel(given, field.values) ?? given;
  }
  return plain;
}

interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * As in `aspects[2].polarity: must be equal to one of the allowed values: positive, negative`. A key that only the answer has
 * is shown as `*`.
 * @param names the text of the schema
 */
function describeError(
  { instancePath, keyword, message = 'is not valid', params }: SchemaError,
  names: string,
): string {
  const place = instancePath.split('/').reduce((start, escaped) => {
    if (/^\d+$/.test(escaped)) return `${start}[${escaped}]`;
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    return `${start}${start && '.'}${names.includes(JSON.stringify(key)) ? key : '*'}`;
  });
  const allowed =
    keyword === 'enum' && Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : '';
  return `${place}${place && ': '}${message}${allowed}`;
}
