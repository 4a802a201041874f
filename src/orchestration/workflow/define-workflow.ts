import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { requireKnown } from '../../foundation/known-options.js';
import { listNames } from '../../foundation/text/message-text.js';
import type { Awaitable } from '../awaitable.js';
import { requireFunction, requireObject, requireText } from '../require-option.js';
import type { Accepting, AnyStep, ConditionContext, Step, Tolerance } from './step.js';
import { type PartialSettings, readSettings, settingNames } from './step-settings.js';
import { type Condition, renderShape, type Stage, stepsOf, type Workflow } from './workflow.js';
import { renderWorkflow } from './workflow-chart.js';
import { WorkflowDefinitionError } from './workflow-errors.js';

/** What the next step receives: the output, or undefined if the run tolerates a failure of the step. */
type Delivered<O, C extends Tolerance, W extends boolean> = true extends (C extends undefined ? W : C)
  ? O | undefined
  : O;

type GivesOf<S> = S extends Step<string, never, infer O, Tolerance, never, never> ? O : never;
type TolerationOf<S> = S extends Step<string, never, unknown, infer C, never, never> ? C : never;
type AcceptsOf<S> = S extends Step<string, infer A, unknown, Tolerance, never, never> ? A : never;
type ById<S extends readonly AnyStep[]> = { readonly [T in S[number] as T['id']]: GivesOf<T> };

/** What comes out of a group: an object by step id, or, of a group of one, the output itself. */
type GroupOutput<S extends readonly AnyStep[], W extends boolean> = S extends readonly [infer Only]
  ? Delivered<GivesOf<Only>, TolerationOf<Only>, W>
  : { readonly [T in S[number] as T['id']]: Delivered<GivesOf<T>, TolerationOf<T>, W> };

/** The input that all members of a group accept. */
type GroupInput<S extends readonly AnyStep[]> = (
  { [K in keyof S]: (value: AcceptsOf<S[K]>) => void }[number] extends infer F
    ? F extends unknown
      ? (f: F) => void
      : never
    : never
) extends (f: infer All) => void
  ? All extends (value: infer Input) => void
    ? Input
    : never
  : never;

/** A workflow without steps. */
export interface WorkflowStart<W extends boolean> {
  /** Begins with a step; what it accepts is the input of the workflow. */
  thenStep<Id extends string, A, O, C extends Tolerance>(
    step: Step<Id, A, O, C, NoOutputs, A>,
  ): WorkflowBuilder<A, Delivered<O, C, W>, Record<Id, O>, W>;
  /** Begins with a group of steps, which run in parallel and receive the input of the workflow. */
  parallel<const S extends readonly FirstStep[]>(
    ...steps: S
  ): WorkflowBuilder<GroupInput<S>, GroupOutput<S, W>, ById<S>, W>;
  /** Begins with a step that runs when the condition holds; otherwise the input of the workflow passes to the next step. */
  thenStepIf<Id extends string, A, O, C extends Tolerance>(
    condition: (context: ConditionContext<NoOutputs, A>, input: A) => Awaitable<boolean>,
    step: Step<Id, A, O, C, NoOutputs, A>,
  ): WorkflowBuilder<A, Delivered<O, C, W> | A, Record<Id, O>, W>;
  /** Begins with two steps, of which the condition chooses one. */
  thenStepIf<Id extends string, A, O, C extends Tolerance, OtherId extends string, OtherO, OtherC extends Tolerance>(
    condition: (context: ConditionContext<NoOutputs, A>, input: A) => Awaitable<boolean>,
    step: Step<Id, A, O, C, NoOutputs, A>,
    otherwise: Step<OtherId, A, OtherO, OtherC, NoOutputs, A>,
  ): WorkflowBuilder<A, Delivered<O, C, W> | Delivered<OtherO, OtherC, W>, Record<Id, O> & Record<OtherId, OtherO>, W>;
}

type NoOutputs = Record<never, never>;
type FirstStep = Step<string, never, unknown, Tolerance, NoOutputs, never>;

/** A workflow under construction. `Current` is what the next step receives. Every call makes a new builder. */
export interface WorkflowBuilder<Input, Current, Outputs extends object, W extends boolean> {
  /** Adds a step. It must accept the output of the stage before it. */
  thenStep<Id extends string, O, C extends Tolerance>(
    step: Step<Id, Current, O, C, Outputs, Input>,
  ): WorkflowBuilder<Input, Delivered<O, C, W>, Outputs & Record<Id, O>, W>;
  /**
   * Adds a group of steps, which run in parallel on the same input. The next step receives their outputs by step id, or,
   * after a group of one, the output itself.
   */
  parallel<const S extends readonly AnyStep[]>(
    ...steps: { readonly [K in keyof S]: S[K] & Accepting<Current, Outputs, Input> }
  ): WorkflowBuilder<Input, GroupOutput<S, W>, Outputs & ById<S>, W>;
  /** Adds a step that runs when the condition holds; otherwise its input passes to the next step. */
  thenStepIf<Id extends string, O, C extends Tolerance>(
    condition: (context: ConditionContext<Outputs, Input>, input: Current) => Awaitable<boolean>,
    step: Step<Id, Current, O, C, Outputs, Input>,
  ): WorkflowBuilder<Input, Delivered<O, C, W> | Current, Outputs & Record<Id, O>, W>;
  /** Adds two steps, of which the condition chooses one. */
  thenStepIf<Id extends string, O, C extends Tolerance, OtherId extends string, OtherO, OtherC extends Tolerance>(
    condition: (context: ConditionContext<Outputs, Input>, input: Current) => Awaitable<boolean>,
    step: Step<Id, Current, O, C, Outputs, Input>,
    otherwise: Step<OtherId, Current, OtherO, OtherC, Outputs, Input>,
  ): WorkflowBuilder<
    Input,
    Delivered<O, C, W> | Delivered<OtherO, OtherC, W>,
    Outputs & Record<Id, O> & Record<OtherId, OtherO>,
    W
  >;
  /** Makes the workflow. */
  build(): Workflow<Input, Current>;
}

/** Settings for steps without their own; a missing one keeps its default. */
export interface WorkflowOptions<W extends boolean = boolean> extends Omit<PartialSettings, 'continueOnError'> {
  /** The run continues after the failure of a step, unless the step says otherwise. @default false */
  readonly continueOnError?: W | undefined;
}

/**
 * Begins a workflow. The compiler checks that each step accepts the output of the one before it.
 * @param id of the workflow; runs and events carry it
 * @param name for people; the id where none is given
 * @throws InvalidOptionError; `thenStep`, `parallel` and `thenStepIf` throw WorkflowDefinitionError
 *
 * @example
 * const workflow = defineWorkflow('sums', 'Two sums').thenStep(read).parallel(sum, product).thenStep(compare).build();
 */
export function defineWorkflow<W extends boolean = false>(
  id: string,
  name: string = id,
  options: WorkflowOptions<W> = {},
): WorkflowStart<W> {
  requireText('id of a workflow', id);
  requireText(`name of workflow '${id}'`, name);
  requireObject(`options of workflow '${id}'`, options);
  requireKnown(`workflow '${id}'`, options, settingNames);
  const settings = readSettings(`workflow '${id}'`, options);
  return createBuilder({ id, name, settings }, []) as unknown as WorkflowStart<W>;
}

type Head = Pick<Workflow, 'id' | 'name' | 'settings'>;

/** The builder without types: the compiler has checked the calls by the interfaces above. */
function createBuilder(head: Head, stages: readonly Stage[]) {
  const add = (stage: Stage) => {
    requireSteps(head.id, stages, stage);
    return createBuilder(head, [...stages, stage]);
  };
  return {
    thenStep: (step: AnyStep) => add({ kind: 'steps', steps: [step] }),
    parallel: (...steps: readonly AnyStep[]) => add({ kind: 'steps', steps }),
    thenStepIf(condition: Condition, step: AnyStep, otherwise?: AnyStep) {
      requireFunction(`condition before step '${step?.id}' of workflow '${head.id}'`, condition);
      return add({ kind: 'choice', condition, step, otherwise });
    },
    build: () => createWorkflow(head, stages),
  };
}

function createWorkflow(head: Head, stages: readonly Stage[]): Workflow {
  if (stages.length === 0) throw new WorkflowDefinitionError(head.id, 'it has no steps');
  const workflow: Workflow = {
    ...head,
    stages,
    stepIds: idsOf(stages),
    shape: renderShape(stages),
    toMermaid: (options = {}) => {
      requireKnown('toMermaid', options, { run: true });
      return renderWorkflow(workflow, options.run);
    },
  };
  return workflow;
}

function requireSteps(workflow: string, stages: readonly Stage[], stage: Stage): void {
  const steps = stepsOf(stage);
  if (steps.length === 0) throw new WorkflowDefinitionError(workflow, 'a parallel group must have a step');
  const taken = idsOf(stages);
  for (const step of steps) {
    if (typeof step?.execute !== 'function') {
      throw new InvalidOptionError(`step of workflow '${workflow}'`, 'made by defineStep', step);
    }
    if (taken.includes(step.id)) {
      const known = `the ids are: ${listNames(taken)}`;
      throw new WorkflowDefinitionError(workflow, `two steps have the id '${step.id}'; ${known}`);
    }
    taken.push(step.id);
  }
}

function idsOf(stages: readonly Stage[]): string[] {
  return stages.flatMap((stage) => stepsOf(stage).map(({ id }) => id));
}
