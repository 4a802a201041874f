import type { Model, ModelAnswer, ModelRequest } from '../../model/model.js';
import type { Prediction } from '../prediction.js';
import type { Prompt } from '../prompt/prompt.js';
import { labelProbabilities } from './label-probabilities.js';

/** When token probabilities are requested. */
export type ProbabilityRequest = 'always' | 'on request' | 'never';

/** How many of the likeliest tokens are requested at each place: the most that Ollama and OpenAI give. */
export const alternativesPerToken = 20;

/** What decides it. */
interface RequestOptions {
  readonly model: Model;
  readonly prompt: Prompt;
  /** What the user says; undefined: nothing. */
  readonly probabilities?: boolean | undefined;
}

/** A model that reads no prompt gives no token probabilities; free text has no place for a label. */
export function probabilityRequest({ model, prompt, probabilities }: RequestOptions): ProbabilityRequest {
  if (probabilities === false || prompt.output.format === 'text' || model.readsPrompt === false) return 'never';
  return (probabilities ?? prompt.output.probabilities ?? true) ? 'always' : 'on request';
}

/** A request as one call wants it. */
export function withProbabilities(request: ModelRequest, when: ProbabilityRequest, wanted = false): ModelRequest {
  return wanted && when === 'on request' ? { ...request, topLogprobs: alternativesPerToken } : request;
}

/** What an answer says of its confidence: the provider's own word comes before that of the tokens. */
export function judgeConfidence(
  label: string,
  { text, logprobs, confidence }: ModelAnswer,
  labels: readonly string[],
  format: Prompt['output']['format'],
): Pick<Prediction, 'confidence' | 'labelShares' | 'labelMass'> {
  const found = labelProbabilities({ text, logprobs, label, labels, format });
  const shares = found?.shares ?? null;
  return {
    confidence: confidence ?? shares?.[labels.indexOf(label)] ?? null,
    labelShares: shares,
    labelMass: found?.mass ?? null,
  };
}
