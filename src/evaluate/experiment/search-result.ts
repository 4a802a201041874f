import type { ProportionMetric } from './variant-result.js';

/** What a search for examples came to; names are those of `--json`. A row without an answer is a wrong one everywhere. */
export interface SearchResult {
  /** Of this form: counted up when a field changes its meaning. */
  readonly version: 1;
  readonly search: 'few-shot';
  readonly versions: Readonly<Record<string, string>>;
  readonly model: string;
  /** Name and hash of the prompt that examples were looked for. */
  readonly prompt: string;
  readonly labels: readonly string[];
  readonly seed: number;
  readonly examples_per_label: number;
  /** Rows of each part; no text is in two of them. */
  readonly rows: { readonly pool: number; readonly scored: number; readonly validation: number };
  /** All that were scored on the training half, the unchanged prompt among them, the best first. */
  readonly candidates: readonly CandidateResult[];
  /** Prompts that were measured on the validation half, the unchanged one included: each once. */
  readonly looks: number;
  readonly validation: readonly ValidationResult[];
  readonly winner: {
    readonly name: string;
    /** Name and hash. */
    readonly prompt: string;
    /** More right answers on the validation half than the unchanged prompt, be it by luck. */
    readonly better: boolean;
    /** The same, and the test claims it. */
    readonly significant: boolean;
    readonly sentence: string;
  };
  readonly duration_ms: number;
  readonly warnings: readonly string[];
}

/** One prompt on the rows of the training half that are scored. */
export interface CandidateResult {
  readonly name: string;
  readonly form: string;
  /** Name and hash. */
  readonly prompt: string;
  readonly accuracy: ProportionMetric;
  readonly failed: number;
  /** Whether it was compared on the validation half. */
  readonly finalist: boolean;
  readonly runs: readonly string[];
}

/** One prompt on the validation half. */
export interface ValidationResult {
  readonly name: string;
  readonly accuracy: ProportionMetric;
  readonly macro_f1: number | null;
  readonly failed: number;
  readonly runs: readonly string[];
  /** Against the unchanged prompt, on the same rows; null for that one itself. */
  readonly compared: {
    /** Share of right answers more than the unchanged prompt, with Tango's interval. */
    readonly difference: number;
    readonly lower: number;
    readonly upper: number;
    /** Exact test of McNemar. */
    readonly p_value: number;
    /** The same, corrected for the number of finalists (Holm). */
    readonly p_adjusted: number;
    readonly significant: boolean;
    readonly sentence: string;
  } | null;
}
