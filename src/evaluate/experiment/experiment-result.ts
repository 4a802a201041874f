import type { PairResult } from './pair-result.js';
import type { VariantResult } from './variant-result.js';

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
