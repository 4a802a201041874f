import type { FailureCount } from '../../analysis/summary.js';
import type { AnswerScores, ComparisonResult } from './comparison-result.js';
import type { RepeatedSample } from './repeated-sample.js';
import type { LatencyMetrics, SpeedMetrics } from './speed-metrics.js';

/**
 * The result of an experiment: the data of tables, JSON, Markdown and JUnit. Field names are those of the JSON output;
 * proportions are from 0 to 1, times in milliseconds.
 */
export interface ExperimentResult extends ComparisonResult {
  /** Version of this format: grows when a field changes its meaning. */
  readonly version: 2;
  /** Versions of what was used, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly data: DataMetrics;
  readonly repeats: number;
  /** In the order of the grid, including unavailable variants. */
  readonly variants: readonly VariantResult[];
  /** Variants that no other variant dominates, in the criterion or in macro-F1. */
  readonly pareto: {
    readonly criterion_and_speed: readonly string[];
    readonly criterion_and_tokens: readonly string[];
    readonly macro_f1_and_speed: readonly string[];
    readonly macro_f1_and_tokens: readonly string[];
  };
  readonly duration_ms: number;
  readonly warnings: readonly string[];
}

/** The rows that all variants classify. */
export interface DataMetrics {
  /** Absolute paths; empty without a record. */
  readonly names: readonly string[];
  /** SHA-256 of the contents, in hex; null without a record. */
  readonly digest: string | null;
  readonly rows: number;
  /** The field that the labels are values of; not there for the label. */
  readonly field?: string;
  readonly labels: readonly string[];
  readonly label_counts: Readonly<Record<string, number>>;
  readonly limit: number | null;
  readonly split: string | null;
  readonly sample: number | null;
  readonly seed: number | null;
  readonly left_out: { readonly unlabelled: number; readonly blank: number; readonly unreadable: number };
  /** Duplicates: rows whose text an earlier row has. */
  readonly copies: number;
}

/**
 * Metrics of one variant. Quality is that of the first round; repeats only measure stability. Times cover the requests of
 * all sessions of the same runs.
 */
export interface VariantResult extends AnswerScores {
  readonly provider: string;
  readonly model: string;
  /** Name and hash of the prompt. */
  readonly prompt: string;
  /** Null if the server does not report it. */
  readonly server_version: string | null;
  /** Digest of the weights; null if the server does not report it. */
  readonly model_digest: string | null;
  /** Options that the experiment sets. */
  readonly options: Readonly<Record<string, number>>;
  /** Ids of the recorded runs, by repeat. */
  readonly runs: readonly string[];
  /** Why the variant could not be measured; null if it was. */
  readonly problem: { readonly code: string; readonly message: string } | null;
  /** Cached answers of all repeats. */
  readonly cached: number;
  /** Null without repeats. */
  readonly stability: StabilityMetrics | null;
  /** Null with repeats, if it is switched off, and for models that read no prompt. */
  readonly repeated_sample: RepeatedSample | null;
  /** Of the answered requests; null if all answers were cached. */
  readonly latency_ms: LatencyMetrics;
  /** Answered requests ÷ the time of their blocks. */
  readonly reviews_per_second: number | null;
  readonly speed: SpeedMetrics;
  /** Of all answers, including cached ones; null if the server does not count. */
  readonly tokens: {
    readonly prompt: number | null;
    readonly completion: number | null;
    /** Prompt and completion. */
    readonly per_review: number | null;
  };
  /** Null if the price of the model is not known. */
  readonly cost: { readonly per_1000_reviews: number; readonly currency: string } | null;
  readonly errors: readonly FailureCount[];
}

/** How answers vary between repeats. A row without an answer counts as wrong. */
export interface StabilityMetrics {
  readonly repeats: number;
  /** Rows whose answers are not all the same. */
  readonly changed: number;
  readonly changed_share: number | null;
  /** Over all repeats. */
  readonly mean_accuracy: number | null;
  /** Proportion of rows that are right in every repeat. */
  readonly all_right_share: number | null;
  /** By repeat. */
  readonly accuracies: readonly (number | null)[];
  /** Of the mean accuracy: from the sample of rows, and from the model's randomness. */
  readonly variance: { readonly total: number | null; readonly sampling: number | null; readonly model: number | null };
}

/** A prompt and the reference on the same rows. A row without an answer counts as wrong. */
export interface ReferenceComparison {
  /** Accuracy above that of the reference, with Tango's interval, simultaneous for all prompts. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  /** McNemar's mid-p test. */
  readonly p_value: number;
  /** Adjusted for the number of prompts (single-step max-T). */
  readonly p_adjusted: number;
  readonly significant: boolean;
  readonly sentence: string;
}

/** A condition on one variant, and whether it is met. */
export interface Check {
  readonly variant: string;
  /** Whether the condition limits failures: where it is met, failures of the variant are accepted. */
  readonly acceptsFailures?: boolean;
  readonly name: string;
  /** Why the condition is not met, in one line; null if it is met. */
  readonly missed: string | null;
}

/** Whether a variant has conditions that limit failures, and meets all of them. */
export function acceptsFailures(checks: readonly Check[], variant: string): boolean {
  const own = checks.filter((check) => check.variant === variant && check.acceptsFailures);
  return own.length > 0 && own.every(({ missed }) => missed === null);
}
