import type { Model, ModelRequest } from '../model/model.js';
import { labelField } from './fields/field-spec.js';
import type { Prompt } from './prompt/prompt.js';
import { type PromptInput, readInput } from './prompt/prompt-input.js';
import type { PromptRenderer } from './prompt/render-prompt.js';

/** When token probabilities are requested. */
export type ProbabilityRequest = 'always' | 'on request' | 'never';

/** Alternatives requested per token: the most that Ollama and OpenAI give. */
export const alternativesPerToken = 20;

/**
 * Makes the requests of a run. For models that read no prompt, it is rendered only when it is read.
 * @param columns those that the prompt shows
 */
export function requestMaker(
  fixed: Omit<ModelRequest, 'input' | 'subject'>,
  render: PromptRenderer,
  columns: readonly string[],
  readsPrompt: boolean,
): (input: string | PromptInput) => ModelRequest {
  if (readsPrompt) {
    return (given) => {
      const { text, cells } = readInput(given, columns);
      return { ...fixed, input: render(text, cells), subject: text };
    };
  }
  return (given) => ({
    ...fixed,
    subject: readInput(given, []).text,
    get input() {
      const { text, cells } = readInput(given, columns);
      return render(text, cells);
    },
  });
}

export function withNextSeed(request: ModelRequest): ModelRequest {
  return { ...request, options: { ...request.options, seed: request.options.seed + 1 } };
}

/** The output budget of the prompt, or more if labels other than the prompt's may need it. */
export function outputBudget(prompt: Prompt, labels: readonly string[]): number {
  const own = prompt.config.maxOutputTokens;
  if (labels.every((label) => prompt.labels.includes(label))) return own;
  const longest = Math.max(...labels.map((label) => Buffer.byteLength(label)));
  const ofLabel = Math.ceil(longest / 2) + 4;
  return prompt.output.fields ? own + ofLabel : Math.max(own, ofLabel);
}

/**
 * When to request token probabilities. A model that reads no prompt gives none; free text has no place for a label, and some
 * answers with fields have no label.
 * @param wanted the setting of the user; undefined if there is none
 */
export function probabilityRequest(model: Model, prompt: Prompt, wanted: boolean | undefined): ProbabilityRequest {
  const hasNoLabel = prompt.output.fields !== undefined && labelField(prompt.output.fields) === undefined;
  if (hasNoLabel || wanted === false || prompt.output.format === 'text' || model.readsPrompt === false) return 'never';
  return (wanted ?? prompt.output.probabilities ?? true) ? 'always' : 'on request';
}

/** The request with the probabilities that one call wants. */
export function withProbabilities(request: ModelRequest, when: ProbabilityRequest, wanted = false): ModelRequest {
  return wanted && when === 'on request' ? { ...request, topLogprobs: alternativesPerToken } : request;
}
