import type { PartialSettings } from './step-settings.js';

/** Whether the run continues after a failure of the step; undefined: as its workflow says. */
export type Tolerance = boolean | undefined;

declare const types: unique symbol;

/**
 * A step of a workflow. Made by `defineStep`.
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
  /** For people. @default the id */
  readonly name: string;
  /** The settings of the step; the others come from its workflow. */
  readonly settings: PartialSettings;
  /** Checks the input, runs, and checks the output; of a map step: for one item. For the engine. */
  readonly execute: (context: WorkflowStepContext, input: unknown, index?: number) => unknown;
  /** Present in a map step; for the engine. */
  readonly map?: StepMap | undefined;
  /** For the compiler only. */
  readonly [types]?: {
    readonly accepts: (value: Accepts) => void;
    readonly gives: Gives;
    readonly tolerates: Tolerates;
    readonly needs: (outputs: Needs) => void;
    readonly runInput: (value: RunInput) => void;
  };
}

/** A step that accepts an `Accepts` in a run of input `RunInput` with the outputs `Needs`, whatever its id and output. */
export interface Accepting<Accepts, Needs, RunInput> {
  readonly [types]?: {
    readonly accepts: (value: Accepts) => void;
    readonly needs: (outputs: Needs) => void;
    readonly runInput: (value: RunInput) => void;
  };
}

/** How a map step runs its items. */
export interface StepMap {
  readonly items: (context: WorkflowStepContext, input: unknown) => unknown;
  readonly concurrency: number | undefined;
  readonly failFast: boolean;
}

/** Any step, whatever it accepts and gives. */
export type AnyStep = Step<string, never, unknown, Tolerance, never, never>;

/** The logger of a step. The engine adds `workflow`, `runId`, `stepId` and `attempt`. */
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
 * Values that the steps of a run share. The changes of a step are visible to the others, and recorded, when it completes;
 * those of a failed attempt are lost. Of a group, the last step to complete wins, key by key.
 */
export interface StepState {
  get(key: string): unknown;
  has(key: string): boolean;
  /** @param value JSON: a string, finite number, boolean, null, array or plain object; undefined removes the key */
  set(key: string, value: unknown): void;
  delete(key: string): void;
}

/** What a condition receives. It may take as long as one attempt of its step. A failed one is not retried. */
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
 * What a step receives besides its input. A step that declares the outputs that it needs gets them typed, and fits only
 * into workflows in which earlier steps give them: `run: (context: WorkflowStepContext<{ fetch: Page }>, input: Text) => …`.
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
  /**
   * Pauses the run until a person answers: `engine.resume(workflow, runId, { value })`. It ends the attempt by an error
   * that must not be caught. After the answer the step runs again from its beginning, and this call returns the answer;
   * calls before it return the answers they got. What the step changed in the state before is lost.
   * @param reason what is asked, for people
   * @param payload JSON that the person needs to see
   */
  pause<Answer = unknown>(reason: string, payload?: unknown): Answer;
  /** Aborted when the attempt takes too long, a sibling in its group failed, or the run is stopped. */
  readonly signal: AbortSignal;
}
