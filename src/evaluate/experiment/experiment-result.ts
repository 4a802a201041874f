import type { FailureCount } from '../../analysis/summary.js';
import type { ReliabilityBin } from '../../foundation/statistics/probability-scores.js';
import type { Interval } from '../../foundation/statistics/proportions.js';

/**
 * What an experiment came to: the data that tables, `--json`, Markdown, JUnit and HTML are drawn from. Names are those of
 * `--json`; shares are from 0 to 1, times in milliseconds.
 */
export interface ExperimentResult {
  /** Of this form: counted up when a field changes its meaning. */
  readonly version: 1;
  /** What was used, by name: chorale itself, and what else the caller knows. */
  readonly versions: Readonly<Record<string, string>>;
  readonly data: DataMetrics;
  readonly repeats: number;
  /** How often the intervals are to hold the true value. */
  readonly confidence_level: number;
  /** In the order of the grid, those that could not be asked included. */
  readonly variants: readonly VariantResult[];
  /** Every pair of variants that were asked. */
  readonly pairs: readonly PairResult[];
  /** The one with the most right answers, and those that no test tells from it; empty where none was asked. */
  readonly best: readonly string[];
  /** Variants that no other one surpasses in both. */
  readonly pareto: {
    readonly macro_f1_and_speed: readonly string[];
    readonly macro_f1_and_tokens: readonly string[];
  };
  /** Rows that divide the variants most, the first hundred. */
  readonly dividing_rows: readonly Disagreement[];
  /** Rows whose label looks wrong: several variants are sure of another one. */
  readonly doubtful_labels: readonly SuspectedLabelError[];
  readonly duration_ms: number;
  readonly warnings: readonly string[];
}

/** The rows that all variants were asked about. */
export interface DataMetrics {
  /** Absolute paths; empty where nothing is recorded. */
  readonly names: readonly string[];
  /** SHA-256 of their contents, in hex; null where nothing is recorded. */
  readonly digest: string | null;
  readonly rows: number;
  readonly labels: readonly string[];
  readonly label_counts: Readonly<Record<string, number>>;
  readonly limit: number | null;
  readonly split: string | null;
  readonly sample: number | null;
  readonly seed: number | null;
  readonly left_out: { readonly unlabelled: number; readonly blank: number; readonly unreadable: number };
  /** Rows whose text another row has already. */
  readonly copies: number;
}

/** A row and what every variant answered the first time; null where it failed. */
export interface Disagreement {
  readonly index: number;
  readonly id: string;
  readonly expected: string;
  /** Share of the pairs of variants whose answers differ. */
  readonly division: number;
  readonly answers: Readonly<Record<string, string | null>>;
}

/** A row whose label may be wrong. */
export interface SuspectedLabelError {
  readonly index: number;
  readonly id: string;
  readonly expected: string;
  /** What the variants say instead. */
  readonly answered: string;
  /** Those that are sure of it. */
  readonly variants: readonly string[];
  readonly mean_confidence: number;
}

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

/** Two variants on the rows that both answered. Differences are a − b, in shares. */
export interface PairResult {
  readonly a: string;
  readonly b: string;
  /** Rows compared. */
  readonly rows: number;
  readonly both_right: number;
  readonly only_a_right: number;
  readonly only_b_right: number;
  readonly both_wrong: number;
  readonly accuracy: PairedDifference;
  readonly macro_f1: PairedDifference;
  /** Exact test of McNemar; null where no row was answered by both. */
  readonly p_value: number | null;
  /** The same, after correction for the number of pairs (Holm). */
  readonly p_adjusted: number | null;
  /** Whether a difference can be claimed. */
  readonly significant: boolean;
  /** On all rows: a row without an answer is a wrong one. McNemar's exact test, corrected for the number of pairs (Holm). */
  readonly failures_as_wrong: {
    readonly only_a_right: number;
    readonly only_b_right: number;
    readonly p_value: number;
    readonly p_adjusted: number;
    readonly significant: boolean;
  };
  /** How many times as often a alone is right as b alone; null where neither was, or only a. */
  readonly odds_ratio: number | null;
  /** Rows that would be needed to see a difference of 3 points; null where no row was answered by both. */
  readonly rows_needed: number | null;
  /** What can be said of it, in plain words. */
  readonly sentence: string;
}

/** One figure of two variants, and a − b with its interval. */
export interface PairedDifference {
  readonly a: number | null;
  readonly b: number | null;
  /** Null where no row was answered by both. */
  readonly difference: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** A condition on one variant, and whether it is met. */
export interface Check {
  readonly variant: string;
  /** Whether it says how many rows may fail: where it is met, failures of the variant are accepted. */
  readonly acceptsFailures?: boolean;
  /** As it was given. */
  readonly name: string;
  /** Why it is not met, in one line; null where it is. */
  readonly missed: string | null;
}

/** Whether conditions on how many rows may fail are given for a variant, and all are met. */
export function acceptsFailures(checks: readonly Check[], variant: string): boolean {
  const own = checks.filter((check) => check.variant === variant && check.acceptsFailures);
  return own.length > 0 && own.every(({ missed }) => missed === null);
}
