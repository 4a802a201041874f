/** What to do with a text that does not fit into the context window: fail, cut it, or classify it in chunks. */
export const longStrategies = ['fail', 'head', 'tail', 'head-tail', 'split'] as const;

/** One of `longStrategies`. */
export type LongStrategy = (typeof longStrategies)[number];

/** The estimated length of the prompt of a text, in tokens. */
export interface PromptSize {
  /** More precise after the server has counted some prompts. */
  readonly promptTokens: number;
  /** The output budget. */
  readonly answerTokens: number;
  readonly contextTokens: number;
  /** Whether prompt and answer are expected to fit; true if the model reads no prompt. */
  readonly fits: boolean;
}

/** How a text that did not fit was handled. */
export interface LongHandling {
  readonly strategy: Exclude<LongStrategy, 'fail'>;
  /** Number of requests whose predictions are combined: 1 unless the text was split. */
  readonly parts: number;
  /** Share of the text's characters that the model got, 0 to 1. */
  readonly kept: number;
}
