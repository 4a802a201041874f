import fc from 'fast-check';
import type {
  FieldItem,
  FieldSpec,
  FieldValue,
  FieldValues,
  ScalarField,
} from '../../../src/classify/fields/field-spec.js';

const name = fc.stringMatching(/^[a-z][a-z_]{0,5}_$/);
const values = (minLength: number) =>
  fc.uniqueArray(fc.stringMatching(/^[a-z][a-z ,']{0,8}[a-z]$/), { minLength, maxLength: 5 });
const description = fc.option(fc.stringMatching(/^[a-z]["'#:\u2028 -]{0,9}[a-z]$/), { nil: undefined });

/** Without what is undefined, as a parser gives it. */
function plain<T extends object>(field: T): T {
  return Object.fromEntries(Object.entries(field).filter(([, value]) => value !== undefined)) as T;
}

const bounds = (bound: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.option(bound, { nil: undefined }), fc.option(bound, { nil: undefined }))
    .map(([a, b]) =>
      a !== undefined && b !== undefined && a > b ? { minimum: b, maximum: a } : { minimum: a, maximum: b },
    );

const scalarTypes = {
  enum: fc.record({ type: fc.constant('enum' as const), values: values(2), label: fc.constant(false), description }),
  boolean: fc.record({ type: fc.constant('boolean' as const), description }),
  number: fc
    .tuple(bounds(fc.integer({ min: -999, max: 999 }).map((n) => n / 8)), description)
    .map(([range, text]) => ({ type: 'number' as const, ...range, description: text })),
  integer: fc
    .tuple(bounds(fc.integer({ min: -999, max: 999 })), description)
    .map(([range, text]) => ({ type: 'integer' as const, ...range, description: text })),
  string: fc.record({ type: fc.constant('string' as const), maxLength: fc.integer({ min: 1, max: 50 }), description }),
};

const named = <T extends object>(field: fc.Arbitrary<T>) =>
  fc.tuple(name, field).map(([own, rest]) => plain({ name: own, ...rest }));

const scalar = named(fc.oneof(...Object.values(scalarTypes))) as fc.Arbitrary<ScalarField>;
const scalars = fc.uniqueArray(scalar, { minLength: 1, maxLength: 4, selector: (field) => field.name });

const enums = named(fc.record({ type: fc.constant('enums' as const), values: values(1), description }));
const list = named(
  fc.record({
    type: fc.constant('list' as const),
    fields: scalars,
    maxItems: fc.integer({ min: 1, max: 5 }),
    description,
  }),
);

/** Fields of every type; the first `enum` among them may be the label. */
export const anyFields: fc.Arbitrary<readonly FieldSpec[]> = fc
  .tuple(
    fc.uniqueArray(fc.oneof(scalar, enums, list) as fc.Arbitrary<FieldSpec>, {
      minLength: 1,
      maxLength: 6,
      selector: (field) => field.name,
    }),
    fc.boolean(),
  )
  .map(([fields, hasLabel]) => {
    const first = hasLabel ? fields.find(({ type }) => type === 'enum') : undefined;
    return fields.map((field) => (field === first ? ({ ...field, label: true } as FieldSpec) : field));
  });

/** Values that fit the fields. */
export function valuesOf(fields: readonly FieldSpec[]): fc.Arbitrary<FieldValues> {
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valueOfField(field)])), {
    noNullPrototype: true,
  });
}

function valueOfField(field: FieldSpec): fc.Arbitrary<FieldValue> {
  switch (field.type) {
    case 'enum':
      return fc.constantFrom(...field.values);
    case 'boolean':
      return fc.boolean();
    case 'number':
    case 'integer': {
      const { minimum = (field.maximum ?? 0) - 1_000, maximum = (field.minimum ?? 0) + 1_000 } = field;
      if (field.type === 'integer') return fc.integer({ min: minimum, max: maximum });
      return fc.double({ min: minimum, max: maximum, noNaN: true }).map((value) => value + 0);
    }
    case 'string':
      return fc
        .string({ unit: 'binary', maxLength: field.maxLength })
        .map((text) => [...text].slice(0, field.maxLength).join(''));
    case 'enums':
      return fc.subarray([...field.values]);
    case 'list':
      return fc.array(valuesOf(field.fields) as fc.Arbitrary<FieldItem>, { maxLength: field.maxItems });
    case 'json':
      return fc.jsonValue() as fc.Arbitrary<FieldValue>;
  }
}
