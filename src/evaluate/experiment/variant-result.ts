import type { FailureCount } from '../../analysis/summary.js';
import type { ReliabilityBin } from '../../foundation/statistics/probability-scores.js';
import type { Interval } from '../../foundation/statistics/proportions.js';

/** A share with its interval. */
export interface ProportionMetric {
  /** Null where there is no row. */
  readonly value: number | null;
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
}

/** How well the answers agree with the labels; null where a figure is 0 ÷ 0. */
export interface QualityMetrics {
  /** Wilson's interval. */
  readonly accuracy: ProportionMetric;
  readonly macro_f1: number | null;
  readonly macro_f1_interval: Interval;
  /** The accuracy of always answering with the most frequent label. */
  readonly majority_baseline: number | null;
  readonly weighted_f1: number | null;
  readonly balanced_accuracy: number | null;
  /** Cohen's. */
  readonly kappa: number | null;
  /** Matthews correlation. */
  readonly mcc: number | null;
  readonly classes: Readonly<Record<string, ClassMetrics>>;
}

/** How well one label is told from the others; 0 where there is nothing to divide by. */
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
 * Figures of one variant. Quality is that of the first answers: a repeat tells how stable they are, it is no further row.
 * Times are of the answers that were asked for, in this session or in an earlier one of the same runs.
 */
export interface VariantResult extends QualityMetrics {
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  /** Name and hash of the prompt. */
  readonly prompt: string;
  /** Null where the server does not tell. */
  readonly server_version: string | null;
  /** Of the weights; null where the server does not tell. */
  readonly model_digest: string | null;
  /** Those that the experiment sets, by their names in `--option`. */
  readonly options: Readonly<Record<string, number>>;
  /** Ids of the recorded runs, repeat by repeat. */
  readonly runs: readonly string[];
  /** Why it could not be asked; null where it could. Its figures are then those of no row. */
  readonly problem: { readonly code: string; readonly message: string } | null;
  /** Rows asked, each once, and what became of them. */
  readonly rows: number;
  readonly answered: number;
  readonly failed: number;
  /** answered ÷ rows; null where it could not be asked. */
  readonly success_rate: number | null;
  /** Answers of all repeats that were there already. */
  readonly cached: number;
  /** The same figures where a row without an answer is a wrong one; the plain ones leave it out. */
  readonly failures_as_wrong: QualityMetrics;
  /** Rows by label (down) and answer (across), in the order of the labels, and those of each label without an answer. */
  readonly confusion: {
    readonly labels: readonly string[];
    readonly counts: readonly (readonly number[])[];
    readonly unanswered: readonly number[];
  };
  /** Of the answers that have a confidence. */
  readonly confidence: ConfidenceMetrics;
  /** Where every row was asked more than once. */
  readonly stability: StabilityMetrics | null;
  /** Null where nobody was asked: all answers were those of other runs. */
  readonly latency_ms: { readonly mean: number | null; readonly p50: number | null; readonly p95: number | null };
  readonly reviews_per_second: number | null;
  /** Of all answers, those that were there already included; null where the server does not count. */
  readonly tokens: {
    readonly prompt: number | null;
    readonly completion: number | null;
    /** Of both. */
    readonly per_review: number | null;
  };
  /** Where a price of the model is known: of a thousand reviews. */
  readonly cost: { readonly per_1000_reviews: number; readonly currency: string } | null;
  readonly errors: readonly FailureCount[];
}

/** How sure answers were, and how right that was; null where none has a confidence. */
export interface ConfidenceMetrics {
  /** Answers with a confidence. */
  readonly answers: number;
  readonly mean: number | null;
  /** Of the shares of all labels; 0 to 1 with two labels, else 0 to 2. */
  readonly brier: number | null;
  /** Of the shares of all labels, natural. */
  readonly log_loss: number | null;
  /** Over ten bins of equal width. */
  readonly expected_calibration_error: number | null;
  /** The chance that a right answer is surer than a wrong one. */
  readonly area_under_roc: number | null;
  readonly area_under_risk_coverage: number | null;
  /** Of the surest answers (`coverage`, a share of all), the share that is wrong (`risk`). */
  readonly risk_coverage: readonly { readonly coverage: number; readonly risk: number }[];
  readonly reliability: readonly ReliabilityBin[];
}

/** How much of the answers is chance. A row without an answer is a wrong one. */
export interface StabilityMetrics {
  readonly repeats: number;
  /** Rows whose answers are not all the same. */
  readonly changed: number;
  readonly changed_share: number | null;
  /** Over all repeats. */
  readonly mean_accuracy: number | null;
  /** Share of rows that were answered right every time. */
  readonly all_right_share: number | null;
  /** Repeat by repeat. */
  readonly accuracies: readonly (number | null)[];
  /** Of the mean accuracy: from the choice of rows, and from answers that change. */
  readonly variance: { readonly total: number | null; readonly sampling: number | null; readonly model: number | null };
}
