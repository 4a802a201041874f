import type { GenerationOptions, JsonSchema, ModelInput, ModelRequest } from '../model/model.js';
import type { Prompt } from './prompt/prompt.js';
import type { PromptRenderer } from './prompt/render-prompt.js';

/** What is the same in all questions of a run. */
type FixedRequest = Omit<ModelRequest, 'input' | 'subject'>;

/** Makes the questions of a run: for models that read no prompt it is rendered only where somebody wants to see it. */
export function requestMaker(
  fixed: FixedRequest,
  render: PromptRenderer,
  readsPrompt: boolean,
): (text: string) => ModelRequest {
  if (readsPrompt) return (text) => ({ ...fixed, input: render(text), subject: text });
  return (text) => new UnreadRequest(fixed, text, render);
}

class UnreadRequest implements ModelRequest {
  readonly labels: readonly string[];
  readonly options: GenerationOptions;
  readonly schema: JsonSchema | undefined;
  readonly topLogprobs: number | undefined;
  readonly #render: PromptRenderer;

  constructor(
    { labels, options, schema, topLogprobs }: FixedRequest,
    readonly subject: string,
    render: PromptRenderer,
  ) {
    this.labels = labels;
    this.options = options;
    this.schema = schema;
    this.topLogprobs = topLogprobs;
    this.#render = render;
  }

  get input(): ModelInput {
    return this.#render(this.subject);
  }
}

/** The same request with another seed, which is the next one. */
export function withNextSeed(request: ModelRequest): ModelRequest {
  const options = { ...request.options, seed: request.options.seed + 1 };
  // A getter of the prototype is no property that a spread would copy.
  return { ...request, input: request.input, options };
}

/** Room for the answer: the prompt's own limit, or more where other labels than the prompt's may need it. */
export function outputBudget(prompt: Prompt, labels: readonly string[]): number {
  const own = prompt.config.maxOutputTokens;
  if (labels.every((label) => prompt.labels.includes(label))) return own;
  const longest = Math.max(...labels.map((label) => Buffer.byteLength(label)));
  return Math.max(own, Math.ceil(longest / 2) + 4);
}
