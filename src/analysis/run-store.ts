import type { ColumnType } from '../data/column-types.js';

/** A JSON object, as data. */
export type JsonObject = { readonly [key: string]: unknown };

/** What decides the answer to a text. Runs with the same fingerprint may use each other's answers. */
export interface Fingerprint {
  /** SHA-256 of the parts, in hex. */
  readonly hash: string;
  /** By name, in words that people read: of two fingerprints they tell what changed. */
  readonly parts: Readonly<Record<string, string>>;
}

/** What one pass over the inputs found. */
export interface InputScan {
  readonly rows: number;
  readonly columns: readonly string[];
  /** What stands in the columns, for outputs that have types. */
  readonly types: readonly (readonly [column: string, type: ColumnType])[];
  /** What the inputs say of themselves, where they are Parquet. */
  readonly metadata?: readonly { readonly key: string; readonly value?: string | undefined }[];
  /** Whether a source begins with a byte-order mark. */
  readonly mark?: boolean;
}

/** What a run reads. */
export interface RunInput {
  /** Absolute paths, or `-`. */
  readonly names: readonly string[];
  /** SHA-256 of the contents, in hex; null where they can be read only once. */
  readonly digest: string | null;
  /** Null where the input was not read beforehand. */
  readonly scan: InputScan | null;
  /** Which columns and rows are used, in canonical JSON: with another choice it is another run. */
  readonly choice: string;
}

/** A run to begin, or to go on with. */
export interface NewReviewRun {
  /** Its id, if it is a new one. */
  readonly runId: string;
  /** The command that runs it, as in `analyze`. */
  readonly command: string;
  readonly fingerprint: Fingerprint;
  /** Everything that was set, for people; no secrets. */
  readonly configuration: JsonObject;
  readonly input: RunInput;
  /** A new run, which uses nothing that earlier ones recorded. @default false */
  readonly fresh?: boolean | undefined;
  /** Answers of other runs, and of other rows of this one, may be used. @default true */
  readonly cache?: boolean | undefined;
}

/** What earlier sessions of a run recorded. */
export interface RunProgress {
  readonly status: ReviewRunStatus;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly answered: number;
  readonly failed: number;
  readonly skipped: number;
  /** What was given to `end` the last time; null where no session came to its end. */
  readonly summary: JsonObject | null;
}

/** A run that has begun. */
export interface BegunRun {
  /** That of the run that goes on, else the new one's. */
  readonly runId: string;
  /** What is recorded already; null for a new run. */
  readonly resumed: RunProgress | null;
  /**
   * For a new run: the latest one of the same command over inputs of the same names, unless `fresh`; it differs in its
   * fingerprint, its content or its choice.
   */
  readonly before: {
    readonly runId: string;
    readonly progress: RunProgress;
    readonly fingerprint: Fingerprint;
    readonly input: RunInput;
  } | null;
}

/** `running`: its process is alive, or ended without a word. */
export type ReviewRunStatus = 'running' | 'done' | 'stopped' | 'interrupted';

/** An answer, as it was validated: no calibration is in it. */
export interface RecordedPrediction {
  readonly label: string;
  /** As the model gave it; null where it gave none. */
  readonly confidence: number | null;
  /** In the order of the labels; null where the model gave none, or they are not known. */
  readonly labelShares: readonly number[] | null;
  /** The probability of all labels together; null where the model gave none. */
  readonly labelMass: number | null;
  /**
   * Whether token probabilities were requested. `unverified`: by a version of chorale that did not keep the label mass, so
   * that nobody can tell whether confidence and shares are known.
   */
  readonly probabilities: 'requested' | 'not requested' | 'unverified';
  readonly rationale: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly queueMs: number | null;
  /** The text did not fit into the context. */
  readonly isLong: boolean;
  /** Questions beyond the first one that were asked because of that. */
  readonly furtherRequests: number;
}

/** What became of one row. */
export interface OutcomeRecord {
  /** 0-based place among the rows that the run uses. */
  readonly position: number;
  /** 0-based row over all inputs. */
  readonly index: number;
  readonly id: string;
  /** Of the text (`textKey`); null where there is none. */
  readonly key: string | null;
  /** The right label, where it is known. */
  readonly expected: string | null;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** For `ok`. */
  readonly prediction: RecordedPrediction | null;
  /** For `failed`. */
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly attempts: number;
  readonly durationMs: number;
  /** The answer was not asked for this row. */
  readonly cached: boolean;
}

/** A row to look up. */
export interface Lookup {
  readonly position: number;
  readonly key: string;
}

/** A recorded answer, and where it was found: in this run at this row, or elsewhere under the same fingerprint. */
export interface CachedPrediction {
  readonly prediction: RecordedPrediction;
  readonly from: 'run' | 'cache';
}

/**
 * Where one process keeps one run. Writing happens elsewhere than in the caller's thread; what `record` took is lasting
 * once at most 64 outcomes or 200 ms have passed. After a failure to write every later call rejects with it.
 */
export interface RunStore {
  readonly path: string;
  /** What an earlier run found in inputs of this content; null where none did. */
  scanOf(digest: string): Promise<InputScan | null>;
  /**
   * Begins a run, or goes on with the latest one of the same command, fingerprint, content and choice.
   * @throws RunBusyError where another process works on it; StoreError
   */
  begin(run: NewReviewRun): Promise<BegunRun>;
  /** The answers that are there, in the order of the look-ups; null for the others. @throws StoreError */
  lookUp(lookups: readonly Lookup[]): Promise<readonly (CachedPrediction | null)[]>;
  /**
   * Takes one outcome. A promise means that 64 are not yet lasting: await it before the next question is asked.
   * @throws StoreError, by the promise or by the next call
   */
  record(outcome: OutcomeRecord): Promise<void> | undefined;
  /** Settles when everything that was taken is lasting. @throws StoreError */
  flush(): Promise<void>;
  /** Records how this session ended, and lets go of the run. @throws StoreError */
  end(status: Exclude<ReviewRunStatus, 'running'>, summary: JsonObject): Promise<void>;
  /** Writes what is pending, and closes. Never rejects; may be called again. */
  close(): Promise<void>;
}

/** A run that has begun in a store. Who began it ends it, once the outcomes have been read. */
export interface RecordedRun {
  readonly store: RunStore;
  readonly begun: BegunRun;
  /** The same text is asked once. As in `begin`. @default true */
  readonly cache?: boolean | undefined;
}
