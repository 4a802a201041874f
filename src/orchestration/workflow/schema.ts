import { type Awaitable, isThenable } from '../awaitable.js';
import type { SchemaIssue } from './workflow-errors.js';

/** A schema of the Standard Schema interface (standardschema.dev), which zod, valibot, arktype and others implement. */
export interface StandardSchema<A, P> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<P> | Promise<StandardResult<P>>;
    readonly types?: { readonly input: A; readonly output: P } | undefined;
  };
}

type StandardResult<P> =
  | { readonly value: P; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema that answers as zod's `safeParse` does. */
export interface ParsingSchema<P> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: P } | { readonly success: false; readonly error: unknown };
}

/** What checks a value: it accepts `A` and gives `P`. */
export type Schema<A, P> = StandardSchema<A, P> | ParsingSchema<P>;

/** What a schema made of a value. */
export type Parsed<P> = { readonly value: P } | { readonly issues: readonly SchemaIssue[] };

/** Whether something has the shape of a schema. */
export function isSchema(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return '~standard' in value || ('safeParse' in value && typeof value.safeParse === 'function');
}

/** Checks a value. Answers at once where the schema does. */
export function parseWith<P>(schema: Schema<unknown, P>, value: unknown): Awaitable<Parsed<P>> {
  if (!('~standard' in schema)) return parseSafely(schema, value);
  const result = schema['~standard'].validate(value);
  return isThenable(result) ? Promise.resolve(result).then(readStandard) : readStandard(result);
}

function readStandard<P>(result: StandardResult<P>): Parsed<P> {
  if (result.issues === undefined) return { value: result.value };
  return { issues: result.issues.map(({ message, path = [] }) => ({ path: path.map(renderKey).join('.'), message })) };
}

function renderKey(key: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof key === 'object' ? key.key : key);
}

function parseSafely<P>(schema: ParsingSchema<P>, value: unknown): Parsed<P> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  return {
    issues: [{ path: '', message: result.error instanceof Error ? result.error.message : String(result.error) }],
  };
}
