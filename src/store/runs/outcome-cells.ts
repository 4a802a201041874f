import type { CachedPrediction, Lookup, OutcomeRecord, RecordedPrediction } from '../../analysis/run-store.js';
import { StoreError } from '../../analysis/store-errors.js';
import type { FieldValues } from '../../classify/fields/field-spec.js';
import type { SqlRow, SqlValue } from '../libsql/open-database.js';

/** The statuses of outcomes, as the file numbers them. */
export const outcomeStatuses = ['ok', 'failed', 'skipped'] as const;

/**
 * An answer within JSON, in this order. Label mass and `requested` are missing where schema 1 wrote it; the fields, where
 * the prompt has none: so versions that know no fields read the others.
 */
type AnswerCells = readonly [
  label: string | null,
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
  fields?: FieldValues,
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
  const { fields } = prediction;
  const cells = [
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
  ] as const;
  return fields === null ? cells : [...cells, fields];
}

function toAnswer(cells: AnswerCells): RecordedPrediction {
  const [label, confidence, labelShares, rationale, promptTokens, completionTokens, queueMs, long, further] = cells;
  const [, , , , , , , , , labelMass = null, requested = null, fields = null] = cells;
  return {
    label,
    confidence,
    labelShares,
    labelMass,
    probabilities: requested === null ? 'unverified' : requested === 1 ? 'requested' : 'not requested',
    rationale,
    fields,
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

/** JSON that this program wrote into a file. @throws StoreError when it is none any more */
export function parseWritten<T>(json: string, path: string): T {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const remedy = 'move it away, restore a copy, or choose another path';
    throw new StoreError(path, 'the database is damaged', remedy, { cause });
  }
}

/** What JSON in a cell says; null if there is none. @throws StoreError when it is damaged */
export function parse<T>(cell: SqlValue | undefined, path: string): T {
  return parseWritten(typeof cell === 'string' ? cell : 'null', path);
}

/** Number of outcomes that are in memory at once. */
const pageSize = 500;

/** Reads page after page, each of which is one JSON text, from position -1 on. */
export function* pagesOf<T>(
  read: (last: number, limit: number) => SqlRow | undefined,
  positionOf: (cells: T) => number,
  path: string,
): Iterable<T> {
  for (let last = -1; ; ) {
    const page = parse<readonly T[] | null>(read(last, pageSize)?.page, path);
    if (page === null) return;
    for (const cells of page) {
      yield cells;
      last = positionOf(cells);
    }
  }
}
