import type { Metric } from '../../foundation/statistics/metric-covariance.js';
import type { ReliabilityBin } from '../../foundation/statistics/probability-scores.js';
import type { Interval } from '../../foundation/statistics/proportions.js';

/** What the answers of several classifiers to the same rows come to, whatever gave them. */
export interface ComparisonResult {
  /** Confidence level of the intervals. */
  readonly confidence_level: number;
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
  /** The hundred rows with the most disagreement between variants. */
  readonly dividing_rows: readonly Disagreement[];
  /** Suspected label errors: several variants are confident of another label. */
  readonly doubtful_labels: readonly SuspectedLabelError[];
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

/** Metrics of the answers of one classifier. A failed row counts as wrong. */
export interface AnswerScores extends QualityMetrics {
  readonly name: string;
  /** Rows of the first round. */
  readonly rows: number;
  readonly answered: number;
  readonly failed: number;
  /** answered ÷ rows; null if there is no row. */
  readonly success_rate: number | null;
  /** The label of all answers, where it is one and the same: a constant classifier; null elsewhere. */
  readonly constant: string | null;
  /** The same metrics under the name that version 1 of the result has for them. */
  readonly failures_as_wrong: QualityMetrics;
  /** The metrics of the answered rows. */
  readonly answered_only: QualityMetrics;
  /** Rows by gold label (down) and answer (across), and the rows of each gold label without an answer. */
  readonly confusion: {
    readonly labels: readonly string[];
    readonly counts: readonly (readonly number[])[];
    readonly unanswered: readonly number[];
  };
  /** Metrics of the answers with a confidence. */
  readonly confidence: ConfidenceMetrics;
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
