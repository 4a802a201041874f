/** What becomes of a text that does not fit into the context: it fails, is cut, or is judged in parts. */
export const longStrategies = ['fail', 'head', 'tail', 'head-tail', 'split'] as const;

/** One of `longStrategies`. */
export type LongStrategy = (typeof longStrategies)[number];

/** About how long the prompt about a text is, in tokens. */
export interface PromptSize {
  /** Better once the server has counted some prompts. */
  readonly promptTokens: number;
  /** Room for the answer. */
  readonly answerTokens: number;
  readonly contextTokens: number;
  /** Whether prompt and answer are expected to fit; true where the model reads no prompt. */
  readonly fits: boolean;
}

/** What was done about a text that did not fit. */
export interface LongHandling {
  readonly strategy: Exclude<LongStrategy, 'fail'>;
  /** Questions that the answer is made of: 1 unless the text was split. */
  readonly parts: number;
  /** Share of the text's characters that the model was shown, 0 to 1. */
  readonly kept: number;
}
