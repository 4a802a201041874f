import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import { type Awaitable, isThenable } from '../awaitable.js';
import { requireFunction, requireObject, requireText } from '../require-option.js';
import type { Step, Tolerance, WorkflowStepContext } from './step.js';
import { type PartialSettings, readSettings, settingNames } from './step-settings.js';
import { type SchemaIssue, StepValidationError } from './workflow-errors.js';

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

/** A schema with a `safeParse` like zod's. */
export interface ParsingSchema<P> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: P } | { readonly success: false; readonly error: unknown };
}

/** Checks a value: it accepts `A` and gives `P`. */
export type Schema<A, P> = StandardSchema<A, P> | ParsingSchema<P>;

/** What `defineStep` takes. */
export interface WorkflowStepDefinition<Id extends string, P, R, A, O, C extends Tolerance, N extends object, I>
  extends Omit<PartialSettings, 'continueOnError'> {
  /** Unique in a workflow. */
  readonly id: Id;
  /** For people. @default the id */
  readonly name?: string | undefined;
  /** Checks the input, before each attempt: zod, or any other schema of the Standard Schema interface. */
  readonly input?: Schema<A, P> | undefined;
  /** Checks what `run` returns. */
  readonly output?: Schema<R, O> | undefined;
  /**
   * Does the work. It returns JSON or undefined, or a promise of it. It may run again when it failed, took too long, or
   * the process ended before its completion was recorded.
   */
  readonly run: (context: WorkflowStepContext<N, I>, input: P) => R | PromiseLike<R>;
  /** The run continues after a failure of the step, whose output is then missing. @default as the workflow says: false */
  readonly continueOnError?: C;
}

type AnyDefinition = WorkflowStepDefinition<string, unknown, unknown, unknown, unknown, Tolerance, object, unknown>;

const definitionNames: OptionNames<AnyDefinition> = {
  id: true,
  name: true,
  input: true,
  output: true,
  run: true,
  ...settingNames,
};

/**
 * Defines a step. Types are taken from the schemas, or from `run`.
 * @throws InvalidOptionError
 *
 * @example
 * const double = defineStep({ id: 'double', run: (_, n: number) => n * 2, retries: 0 });
 */
export function defineStep<
  const Id extends string,
  P,
  R = unknown,
  A = P,
  O = R,
  C extends Tolerance = undefined,
  N extends object = Record<string, unknown>,
  I = unknown,
>(
  definition: WorkflowStepDefinition<Id, P, R, A, O, C, N, I> & { readonly input: Schema<A, P> },
): Step<Id, NoInfer<A>, O, C, N, I>;
export function defineStep<
  const Id extends string,
  P = unknown,
  R = unknown,
  O = R,
  C extends Tolerance = undefined,
  N extends object = Record<string, unknown>,
  I = unknown,
>(
  definition: WorkflowStepDefinition<Id, P, R, P, O, C, N, I> & { readonly input?: undefined },
): Step<Id, P, O, C, N, I>;
export function defineStep<const Id extends string, P, R, A, O, C extends Tolerance, N extends object, I>(
  definition: WorkflowStepDefinition<Id, P, R, A, O, C, N, I>,
): Step<Id, A, O, C, N, I> {
  requireObject('definition', definition);
  requireKnown<object>('defineStep', definition, definitionNames);
  const { id, name = id, input, output, run } = definition;
  requireText('id of a step', id);
  requireText(`name of step '${id}'`, name);
  requireFunction(`run of step '${id}'`, run);
  // The engine handles values without types: the compiler has checked the signature above.
  const call = run as (context: WorkflowStepContext, input: unknown) => unknown;
  const accept = checkWith(id, 'input', input);
  const deliver = checkWith(id, 'output', output);
  return {
    id,
    name,
    settings: readSettings(`step '${id}'`, definition),
    execute: (context, value) =>
      then(
        then(accept(value), (accepted) => call(context, accepted)),
        deliver,
      ),
  };
}

/** @returns the check, which throws StepValidationError */
function checkWith(id: string, side: 'input' | 'output', schema: Schema<unknown, unknown> | undefined) {
  if (schema === undefined) return (value: unknown): unknown => value;
  if (!isSchema(schema)) {
    throw new InvalidOptionError(`${side} of step '${id}'`, "a schema (with '~standard' or safeParse)", schema);
  }
  const reject = (issues: readonly SchemaIssue[]) => {
    throw new StepValidationError(id, side, issues);
  };
  return (value: unknown): unknown => {
    if ('~standard' in schema) {
      return then(schema['~standard'].validate(value), (result) =>
        result.issues === undefined ? result.value : reject(result.issues.map(readIssue)),
      );
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    return reject([{ path: '', message: result.error instanceof Error ? result.error.message : String(result.error) }]);
  };
}

function isSchema(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return '~standard' in value || ('safeParse' in value && typeof value.safeParse === 'function');
}

function readIssue({ message, path = [] }: StandardIssue): SchemaIssue {
  return { path: path.map((key) => String(typeof key === 'object' ? key.key : key)).join('.'), message };
}

/** Continues at once where the value is there, so that a synchronous step costs no turn. */
function then<T>(value: Awaitable<T>, next: (value: T) => unknown): unknown {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value);
}
