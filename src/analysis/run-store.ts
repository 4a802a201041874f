import type { FieldValues } from '../classify/fields/field-spec.js';
import type { ColumnType } from '../data/column-types.js';

/** A JSON object, as data. */
export type JsonObject = { readonly [key: string]: unknown };

/** What determines the prediction for a text. Runs with the same fingerprint may use each other's predictions. */
export interface Fingerprint {
  /** SHA-256 of the parts, in hex. */
  readonly hash: string;
  /** By name, for people: they show how two fingerprints differ. */
  readonly parts: Readonly<Record<string, string>>;
}

/** What one pass over the inputs found. */
export interface InputScan {
  readonly rows: number;
  readonly columns: readonly string[];
  /** For outputs that have types. */
  readonly types: readonly (readonly [column: string, type: ColumnType])[];
  /** Of Parquet inputs. */
  readonly metadata?: readonly { readonly key: string; readonly value?: string | undefined }[];
  /** Whether a source begins with a byte-order mark. */
  readonly mark?: boolean;
}

/** What a run reads. */
export interface RunInput {
  /** Absolute paths, or `-`. */
  readonly names: readonly string[];
  /** SHA-256 of the contents, in hex; null if they can be read only once. */
  readonly digest: string | null;
  /** Null if the input was not read beforehand. */
  readonly scan: InputScan | null;
  /** Which columns and rows are used, in canonical JSON. Another choice makes another run. */
  readonly choice: string;
}

/** A run to begin or to resume. */
export interface NewReviewRun {
  /** Its id, if it is a new one. A run that has ended is resumed by its id, even if `fresh`. */
  readonly runId: string;
  /** The command that runs it, as in `analyze`. */
  readonly command: string;
  readonly fingerprint: Fingerprint;
  /** All settings, for people; no secrets. */
  readonly configuration: JsonObject;
  readonly input: RunInput;
  /** Begins a new run, which uses nothing that earlier runs recorded. @default false */
  readonly fresh?: boolean | undefined;
  /** Counts the tokens of a run that is resumed, which takes a while for a large one. @default false */
  readonly countTokens?: boolean | undefined;
  /** Predictions of other runs, and of other rows of this run, may be used. @default true */
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
  /** Of the last session that ended; null if none did. */
  readonly summary: JsonObject | null;
  /** Tokens of the recorded answers that were requested; absent unless `countTokens` is set. */
  readonly tokens?: { readonly prompt: number; readonly completion: number } | undefined;
}

/** A run that has begun. */
export interface BegunRun {
  /** Of the resumed run, else of the new one. */
  readonly runId: string;
  /** Null for a new run. */
  readonly resumed: RunProgress | null;
  /**
   * For a new run that is not `fresh`: the latest run of the same command over inputs of the same names. It differs in its
   * fingerprint, content or choice.
   */
  readonly before: {
    readonly runId: string;
    readonly progress: RunProgress;
    readonly fingerprint: Fingerprint;
    readonly input: RunInput;
  } | null;
}

/** `running`: its process is alive, or ended without recording it. */
export type ReviewRunStatus = 'running' | 'done' | 'stopped' | 'interrupted';

/** A prediction as the model gave it, without a calibration. */
export interface RecordedPrediction {
  /** Null if the prompt has fields, and none of them is the label. */
  readonly label: string | null;
  /** Null if the model gave none. */
  readonly confidence: number | null;
  /** Label probabilities in the order of the labels; null if they are not known. */
  readonly labelShares: readonly number[] | null;
  /** The probability of all labels together; null if the model gave none. */
  readonly labelMass: number | null;
  /**
   * Whether token probabilities were requested. `unverified`: a version of chorale recorded it that did not keep the label
   * mass, so that confidence and label probabilities may be wrong.
   */
  readonly probabilities: 'requested' | 'not requested' | 'unverified';
  readonly rationale: string | null;
  /** The values of all fields of the answer; null if the prompt has none. */
  readonly fields: FieldValues | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly queueMs: number | null;
  /** The text did not fit into the context window. */
  readonly isLong: boolean;
  /** Requests beyond the first one because of that. */
  readonly furtherRequests: number;
}

/** What became of one row. */
export interface OutcomeRecord {
  /** 0-based place among the rows that the run uses. */
  readonly position: number;
  /** 0-based row over all inputs. */
  readonly index: number;
  readonly id: string;
  /** Of what the prompt shows of the row: of the text (`textKey`), and of its other columns; null if there is no text. */
  readonly key: string | null;
  /** The gold label, where it is known. */
  readonly expected: string | null;
  readonly status: 'ok' | 'failed' | 'skipped';
  /** For `ok`. */
  readonly prediction: RecordedPrediction | null;
  /** For `failed`. */
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly attempts: number;
  readonly durationMs: number;
  /** No request was made for this row. */
  readonly cached: boolean;
}

/** A row to look up. */
export interface Lookup {
  readonly position: number;
  readonly key: string;
}

/** A recorded prediction, found in this run at this row, or elsewhere under the same fingerprint. */
export interface CachedPrediction {
  readonly prediction: RecordedPrediction;
  readonly from: 'run' | 'cache';
}

/**
 * Where one process records one run. What `record` took is durable after at most 64 further outcomes or 200 ms. After a
 * failed write every later call rejects with its error. `Symbol.asyncDispose` is `close`.
 */
export interface RunStore extends AsyncDisposable {
  readonly path: string;
  /** The scan of inputs with this content by an earlier run; null if there is none. */
  scanOf(digest: string): Promise<InputScan | null>;
  /**
   * Begins a run, or resumes the latest one of the same command, fingerprint, content and choice.
   * @throws RunBusyError if another process works on it; StoreError
   */
  begin(run: NewReviewRun): Promise<BegunRun>;
  /** The recorded predictions, in the order of the lookups; null if there is none. @throws StoreError */
  lookUp(lookups: readonly Lookup[]): Promise<readonly (CachedPrediction | null)[]>;
  /**
   * Takes one outcome. A promise means that 64 are not yet durable: await it before the next request.
   * @throws StoreError, by the promise or by the next call
   */
  record(outcome: OutcomeRecord): Promise<void> | undefined;
  /** Settles when everything that was taken is durable. @throws StoreError */
  flush(): Promise<void>;
  /**
   * Records the summary so far, and keeps the run from other sessions: this one may begin another run, and begin this one
   * again by its id. @throws StoreError
   */
  pause(summary: JsonObject): Promise<void>;
  /** Records how this session ended, and releases the run. @throws StoreError */
  end(status: Exclude<ReviewRunStatus, 'running'>, summary: JsonObject): Promise<void>;
  /** Writes what is pending, and closes. Never rejects; may be called again. */
  close(): Promise<void>;
}

/** A run that has begun in a store. The caller that began it ends it, once the outcomes have been read. */
export interface RecordedRun {
  readonly store: RunStore;
  readonly begun: BegunRun;
  /** As in `begin`: a text that comes again is requested once. @default true */
  readonly cache?: boolean | undefined;
}
