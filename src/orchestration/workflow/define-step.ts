import { InvalidOptionError } from '../../foundation/errors/common-errors.js';
import { type Awaitable, isThenable } from '../awaitable.js';
import { requireFunction, requireObject, requireText } from '../require-option.js';
import { isSchema, type Parsed, parseWith, type Schema } from './schema.js';
import type { Step, Tolerance, WorkflowStepContext } from './step.js';
import { type PartialSettings, readSettings } from './step-settings.js';
import { StepValidationError } from './workflow-errors.js';

/** What `defineStep` takes. */
export interface WorkflowStepDefinition<Id extends string, P, R, A, O, C extends Tolerance, N extends object, I>
  extends Omit<PartialSettings, 'continueOnError'> {
  /** Unique in a workflow. */
  readonly id: Id;
  /** For people. @default the id */
  readonly name?: string | undefined;
  /** Checks what comes in, before each attempt: zod, or any other schema of the Standard Schema interface. */
  readonly input?: Schema<A, P> | undefined;
  /** Checks what `run` returns. */
  readonly output?: Schema<R, O> | undefined;
  /**
   * Does the work. It may return a value or a promise, throw or reject. What it returns must be JSON, or undefined.
   * It may run again when it failed, took too long, or the process ended before its completion was recorded.
   */
  readonly run: (context: WorkflowStepContext<N, I>, input: P) => R | PromiseLike<R>;
  /** The run goes on when the step has failed; its output is missing then. @default as the workflow says: false */
  readonly continueOnError?: C;
}

/**
 * Defines a step. Types are taken from the schemas, or from `run`.
 * @throws InvalidOptionError
 *
 * @example
 * const double = defineStep({ id: 'double', run: (_, n: number) => n * 2, retries: 0 });
 */
export function defineStep<
  const Id extends string,
  P = unknown,
  R = unknown,
  A = P,
  O = R,
  C extends Tolerance = undefined,
  N extends object = Record<string, unknown>,
  I = unknown,
>(definition: WorkflowStepDefinition<Id, P, R, A, O, C, N, I>): Step<Id, A, O, C, N, I> {
  requireObject('definition', definition);
  const { id, name = id, input, output, run } = definition;
  requireText('id of a step', id);
  requireText(`name of step '${id}'`, name);
  requireFunction(`run of step '${id}'`, run);
  requireSchema(id, 'input', input);
  requireSchema(id, 'output', output);
  // Inside, values have no types: what the compiler has checked stands in the signature.
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

function requireSchema(id: string, side: string, schema: unknown): void {
  if (schema === undefined || isSchema(schema)) return;
  throw new InvalidOptionError(`${side} of step '${id}'`, "a schema (with '~standard' or safeParse)", schema);
}

function checkWith(id: string, side: 'input' | 'output', schema: Schema<unknown, unknown> | undefined) {
  if (schema === undefined) return (value: unknown): unknown => value;
  const read = (parsed: Parsed<unknown>): unknown => {
    if ('value' in parsed) return parsed.value;
    throw new StepValidationError(id, side, parsed.issues);
  };
  return (value: unknown): unknown => then(parseWith(schema, value), read);
}

/** Goes on at once where the value is there, so that a step that does not wait costs no turn. */
function then<T>(value: Awaitable<T>, next: (value: T) => unknown): unknown {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value);
}
