import type { FieldValues } from '../classify/fields/field-spec.js';

/** What became of a review. The keys and their order are those of the results file, which has the fields one by one. */
export type ReviewResult = {
  readonly index: number;
  readonly id: string;
  /** `skipped`: the text is blank; `cancelled`: it was in flight when the run was stopped. */
  readonly status: 'ok' | 'failed' | 'skipped' | 'cancelled' | 'not_started';
  /** One of the labels; null unless `ok`, and where no field of the prompt is the label. */
  readonly sentiment: string | null;
  /** 0 to 1; null if the provider gives no probabilities. */
  readonly confidence: number | null;
  readonly rationale: string | null;
  /** The values of the fields of the answer, null unless `ok`; not there if the prompt has no fields. */
  readonly fields?: FieldValues | null;
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
} as const satisfies Record<Exclude<keyof ReviewResult, 'fields'>, 'text' | 'integer' | 'number' | 'boolean'>;
