import type { FailureCount } from '../../analysis/summary.js';
import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import type { ReliabilityBin } from '../../foundation/statistics/probability-scores.js';
import type { Interval } from '../../foundation/statistics/proportions.js';
import type { RepeatedSample } from './repeated-sample.js';
import type { LatencyMetrics, SpeedMetrics } from './speed-metrics.js';

/**
 * The result of an experiment: the data of tables, JSON, Markdown and JUnit. Field names are those of the JSON output;
 * proportions are from 0 to 1, times in milliseconds.
 */
export interface ExperimentResult {
  /** Version of this format: grows when a field changes its meaning. */
  readonly version: 2;
  /** Versions of what was used, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly data: DataMetrics;
  readonly repeats: number;
  /** Confidence level of the intervals. */
  readonly confidence_level: number;
  /** In the order of the grid, including unavailable variants. */
  readonly variants: readonly VariantResult[];
  /** The metric that decides on the best variant, the pairs and the Pareto fronts. Failed rows count as wrong. */
  readonly criterion: Metric;
  /** Why this metric. */
  readonly criterion_reason: string;
  /** Every pair of measured variants. */
  readonly pairs: readonly PairResult[];
  /** The best variant, and those without a significant difference from it; empty if none was measured. */
  readonly best: readonly string[];
  /** The best variant's value, corrected for its selection; null if fewer than two were measured. */
  readonly best_adjusted: AdjustedBest | null;
  /** Variants that no other variant dominates, in the criterion or in macro-F1. */
  readonly pareto: {
    readonly criterion_and_speed: readonly string[];
    readonly criterion_and_tokens: readonly string[];
    readonly macro_f1_and_speed: readonly string[];
    readonly macro_f1_and_tokens: readonly string[];
  };
  /** The hundred rows with the most disagreement between variants. */
  readonly dividing_rows: readonly Disagreement[];
  /** Suspected label errors: several variants are confident of another label. */
  readonly doubtful_labels: readonly SuspectedLabelError[];
  readonly duration_ms: number;
  readonly warnings: readonly string[];
}

/** The criterion's value of the variant that was selected as the best. */
export interface AdjustedBest {
  readonly variant: string;
  /** Measured variants. */
  readonly variants: number;
  /** Median unbiased. */
  readonly value: number;
  /** Interval that holds the true value with the confidence level, though the variant was selected by these rows. */
  readonly lower: number;
  readonly upper: number;
}

/** The rows that all variants classify. */
export interface DataMetrics {
  /** Absolute paths; empty without a record. */
  readonly names: readonly string[];
  /** SHA-256 of the contents, in hex; null without a record. */
  readonly digest: string | null;
  readonly rows: number;
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

/** A row and the answers of every variant in the first round; null if one failed. */
export interface Disagreement {
  readonly index: number;
  readonly id: string;
  readonly expected: string;
  /** Share of the pairs of variants that disagree. */
  readonly division: number;
  readonly answers: Readonly<Record<string, string | null>>;
}

/** A row whose label may be wrong. */
export interface SuspectedLabelError {
  readonly index: number;
  readonly id: string;
  readonly expected: string;
  /** The label that the variants answered. */
  readonly answered: string;
  /** The variants that are confident of it. */
  readonly variants: readonly string[];
  readonly mean_confidence: number;
}

/** A proportion with its interval. */
export interface ProportionMetric {
  /** Null if there is no row. */
  readonly value: number | null;
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
}

/** Agreement of the answers with the gold labels; null if a metric is 0 ÷ 0. */
export interface QualityMetrics {
  /** Wilson's interval. */
  readonly accuracy: ProportionMetric;
  readonly macro_f1: number | null;
  readonly macro_f1_interval: Interval;
  /** The accuracy of always answering with the most frequent label. */
  readonly majority_baseline: number | null;
  readonly weighted_f1: number | null;
  readonly balanced_accuracy: number | null;
  /** Cohen's κ. */
  readonly kappa: number | null;
  /** Matthews correlation. */
  readonly mcc: number | null;
  readonly classes: Readonly<Record<string, ClassMetrics>>;
}

/** Metrics of one label; 0 if the denominator is 0. */
export interface ClassMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Rows of this label. */
  readonly support: number;
  /** Rows answered with it. */
  readonly predicted: number;
}

/**
 * Metrics of one variant. Quality is that of the first round; repeats only measure stability. Times cover the requests of
 * all sessions of the same runs.
 */
export interface VariantResult extends QualityMetrics {
  readonly name: string;
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
  /** Rows of the first round. */
  readonly rows: number;
  readonly answered: number;
  readonly failed: number;
  /** answered ÷ rows; null if the variant could not be measured. */
  readonly success_rate: number | null;
  /** Cached answers of all repeats. */
  readonly cached: number;
  /** The label of all answers, where it is one and the same: a constant classifier; null elsewhere. */
  readonly constant: string | null;
  /** The same metrics with failed rows as wrong, by which variants are compared; the plain metrics exclude failed rows. */
  readonly failures_as_wrong: QualityMetrics;
  /** Rows by gold label (down) and answer (across), and the rows of each gold label without an answer. */
  readonly confusion: {
    readonly labels: readonly string[];
    readonly counts: readonly (readonly number[])[];
    readonly unanswered: readonly number[];
  };
  /** Metrics of the answers with a confidence. */
  readonly confidence: ConfidenceMetrics;
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

/** Quality of the confidences; null if no answer has one. */
export interface ConfidenceMetrics {
  /** Answers with a confidence. */
  readonly answers: number;
  readonly mean: number | null;
  /** Of all label probabilities; 0 to 1 with two labels, else 0 to 2. */
  readonly brier: number | null;
  /** Of all label probabilities, natural logarithm. */
  readonly log_loss: number | null;
  /** Over ten bins of equal width. */
  readonly expected_calibration_error: number | null;
  /** At the confidence level of the experiment. */
  readonly calibration_error_interval: { readonly lower: number | null; readonly upper: number | null };
  /** What a perfectly calibrated model shows with these confidences: on average, and at most with that probability. */
  readonly calibration_error_if_perfect: { readonly mean: number | null; readonly upper: number | null };
  /** Probability that a right answer has a higher confidence than a wrong one. */
  readonly area_under_roc: number | null;
  readonly area_under_risk_coverage: number | null;
  /** Error rate (`risk`) of the most confident answers (`coverage`, a proportion of all). */
  readonly risk_coverage: readonly { readonly coverage: number; readonly risk: number }[];
  readonly reliability: readonly ReliabilityBin[];
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

/** Two variants on the same rows. A row without an answer counts as wrong. Differences are a − b. */
export interface PairResult extends PairedOutcomeCounts {
  readonly a: string;
  readonly b: string;
  readonly accuracy: PairedDifference;
  readonly macro_f1: PairedDifference;
  /** By the criterion of the experiment, of this pair alone. */
  readonly p_value: number;
  /** Adjusted for the number of pairs (single-step max-T). */
  readonly p_adjusted: number;
  /** By the criterion: exactly where the interval of the difference excludes 0. */
  readonly significant: boolean;
  /** The accuracies once more, in short. */
  readonly failures_as_wrong: {
    readonly only_a_right: number;
    readonly only_b_right: number;
    readonly p_value: number;
    readonly p_adjusted: number;
    readonly significant: boolean;
  };
  /** Without the rows that one of the two failed on. Neither the best variant nor a condition depends on it. */
  readonly both_answered: BothAnswered;
  /** only_a_right ÷ only_b_right; null if only_b_right is 0. */
  readonly odds_ratio: number | null;
  /**
   * Rows with which a difference of 3 points of accuracy is detected in 80 % of the cases, at the level of one of as
   * many pairs.
   */
  readonly rows_needed: number;
  /** The same at the ends of the 95 % interval of the discordance. */
  readonly rows_needed_interval: Interval;
  readonly sentence: string;
}

/** Rows of two variants by which of the two is right. */
export interface PairedOutcomeCounts {
  /** Rows compared. */
  readonly rows: number;
  readonly both_right: number;
  readonly only_a_right: number;
  readonly only_b_right: number;
  readonly both_wrong: number;
}

/** Two variants on the rows that both answered; null if there is none. */
export interface BothAnswered extends PairedOutcomeCounts {
  readonly accuracy: PairedDifference | null;
  readonly macro_f1: PairedDifference | null;
}

/** One metric of two variants, and a − b. */
export interface PairedDifference {
  readonly a: number;
  readonly b: number;
  readonly difference: number;
  /** Simultaneous interval: those of all pairs hold the true differences at once, with the confidence level. */
  readonly lower: number;
  readonly upper: number;
  readonly p_value: number;
  readonly p_adjusted: number;
  /** Exactly where the interval excludes 0. */
  readonly significant: boolean;
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
