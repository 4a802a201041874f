import type {
  CachedPrediction,
  Fingerprint,
  InputScan,
  JsonObject,
  Lookup,
  OutcomeRecord,
  RecordedPrediction,
  ReviewRunStatus,
  RunInput,
  RunProgress,
} from '../../analysis/run-store.js';
import { StoreError } from '../../analysis/store-errors.js';
import type { ProcessIdentity } from '../../foundation/process-identity.js';
import type { SqlRow, SqlValue } from '../libsql/open-database.js';

/** The statuses of outcomes, as the file numbers them. */
export const outcomeStatuses = ['ok', 'failed', 'skipped'] as const;

/** An answer within JSON, in this order; the last two are missing where schema 1 wrote it. */
type AnswerCells = readonly [
  label: string,
  confidence: number | null,
  labelShares: readonly number[] | null,
  rationale: string | null,
  promptTokens: number | null,
  completionTokens: number | null,
  queueMs: number | null,
  isLong: 0 | 1,
  furtherRequests: number,
  labelMass: number | null,
  requested: 0 | 1 | null,
];

/** What else is known of an outcome, within JSON, in this order. */
type RestCells = readonly [
  index: number,
  id: string,
  expected: string | null,
  errorCode: string | null,
  error: string | null,
  attempts: number,
  durationMs: number,
  cached: 0 | 1,
];

/** An outcome as JSON: position, key, status, whether it is an answer for others, the answer, the rest. */
export function encodeOutcome(outcome: OutcomeRecord): string {
  const { position, key, status, prediction } = outcome;
  const rest: RestCells = [
    outcome.index,
    outcome.id,
    outcome.expected,
    outcome.errorCode,
    outcome.error,
    outcome.attempts,
    outcome.durationMs,
    outcome.cached ? 1 : 0,
  ];
  const isNew = status === 'ok' && key !== null && prediction !== null && !outcome.cached;
  const cells = prediction === null ? null : answerCells(prediction);
  return JSON.stringify([
    position,
    key === null ? null : escaped(key),
    outcomeStatuses.indexOf(status),
    isNew ? 1 : 0,
    cells,
    rest,
  ]);
}

function answerCells(prediction: RecordedPrediction): AnswerCells {
  return [
    prediction.label,
    prediction.confidence,
    prediction.labelShares,
    prediction.rationale,
    prediction.promptTokens,
    prediction.completionTokens,
    prediction.queueMs,
    prediction.isLong ? 1 : 0,
    prediction.furtherRequests,
    prediction.labelMass,
    prediction.probabilities === 'unverified' ? null : prediction.probabilities === 'requested' ? 1 : 0,
  ];
}

function toAnswer(cells: AnswerCells): RecordedPrediction {
  const [label, confidence, labelShares, rationale, promptTokens, completionTokens, queueMs, long, further] = cells;
  const [, , , , , , , , , labelMass = null, requested = null] = cells;
  return {
    label,
    confidence,
    labelShares,
    labelMass,
    probabilities: requested === null ? 'unverified' : requested === 1 ? 'requested' : 'not requested',
    rationale,
    promptTokens,
    completionTokens,
    queueMs,
    isLong: long === 1,
    furtherRequests: further,
  };
}

/** One outcome as the archive reads it: `[position, key, status, answer, rest]`. */
export type OutcomeCells = readonly [number, string | null, 0 | 1 | 2, AnswerCells | null, RestCells];

/** How SQL makes the cells of an outcome out of the columns of a table of this name. */
export function outcomeCellsSql(table: string): string {
  const { position, key, status, answer, rest } = {
    position: `${table}.position`,
    key: `coalesce('"' || ${table}.key || '"', 'null')`,
    status: `${table}.status`,
    answer: `coalesce(${table}.answer, 'null')`,
    rest: `${table}.rest`,
  };
  return `'[' || ${position} || ',' || ${key} || ',' || ${status} || ',' || ${answer} || ',' || ${rest} || ']'`;
}

export function toOutcome([position, key, status, answer, rest]: OutcomeCells): OutcomeRecord {
  const [index, id, expected, errorCode, error, attempts, durationMs, cached] = rest;
  return {
    position,
    index,
    id,
    key,
    expected,
    status: outcomeStatuses[status],
    prediction: answer === null ? null : toAnswer(answer),
    errorCode,
    error,
    attempts,
    durationMs,
    cached: cached === 1,
  };
}

export function encodeLookups(lookups: readonly Lookup[]): string {
  return JSON.stringify(lookups.map(({ position, key }) => [position, escaped(key)]));
}

export function decodeCachedPredictions(json: string, path: string): (CachedPrediction | null)[] {
  const found = parseWritten<readonly (readonly [0 | 1, AnswerCells] | null)[]>(json, path);
  return found.map((cells) => cells && { prediction: toAnswer(cells[1]), from: cells[0] === 0 ? 'run' : 'cache' });
}

/** A key as it stands within JSON: what the driver would alter is escaped, and everyday keys are as they were. */
function escaped(key: string): string {
  return JSON.stringify(key).slice(1, -1);
}

/** Who works on a run. */
export interface Owner extends ProcessIdentity {
  /** Since when it works on the run, in milliseconds since 1970. */
  readonly since: number;
}

/** Counts of outcomes. */
export interface Counts {
  readonly answered: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A run as its row holds it. */
export interface RunRow extends Counts {
  readonly seq: number;
  readonly id: string;
  readonly command: string;
  readonly fingerprint: Fingerprint;
  readonly input: RunInput;
  readonly status: ReviewRunStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly owner: Owner | null;
  readonly heartbeat: number;
  readonly configuration: JsonObject;
  readonly summary: JsonObject | null;
}

/** @param count counts the outcomes of a run whose row does not have them */
export function toRun(row: SqlRow, path: string, count: (seq: number) => Counts): RunRow {
  const seq = Number(row.seq);
  const { answered, failed, skipped } =
    row.answered === null
      ? count(seq)
      : { answered: Number(row.answered), failed: Number(row.failed), skipped: Number(row.skipped) };
  return {
    seq,
    id: String(row.id),
    command: String(row.command),
    fingerprint: { hash: String(row.hash), parts: parse(row.parts, path) },
    input: {
      names: parse(row.names, path),
      digest: typeof row.digest === 'string' ? row.digest : null,
      scan: parse(row.scan, path),
      choice: parse(row.choice, path),
    },
    status: row.status as ReviewRunStatus,
    startedAt: Number(row.started_at),
    endedAt: typeof row.ended_at === 'number' ? row.ended_at : null,
    owner: parse(row.owner, path),
    heartbeat: Number(row.heartbeat ?? 0),
    configuration: parse(row.configuration, path),
    summary: parse(row.summary, path),
    answered,
    failed,
    skipped,
  };
}

/** @param alive whether its owner still works on it */
export function statusOf(run: RunRow, alive: boolean): ReviewRunStatus {
  return run.status === 'running' && !alive ? 'interrupted' : run.status;
}

export function progressOf(run: RunRow, alive: boolean): RunProgress {
  const { startedAt, answered, failed, skipped, summary } = run;
  return { status: statusOf(run, alive), startedAt, answered, failed, skipped, summary };
}

export function toCounts(rows: readonly SqlRow[]): Counts {
  const of = (status: (typeof outcomeStatuses)[number]) =>
    Number(rows.find((row) => row.status === outcomeStatuses.indexOf(status))?.count ?? 0);
  return { answered: of('ok'), failed: of('failed'), skipped: of('skipped') };
}

export function encodeScan(scan: InputScan | null): string | null {
  return scan === null ? null : JSON.stringify(scan);
}

/** JSON that this program wrote into a file. @throws StoreError when it is none any more */
export function parseWritten<T>(json: string, path: string): T {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const remedy = 'move it away, restore a copy, or choose another path';
    throw new StoreError(path, 'the database is damaged', remedy, { cause });
  }
}

/** What JSON in a cell says; null where there is none. @throws StoreError when it is damaged */
export function parse<T>(cell: SqlValue | undefined, path: string): T {
  return parseWritten(typeof cell === 'string' ? cell : 'null', path);
}
