/** What became of a review. The fields and their order are those of the results file. */
export type ReviewResult = {
  readonly index: number;
  readonly id: string;
  /** `skipped`: the text is blank; `cancelled`: it was in flight when the run was stopped. */
  readonly status: 'ok' | 'failed' | 'skipped' | 'cancelled' | 'not_started';
  /** One of the labels; null unless `ok`. */
  readonly sentiment: string | null;
  /** 0 to 1; null if the provider gives no probabilities. */
  readonly confidence: number | null;
  readonly rationale: string | null;
  readonly error_code: string | null;
  readonly error: string | null;
  /** Requests, 1 if the first server answered at once; 0 if this session made none. */
  readonly attempts: number;
  /** All attempts and pauses, in milliseconds. */
  readonly duration_ms: number;
  /** The prediction is that of an earlier session or run, or of the same text elsewhere in this run. */
  readonly cached: boolean;
  readonly provider: string;
  readonly model: string;
  /** Name and hash of the prompt. */
  readonly prompt: string;
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
};

/** The type of each field, in the order in which the fields are written. */
export const resultTypes = {
  index: 'integer',
  id: 'text',
  status: 'text',
  sentiment: 'text',
  confidence: 'number',
  rationale: 'text',
  error_code: 'text',
  error: 'text',
  attempts: 'integer',
  duration_ms: 'number',
  cached: 'boolean',
  provider: 'text',
  model: 'text',
  prompt: 'text',
  prompt_tokens: 'integer',
  completion_tokens: 'integer',
} as const satisfies Record<keyof ReviewResult, 'text' | 'integer' | 'number' | 'boolean'>;
