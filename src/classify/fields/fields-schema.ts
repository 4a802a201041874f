import * as z from 'zod';
import { plural } from '../../foundation/text/message-text.js';
import { labelSchema } from '../labels.js';
import { type FieldSpec, fieldDefaults, type ScalarField } from './field-spec.js';

/**
 * Names that no field may have: those of the columns that chorale writes for each review. The label may be called `sentiment`: it is that column.
 */
export const reservedNames: readonly string[] = [
  'index',
  'id',
  'status',
  'sentiment',
  'confidence',
  'rationale',
  'error_code',
  'error',
  'attempts',
  'duration_ms',
  'cached',
  'provider',
  'model',
  'prompt',
  'prompt_tokens',
  'completion_tokens',
  'input',
  'expected',
];

const longestName = 40;

const described = {
  description: z.string().trim().min(1, 'may not be empty').optional(),
  /** Known to every type, so that the message says what is wrong. */
  label: z.boolean().default(false),
};

const bounded = (bound: z.ZodNumber) => ({ minimum: bound.optional(), maximum: bound.optional() });

/** Values that can be told apart. */
function valuesSchema(least: number) {
  return z
    .array(labelSchema, 'must be a list of values')
    .min(least, `there must be at least ${plural(least, 'value')}`)
    .refine(
      (all) => new Set(all.map((one) => one.toLowerCase())).size === all.length,
      'values must differ, case aside',
    );
}

const scalarSchemas = [
  z.strictObject({ type: z.literal('enum'), values: valuesSchema(2), ...described }),
  z.strictObject({ type: z.literal('boolean'), ...described }),
  z.strictObject({ type: z.literal('number'), ...bounded(z.number()), ...described }),
  z.strictObject({ type: z.literal('integer'), ...bounded(z.int()), ...described }),
  z.strictObject({
    type: z.literal('string'),
    maxLength: z.int().min(1).max(10_000).default(fieldDefaults.maxLength),
    ...described,
  }),
] as const;

const scalarTypes = ['enum', 'boolean', 'number', 'integer', 'string'];
const allTypes = [...scalarTypes, 'enums', 'list'];

type Scalar = z.infer<(typeof scalarSchemas)[number]>;

const scalarSchema = z.discriminatedUnion('type', scalarSchemas, {
  error: ({ input }) =>
    isListType(input)
      ? `lists do not nest: a field of a list is one of ${scalarTypes.join(', ')}`
      : `type must be one of ${scalarTypes.join(', ')}`,
});

function isListType(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'type' in input && ['list', 'enums'].includes(`${input.type}`);
}

/** A map by name. The one name that a record would drop is kept, for the message about names. */
function mapOf<T extends z.ZodType>(schema: T) {
  const record = z.record(z.string(), schema, 'must be a map of names to fields');
  return z.preprocess((map) => {
    if (typeof map !== 'object' || map === null || !Object.hasOwn(map, '__proto__')) return map;
    return Object.fromEntries(
      Object.entries(map).map(([name, field]) => [name.replace('__proto__', '"__proto__"'), field]),
    );
  }, record);
}

const fieldSchema = z.discriminatedUnion(
  'type',
  [
    ...scalarSchemas,
    z.strictObject({ type: z.literal('enums'), values: valuesSchema(1), ...described }),
    z.strictObject({
      type: z.literal('list'),
      fields: mapOf(scalarSchema)
        .superRefine((map, context) => checkFields(map, context, true))
        .transform(nameScalars),
      maxItems: z.int().min(1).max(1_000).default(fieldDefaults.maxItems),
      ...described,
    }),
  ],
  { error: () => `type must be one of ${allTypes.join(', ')}` },
);

/** `output.fields` of the front matter: a map, whose order is that of the answer. */
export const fieldsSchema = mapOf(fieldSchema)
  .superRefine((map, context) => checkFields(map, context, false))
  .transform(nameFields);

/** What the front matter says of any field. */
interface FieldEntry {
  readonly type: FieldSpec['type'];
  readonly label: boolean;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

/** Reports what is wrong with fields beside their form. */
function checkFields(map: Readonly<Record<string, FieldEntry>>, context: z.RefinementCtx, isItem: boolean): void {
  const report = (message: string, ...path: readonly string[]) => {
    context.addIssue({ code: 'custom', message, path: [...path], input: map });
  };
  const entries = Object.entries(map);
  if (entries.length === 0) report('there must be at least one field');
  for (const [name, field] of entries) {
    const problem = nameProblem(name, isItem, field.label) ?? labelFault(field, isItem) ?? boundsProblem(field);
    if (problem !== undefined) report(problem, name);
  }
  const labels = entries.filter(([, { label }]) => label).map(([name]) => name);
  if (labels.length > 1) report(`only one field can be the label, not ${labels.join(' and ')}`);
}

/** What is wrong with the name of a field; undefined if nothing is. */
export function nameProblem(name: string, isItem: boolean, isLabel: boolean): string | undefined {
  if (!/^[a-z][a-z0-9_]*$/.test(name) || name.length > longestName || name === 'constructor') {
    return `a name begins with a letter a–z and has only a–z, 0–9 and _, at most ${longestName} of them`;
  }
  if (isItem || !reservedNames.includes(name) || (isLabel && name === 'sentiment')) return undefined;
  const hint = name === 'sentiment' ? ', unless it is the label' : '';
  return `chorale has a column of this name; take another name${hint}`;
}

function labelFault({ type, label }: FieldEntry, isItem: boolean): string | undefined {
  if (!label) return undefined;
  if (isItem) return 'a field of a list cannot be the label';
  return type === 'enum' ? undefined : `only a field of type enum can be the label, not ${type}`;
}

function boundsProblem({ minimum, maximum }: FieldEntry): string | undefined {
  if (minimum === undefined || maximum === undefined || minimum <= maximum) return undefined;
  return `minimum ${minimum} is above maximum ${maximum}`;
}

function nameScalars(map: Readonly<Record<string, Scalar>>): readonly ScalarField[] {
  return Object.entries(map).map(([name, field]) => nameScalar(name, field));
}

function nameScalar(name: string, { label, ...field }: Scalar): ScalarField {
  return field.type === 'enum' ? { name, ...field, label } : { name, ...field };
}

function nameFields(map: Readonly<Record<string, z.infer<typeof fieldSchema>>>): readonly FieldSpec[] {
  return Object.entries(map).map(([name, field]): FieldSpec => {
    if (field.type !== 'enums' && field.type !== 'list') return nameScalar(name, field);
    const { label: _, ...rest } = field;
    return { name, ...rest };
  });
}
