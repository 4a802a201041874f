import { basename } from 'node:path';
import type { PromptOptions } from '../../classify/prompt/prompt.js';
import { ChoraleError, defineErrors, type Remedy, renderRemedy } from '../../foundation/errors/chorale-error.js';

/** The grid of an experiment: every prompt with every model and every set of options. */
export interface ExperimentPlan {
  /** Names or paths for `loadPrompt`. */
  readonly prompts: readonly string[];
  /** Null: the provider's only model. */
  readonly models: readonly (string | null)[];
  /** Values to try of each option. @default those of the prompt */
  readonly options?: { readonly [Name in keyof PromptOptions]?: readonly number[] } | undefined;
}

/** One combination of the grid. */
export interface Variant {
  /** Short and unique: what differs between the variants, such as `smollm2:135m · temperature 0.7`. */
  readonly name: string;
  readonly prompt: string;
  readonly model: string | null;
  readonly options: PromptOptions;
}

/** Option names for people. The slowest to change comes first: a new context window makes servers reload the model. */
export const optionNames = {
  context_tokens: 'contextTokens',
  max_output_tokens: 'maxOutputTokens',
  temperature: 'temperature',
  seed: 'seed',
} as const satisfies Readonly<Record<string, keyof PromptOptions>>;

/**
 * The variants of a grid, model by model, since servers are slow to change models.
 * @throws ExperimentError if there is no variant, or a repeated one
 */
export function planVariants({ prompts, models, options = {} }: ExperimentPlan): readonly Variant[] {
  rejectRepeated('prompt', prompts);
  rejectRepeated('model', models.map(String));
  for (const [name, key] of Object.entries(optionNames)) rejectRepeated(`value of ${name}`, options[key] ?? [null]);
  const sets = optionSets(options);
  return models.flatMap((model) =>
    sets.flatMap((set) =>
      prompts.map((prompt) => {
        const parts = [
          ...(prompts.length > 1 ? [promptName(prompt, prompts)] : []),
          ...(models.length > 1 && model !== null ? [model] : []),
          ...namesOf(set, options),
        ];
        return { name: parts.join(' · ') || promptName(prompt, prompts), prompt, model, options: set };
      }),
    ),
  );
}

function rejectRepeated(what: string, values: readonly unknown[]): void {
  if (values.length === 0) throw new ExperimentError(`there is no ${what}`, 'an experiment needs at least one');
  const twice = values.find((value, index) => values.indexOf(value) < index);
  if (twice !== undefined) throw new ExperimentError(`the ${what} '${twice}' is given twice`, 'give it once');
}

/** The file name without extension, unless two prompts share it. */
function promptName(prompt: string, all: readonly string[]): string {
  const short = basename(prompt, '.prompt');
  return all.filter((other) => basename(other, '.prompt') === short).length > 1 ? prompt : short;
}

function optionSets(options: NonNullable<ExperimentPlan['options']>): readonly PromptOptions[] {
  let sets: readonly PromptOptions[] = [{}];
  for (const key of Object.values(optionNames)) {
    const values = options[key];
    if (values) sets = sets.flatMap((set) => values.map((value) => ({ ...set, [key]: value })));
  }
  return sets;
}

function namesOf(set: PromptOptions, options: NonNullable<ExperimentPlan['options']>): readonly string[] {
  return Object.entries(optionNames).flatMap(([name, key]) =>
    (options[key]?.length ?? 0) > 1 ? [`${name.replaceAll('_', ' ')} ${set[key]}`] : [],
  );
}

export const experimentErrors = defineErrors({
  CHORALE_EXPERIMENT: {
    exitCode: 2,
    retryable: false,
    summary: 'An experiment is impossible with these rows or variants.',
  },
});

declare module '../../foundation/errors/chorale-error.js' {
  interface ErrorCatalogue extends Readonly<typeof experimentErrors> {}
}

/** The experiment is impossible with these rows or variants. No request was sent. */
export class ExperimentError extends ChoraleError {
  readonly code = 'CHORALE_EXPERIMENT';
  constructor(
    readonly problem: string,
    readonly remedy: Remedy,
  ) {
    super(`${problem}; ${renderRemedy(remedy)}`);
  }
}
