import type { DifferingPart } from '../analysis/differing-parts.js';
import type { RunComparison } from '../evaluate/compare-runs.js';

/** A recorded run in short. The names are those of `chorale runs list --json`. */
export interface RunEntry {
  readonly run_id: string;
  readonly command: string;
  readonly status: string;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  /** Null while the run is being worked on, or where its process ended without a word. */
  readonly ended_at: string | null;
  /** Null where the run does not say. */
  readonly provider: string | null;
  readonly model: string | null;
  readonly prompt: string | null;
  readonly input: {
    /** Absolute paths, or `-`. */
    readonly names: readonly string[];
    /** SHA-256 in hex; null where the input can be read only once. */
    readonly digest: string | null;
    /** Null where it was not read beforehand. */
    readonly rows: number | null;
  };
  /** What is recorded. */
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  /** Rows that the run is over, after `--limit`, `--sample` and `--split`; null where they were not counted. */
  readonly rows: number | null;
  /** As the last session that ended gave it; null where there are no gold labels. */
  readonly accuracy: number | null;
}

/** Rows that failed in the same way. */
export interface FailureView {
  readonly code: string | null;
  readonly message: string | null;
  readonly count: number;
  /** The first of them. */
  readonly examples: readonly { readonly index: number; readonly id: string }[];
}

/** All that is known of a run. The names are those of `chorale runs show --json`. */
export interface RunView extends RunEntry {
  /** Which columns and rows are used. */
  readonly choice: unknown;
  readonly fingerprint: { readonly hash: string; readonly parts: Readonly<Record<string, string>> };
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Counts by label, and shares of the answered rows. */
  readonly sentiment: Readonly<Record<string, { readonly count: number; readonly share: number }>>;
  /** The most frequent first. */
  readonly failures: readonly FailureView[];
  /** As the last session wrote it; null where none ended. */
  readonly summary: Readonly<Record<string, unknown>> | null;
}

/** Two runs side by side. The names are those of `chorale runs compare --json`. */
export interface ComparisonView extends RunComparison {
  readonly a: RunEntry;
  readonly b: RunEntry;
  readonly fingerprint: { readonly same: boolean; readonly differing: readonly DifferingPart[] };
  /** Whether the contents are the same; null where that is not known. */
  readonly same_input: boolean | null;
}
