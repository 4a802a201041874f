import { type OptionNames, requireKnown } from '../../foundation/known-options.js';
import type { Awaitable } from '../awaitable.js';
import { requireBoolean, requireConcurrency, requireFunction, requireText } from '../require-option.js';
import type { Step, StepMap, Tolerance, WorkflowStepContext } from './step.js';
import { type PartialSettings, readSettings, settingNames } from './step-settings.js';
import type { RecordedFailure } from './workflow-store.js';

/** What became of one item of a map step with `failFast: false`. */
export type MapOutcome<R> =
  | { readonly status: 'ok'; readonly value: R }
  | { readonly status: 'failed'; readonly error: RecordedFailure };

/** What `defineMapStep` takes. Retries, their pauses and `timeoutMs` apply to each item. */
export interface MapStepDefinition<
  Id extends string,
  A,
  T,
  R,
  F extends boolean,
  C extends Tolerance,
  N extends object,
  I,
> extends Omit<PartialSettings, 'continueOnError'> {
  /** Unique in a workflow. */
  readonly id: Id;
  /** For people. @default the id */
  readonly name?: string | undefined;
  /** The list, made of the input of the step: an array of JSON. It is recorded before the first item runs. */
  readonly items: (input: A) => Awaitable<readonly T[]>;
  /**
   * Does the work of one item. It returns JSON or undefined, or a promise of it. An item whose result was recorded never
   * runs again; one that was in flight when the process ended does.
   */
  readonly run: (context: WorkflowStepContext<N, I>, item: T, index: number) => R | PromiseLike<R>;
  /** How many items run at once; Infinity for all. @default max(1, min(2 × CPUs, 16, items)) */
  readonly concurrency?: number | undefined;
  /**
   * The first item that fails stops the others and fails the step. Otherwise all items run, the output has an outcome per
   * item, and the step fails only if all items failed. @default true
   */
  readonly failFast?: F | undefined;
  /** The run continues after a failure of the step, whose output is then missing. @default as the workflow says: false */
  readonly continueOnError?: C;
}

type AnyMapDefinition = MapStepDefinition<string, unknown, unknown, unknown, boolean, Tolerance, object, unknown>;

const definitionNames: OptionNames<AnyMapDefinition> = {
  id: true,
  name: true,
  items: true,
  run: true,
  concurrency: true,
  failFast: true,
  ...settingNames,
};

/**
 * Defines a step over a list, which records the result of each item: a run whose process ended resumes with the items that
 * have no result. Its output has the results in the order of the list.
 * @throws InvalidOptionError
 *
 * @example
 * const lengths = defineMapStep({
 *   id: 'lengths',
 *   items: (text: string) => text.split(' '),
 *   run: (_, word) => word.length,
 *   concurrency: 4,
 * });
 */
export function defineMapStep<
  const Id extends string,
  A = unknown,
  T = unknown,
  R = unknown,
  F extends boolean = true,
  C extends Tolerance = undefined,
  N extends object = Record<string, unknown>,
  I = unknown,
>(
  definition: MapStepDefinition<Id, A, T, R, F, C, N, I>,
): Step<Id, A, F extends true ? R[] : MapOutcome<R>[], C, N, I> {
  requireKnown<object>('defineMapStep', definition, definitionNames);
  const { id, name = id, items, run, concurrency, failFast = true } = definition;
  requireText('id of a step', id);
  requireText(`name of step '${id}'`, name);
  requireFunction(`items of step '${id}'`, items);
  requireFunction(`run of step '${id}'`, run);
  requireBoolean(`failFast of step '${id}'`, failFast);
  if (concurrency !== undefined) requireConcurrency(concurrency, `concurrency of step '${id}'`);
  // The engine handles values without types: the compiler has checked the signature above.
  const list = items as (input: unknown) => unknown;
  const map: StepMap = { items: (_, input) => list(input), concurrency, failFast };
  const execute = run as Step['execute'];
  return { id, name, settings: readSettings(`step '${id}'`, definition), execute, map };
}
