/** What one of several servers did so far. The names are those of `--json`; times in milliseconds. */
export interface HostMetrics {
  readonly server: string;
  /** Whether it is asked now. */
  readonly up: boolean;
  /** It is asked no more, until the run is over: `problem` says why. Absent where that is not so. */
  readonly excluded?: true;
  readonly answered: number;
  /** Questions that it failed; those that went to another server then are among them. */
  readonly failed: number;
  /** Its part of all answers, 0 to 1; 0 where there are none. */
  readonly share: number;
  /** From sending a question to its answer; null where there is none. Quantiles are within 1 %. */
  readonly latency_ms: { readonly mean: number | null; readonly p50: number | null; readonly p95: number | null };
  readonly in_flight_max: number;
  /** Questions that it may have at once, where that is limited. */
  readonly limit?: number;
  readonly down_count: number;
  readonly down_ms: number;
  /** Why it was down the last time; null where it never was. */
  readonly problem: string | null;
}
