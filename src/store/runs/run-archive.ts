import type { Fingerprint, JsonObject, OutcomeRecord, RunInput, RunStatus } from './run-store.js';

/** What is told of every run. */
export interface RunHeader {
  readonly id: string;
  readonly command: string;
  /** As it really is: a run whose process is gone without a word is `interrupted`. */
  readonly status: RunStatus;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** When its last session ended; null while it runs, and where its process is gone without a word. */
  readonly endedAt: number | null;
  /** Rows by what became of them. */
  readonly answered: number;
  readonly failed: number;
  readonly skipped: number;
  /** The parts `model` and `prompt` of its fingerprint; null where it has none. */
  readonly model: string | null;
  readonly prompt: string | null;
}

/** Rows that failed in the same way. */
export interface FailureGroup {
  readonly code: string | null;
  readonly message: string | null;
  readonly count: number;
  /** The first of them. */
  readonly rows: readonly { readonly index: number; readonly id: string }[];
}

/** One text as two runs answered it. */
export interface OutcomePair {
  readonly a: OutcomeRecord;
  readonly b: OutcomeRecord;
}

/**
 * Reads the runs that a file holds. All calls are synchronous. A run is named by its whole id or, in `find`, by its
 * beginning. @throws RunUnknownError where no run, or several, are meant; StoreError where the file fails
 */
export interface RunArchive {
  readonly path: string;
  /** The newest first. */
  list(): readonly RunHeader[];
  find(idOrPrefix: string): RunHeader;
  configuration(id: string): JsonObject;
  /** Null where no session has ended yet. */
  summary(id: string): JsonObject | null;
  fingerprint(id: string): Fingerprint;
  input(id: string): RunInput;
  /** The most frequent first. */
  failures(id: string): readonly FailureGroup[];
  /** How many rows have each label, the most frequent first. */
  labels(id: string): ReadonlyMap<string, number>;
  /** In order of their positions. */
  outcomes(id: string): Iterable<OutcomeRecord>;
  /** Rows of both runs with the same text, its n-th row here with its n-th there, in the order of `a`. */
  pairs(a: string, b: string): Iterable<OutcomePair>;
  /** Removes a run and its answers. @throws RunBusyError where somebody works on it */
  remove(id: string): void;
  /** May be called again. */
  close(): void;
}
