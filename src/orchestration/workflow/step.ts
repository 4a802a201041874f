import type { PartialSettings } from './step-settings.js';

/** Whether a failed step lets the run go on: as it says itself, or (undefined) as its workflow says. */
export type Tolerance = boolean | undefined;

declare const types: unique symbol;

/**
 * A step of a workflow: a piece of work with an id. Made by `defineStep`.
 * It accepts an `Accepts`, gives a `Gives`, needs the outputs `Needs` of steps before it, and runs of input `RunInput`.
 */
export interface Step<
  Id extends string = string,
  Accepts = never,
  Gives = unknown,
  Tolerates extends Tolerance = Tolerance,
  Needs = never,
  RunInput = never,
> {
  readonly id: Id;
  /** For people; the id where none was given. */
  readonly name: string;
  /** The settings that the step was given; the others come from its workflow. */
  readonly settings: PartialSettings;
  /** Checks the input, runs, and checks the output; for the engine. */
  readonly execute: (context: WorkflowStepContext, input: unknown) => unknown;
  /** For the compiler only. */
  readonly [types]?: {
    readonly accepts: (value: Accepts) => void;
    readonly gives: Gives;
    readonly tolerates: Tolerates;
    readonly needs: (outputs: Needs) => void;
    readonly runInput: (value: RunInput) => void;
  };
}

/** Any step, whatever it accepts and gives. */
export type AnyStep = Step<string, never, unknown, Tolerance, never, never>;

/** Where a step writes what it wants people to know. The engine adds `workflow`, `runId`, `stepId` and `attempt`. */
export interface WorkflowLogger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The outputs of the steps that have completed. */
export interface StepOutputs<Outputs extends object = Record<string, unknown>> {
  /**
   * The output of a step, by its id or by the step itself.
   * @throws StepOutputError when that step failed, was skipped, has not completed or is not in the workflow; `cause` is
   * the failure of the step
   */
  get<K extends keyof Outputs & string>(step: K): Outputs[K];
  get<O>(step: Step<string, never, O, Tolerance, never, never>): O;
  /** Whether a step has completed. */
  has(step: string | Step<string, never, unknown, Tolerance, never, never>): boolean;
}

/**
 * Values that the steps of a run share. What a step changes is seen by the others, and recorded, when the step completes;
 * changes of a failed attempt are lost. Members of a group do not see each other's; the last to complete wins, key by key.
 */
export interface StepState {
  get(key: string): unknown;
  has(key: string): boolean;
  /** @param value JSON: a string, finite number, boolean, null, array or plain object */
  set(key: string, value: unknown): void;
  delete(key: string): void;
}

/** What a condition is told. It may take as long as one attempt of its step, and is not asked again when it fails. */
export interface ConditionContext<Outputs extends object = Record<string, unknown>, RunInput = unknown> {
  readonly runId: string;
  /** The input of the run. */
  readonly input: RunInput;
  readonly outputs: StepOutputs<Outputs>;
  /** Reading only. */
  readonly state: Pick<StepState, 'get' | 'has'>;
  /** Aborted when the condition takes too long, or the run is stopped. */
  readonly signal: AbortSignal;
}

/**
 * What a step is told besides its input. A step that says which outputs it needs gets them typed, and fits only into
 * workflows in which steps before it give them: `run: (context: WorkflowStepContext<{ fetch: Page }>, input: Text) => …`.
 */
export interface WorkflowStepContext<Outputs extends object = Record<string, unknown>, RunInput = unknown> {
  readonly runId: string;
  readonly stepId: string;
  /** 1-based. Begins anew when a run is resumed. */
  readonly attempt: number;
  /** The input of the run. */
  readonly input: RunInput;
  readonly logger: WorkflowLogger;
  readonly outputs: StepOutputs<Outputs>;
  readonly state: StepState;
  /** Aborted when the attempt takes too long, a sibling in its group failed, or the run is stopped. */
  readonly signal: AbortSignal;
}
