import type { Explanation } from '../http/explanation.js';
import type { ModelRequest } from '../model.js';

/** Something in which a server, or a model on it, differs from the common form of the API. */
export type Quirk =
  | 'max_completion_tokens'
  | 'object_schema'
  | 'few_logprobs'
  | 'no_logprobs'
  | 'no_seed'
  | 'no_stream_options';

/** Alternatives per token that servers of a lower limit give. */
export const fewAlternatives = 5;

/** What has been found out about a server and model so far. */
export type Dialect = ReadonlySet<Quirk>;

/** A refusal of one question. */
export interface Refusal extends Explanation {
  /** HTTP status. */
  readonly status: number;
}

/** What is left to try after a refusal of a question that was sent in a dialect: empty where it is final. */
export function quirksIn(refusal: Refusal, dialect: Dialect, request: ModelRequest): Quirk[] {
  const found: Quirk[] = [];
  if (refusal.status === 400 || refusal.status === 422) {
    // vLLM names both where the limit is too high.
    const wantsOther = /max_completion_tokens.* instead|unsupported.*max_completion_tokens/i.test(refusal.problem);
    if (mentions(refusal, 'max_tokens') && wantsOther) found.push('max_completion_tokens');
    if (request.schema && request.schema.type !== 'object' && isAboutSchema(refusal)) found.push('object_schema');
    if (mentions(refusal, 'seed')) found.push('no_seed');
    if (mentions(refusal, 'stream_options')) found.push('no_stream_options');
  }
  // Reasoning models of OpenAI refuse them with 403.
  const mayRefuseLogprobs = [400, 403, 422].includes(refusal.status) && request.topLogprobs !== undefined;
  if (mayRefuseLogprobs && mentions(refusal, '(?:top_|max_)?logprobs')) {
    const fewer = isAboutTheirNumber(refusal) && (request.topLogprobs ?? 0) > fewAlternatives;
    found.push(fewer && !dialect.has('few_logprobs') ? 'few_logprobs' : 'no_logprobs');
  }
  return found.filter((quirk) => !dialect.has(quirk));
}

/** Whether a refusal is about the form of the answer. */
export function isAboutSchema(refusal: Refusal): boolean {
  return /response_format|json_schema|\bschema\b/i.test(`${refusal.param} ${refusal.problem}`);
}

/** Whether fewer alternatives per token would do: servers have limits of their own. */
function isAboutTheirNumber({ problem }: Refusal): boolean {
  return /\b(?:at most|max(?:imum)?|less than|greater than|between|range|exceeds?|up to|limit)\b|<=|≤/i.test(problem);
}

/** Whether a refusal names a parameter. */
export function mentions({ param, problem }: Refusal, name: string): boolean {
  return new RegExp(`(?<!\\w)${name}(?!\\w)`, 'i').test(param ?? problem);
}

/** What people should know of answers in a dialect; null when there is nothing. */
export function caveatOf(dialect: Dialect, isOllama: boolean): string | null {
  const caveats = [
    dialect.has('no_logprobs') ? 'the server gives no token probabilities for this model: there is no confidence' : '',
    dialect.has('no_seed') ? 'the server takes no seed: answers may differ from run to run' : '',
    isOllama
      ? 'this is an Ollama server, and its /v1 sets no context length and puts a completion prompt into the chat ' +
        "template of the model: the provider 'ollama' does neither"
      : '',
  ];
  return caveats.filter((caveat) => caveat !== '').join('; ') || null;
}
