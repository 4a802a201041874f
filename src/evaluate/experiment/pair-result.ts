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
