import type { HostMetrics } from '../model/model.js';
import type { FieldSummary } from './fields/field-summary.js';
import type { LabelQuality } from './label-comparison.js';
import type { LongReviewsSummary } from './long-reviews.js';

/** Times in milliseconds over the answered reviews, cached ones aside; null if there are none. Quantiles are within 1 %. */
export interface LatencySummary {
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** Why a prediction has no confidence. */
export type ConfidenceGap = 'not_requested' | 'not_given' | 'not_settled' | 'unverified';

/** Why no speedup is estimated. */
export type SpeedupGap = 'no queue time' | 'waiting uncertain' | 'never alone';

/** A kind of failure, how often it came, and the first rows that it came at. */
export interface FailureCount {
  /** Without the place of the row, and without an answer. */
  readonly message: string;
  readonly code: string;
  readonly count: number;
  readonly examples: readonly {
    readonly index: number;
    readonly id: string;
    /** Where the row stands in its file, as `reviews.csv:12`; null if the row itself is sound. */
    readonly place: string | null;
  }[];
}

/** The confidence of the predictions, and how well it is calibrated. Null if no prediction has one. */
export interface ConfidenceSummary {
  /** Answers with a confidence. */
  readonly count: number;
  /**
   * The others, where the model might give one, by the reason: probabilities were not requested, or not given; tokens that
   * the server does not list could change it by more than 0.05; an earlier version of chorale recorded it unverified.
   */
  readonly without: Readonly<Record<ConfidenceGap, number>>;
  /** Median probability of all labels together, of the answers that have it: next to nothing where none was wanted. */
  readonly label_mass: number | null;
  readonly mean: number | null;
  /** Of the calibration; null if the confidence is as the model gives it. */
  readonly temperature: number | null;
  /** With labels, 0 to 1: Σ over ten bins of equal width of share · |accuracy − mean confidence|. */
  readonly expected_calibration_error?: number | null;
  /** Answers that it is measured on: with a calibration only those to texts that it cannot have been fitted on. */
  readonly calibration_error_rows?: number;
  /** At 95 %. */
  readonly calibration_error_interval?: { readonly lower: number | null; readonly upper: number | null };
  /** What a perfectly calibrated model shows with these confidences: on average, and at most in 95 of 100 cases. */
  readonly calibration_error_if_perfect?: { readonly mean: number | null; readonly upper: number | null };
  /** With labels: the accuracy of the 80 % of the answers with the highest confidence. */
  readonly accuracy_surest_80?: number | null;
  readonly accuracy_surest_50?: number | null;
}

/** The summary of a run; the metrics of quality are there with gold labels. The names are the keys of the JSON output. */
export interface Summary extends Partial<LabelQuality> {
  readonly run_id: string;
  readonly provider: string;
  readonly model: string;
  readonly prompt: string;
  readonly items: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
  /** Null if the input was not counted and not read to its end. */
  readonly not_started: number | null;
  /** Answered reviews with a cached prediction. The measurements below are of the others. */
  readonly cached: number;
  /** Counts by label, and shares of the answered reviews (0 to 1; 0 if none was answered). */
  readonly sentiment: Readonly<Record<string, { readonly count: number; readonly share: number }>>;
  /** What the answers say in each field, by name; not there if the prompt has no fields. */
  readonly fields?: Readonly<Record<string, FieldSummary>>;
  readonly duration_ms: number;
  /** Answered reviews per second, cached ones aside; null if no model was asked. */
  readonly throughput_per_second: number | null;
  /** succeeded ÷ (items − skipped); null if there was nothing to answer. */
  readonly success_rate: number | null;
  /** `first` is the mean of the first wave, one review per worker. */
  readonly latency_ms: LatencySummary & { readonly first: number | null };
  /**
   * Waiting for a slot of the server: time outside evaluation, less what requests that do not wait take of it; 0 if that
   * is below a tenth of the latency. Null if the server does not report it.
   */
  readonly queue_ms: LatencySummary | null;
  readonly workers: number;
  readonly worker_cap: number;
  /** Σ item time ÷ wall time: what was sent at once, waiting in the server's queue included. */
  readonly in_flight_mean: number;
  /**
   * Σ service time ÷ wall time, without the waiting in the server's queue, where one review was worked on after the other,
   * or with the service time of reviews that were alone there: a server may take longer for each of several at once. Null
   * where neither is known within a tenth.
   */
  readonly estimated_speedup: number | null;
  /**
   * Why there is no estimate: the server does not tell its times; waiting cannot be told from the work around an
   * evaluation; no reviews, or too few, were alone at the server to show how long it takes for one.
   */
  readonly speedup_unknown?: SpeedupGap;
  readonly tokens: { readonly prompt: number | null; readonly completion: number | null };
  /** Where a price of the model is known. */
  readonly cost?: Cost;
  /** With a limit of tokens or cost: what all sessions of the run have spent. */
  readonly budget?: BudgetSummary;
  /** Requests that were repeated after a failure. */
  readonly retries: number;
  readonly confidence: ConfidenceSummary;
  readonly long_reviews: LongReviewsSummary;
  readonly errors: readonly FailureCount[];
  /** What each server did, where several may answer. */
  readonly hosts?: readonly HostMetrics[];
  readonly warnings: readonly string[];
}

/** What a run has spent of its limits. Requests that nobody counted are in it with the most that they may have taken. */
export interface BudgetSummary {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly max_tokens?: number;
  readonly cost?: number;
  readonly currency?: string;
  readonly max_cost?: number;
}

/** What a million tokens of a model cost. */
export interface TokenPrice {
  readonly promptPerMillion: number;
  readonly completionPerMillion: number;
  readonly currency: string;
}

/** What the answers of a run cost. */
export interface Cost {
  /** Null if the server did not count the tokens of every answer. Failed attempts, which nobody counts, are not in it. */
  readonly amount: number | null;
  readonly currency: string;
}
