import type { Awaitable } from '../awaitable.js';
import type { WorkflowRun } from './run-values.js';
import type { AnyStep, ConditionContext } from './step.js';
import type { PartialSettings } from './step-settings.js';

/** Decides between two steps, or whether one runs at all. */
export type Condition = (context: ConditionContext, input: unknown) => Awaitable<boolean>;

/** What runs together: one step, the members of a group, or one of two steps by a condition. */
export type Stage =
  | { readonly kind: 'steps'; readonly steps: readonly AnyStep[] }
  | {
      readonly kind: 'choice';
      readonly condition: Condition;
      readonly step: AnyStep;
      readonly otherwise: AnyStep | undefined;
    };

declare const types: unique symbol;

/** Steps in an order, ready to run in an engine. Made by `defineWorkflow`. */
export interface Workflow<Input = never, Output = unknown> {
  readonly id: string;
  readonly name: string;
  /** The settings of the workflow, for steps without their own. */
  readonly settings: PartialSettings;
  /** In the order in which they were added. */
  readonly stepIds: readonly string[];
  /** The structure as one line, as in `load > (a | b) > ?fix : skip`. A run is resumed only with the same one. */
  readonly shape: string;
  /**
   * The workflow as a Mermaid flowchart; with a run (of `engine.get`), the path taken and the status of each step.
   *
   * @example
   * console.log(workflow.toMermaid({ run: await engine.get(runId) }));
   */
  toMermaid(options?: { readonly run?: WorkflowRun | undefined }): string;
  /** What runs together, in order; for the engine. */
  readonly stages: readonly Stage[];
  /** For the compiler only. */
  readonly [types]?: { readonly accepts: (input: Input) => void; readonly gives: Output };
}

/** The steps of a stage, in order. */
export function stepsOf(stage: Stage): readonly AnyStep[] {
  if (stage.kind === 'steps') return stage.steps;
  return stage.otherwise ? [stage.step, stage.otherwise] : [stage.step];
}

export function renderShape(stages: readonly Stage[]): string {
  return stages.map(renderStage).join(' > ');
}

function renderStage(stage: Stage): string {
  const ids = stepsOf(stage).map(({ id, map }) => `${JSON.stringify(id)}${map ? '[]' : ''}`);
  if (stage.kind === 'choice') return `?${ids.join(' : ')}`;
  return ids.length === 1 ? ids.join() : `(${ids.join(' | ')})`;
}
