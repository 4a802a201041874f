import type { Fingerprint, JsonObject, OutcomeRecord, ReviewRunStatus, RunInput } from '../../analysis/run-store.js';
import { RunUnknownError, StoreError } from '../../analysis/store-errors.js';
import { requireKnown } from '../../foundation/known-options.js';
import { isAlive } from '../../foundation/process-identity.js';
import { nodeRuntime, type Runtime } from '../../foundation/runtime.js';
import { type Database, prepareAll, type Statements } from '../libsql/open-database.js';
import { isWritable } from '../libsql/store-file.js';
import { type OutcomeCells, outcomeCellsSql, pagesOf, parse, toOutcome } from './outcome-cells.js';
import { type OutcomePair, pairOutcomes } from './outcome-pairs.js';
import { copyForReading } from './read-only-copy.js';
import { removeRun } from './remove-run.js';
import { openRunTables } from './run-database.js';
import { type RunRow, RunTable } from './run-table.js';

/** Pages of a run, each as one JSON text. */
const archiveSql = {
  outcomes: `SELECT '[' || group_concat(cells) || ']' AS page FROM (SELECT ${outcomeCellsSql('outcomes')} AS cells
    FROM outcomes WHERE run = ? AND position > ? ORDER BY position LIMIT ?)`,
  labels: `SELECT answer->0 AS label, count(*) AS count FROM outcomes WHERE run = ? AND status = 0 AND answer IS NOT NULL
    GROUP BY 1 ORDER BY 2 DESC, 1`,
  failures: `SELECT code, message, count, row, id FROM (
      SELECT rest->3 AS code, rest->4 AS message, rest->0 AS row, rest->1 AS id, position,
        row_number() OVER same AS nth, count(*) OVER (PARTITION BY rest->3, rest->4) AS count,
        min(position) OVER (PARTITION BY rest->3, rest->4) AS first
      FROM outcomes WHERE run = ? AND status = 1
      WINDOW same AS (PARTITION BY rest->3, rest->4 ORDER BY position))
    WHERE nth <= ? ORDER BY count DESC, first, nth LIMIT ?`,
} as const;

/** What the list shows of a run. */
export interface RunHeader {
  readonly id: string;
  readonly command: string;
  /** As it really is: a run whose process is gone without a word is `interrupted`. */
  readonly status: ReviewRunStatus;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** When its last session ended; null while it runs, and where its process is gone without a word. */
  readonly endedAt: number | null;
  /** Number of rows by outcome. */
  readonly answered: number;
  readonly failed: number;
  readonly skipped: number;
  /** The parts `model` and `prompt` of its fingerprint; null if it has none. */
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

/**
 * Reads the runs that a file holds. All calls are synchronous. A run is named by its whole id or, in `find`, by its
 * beginning. @throws RunUnknownError if no run, or several, are meant; StoreError if the file fails
 */
export interface RunArchive {
  readonly path: string;
  /** The newest first. */
  list(): readonly RunHeader[];
  find(idOrPrefix: string): RunHeader;
  configuration(id: string): JsonObject;
  /** Null if no session has ended yet. */
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
  /** Removes a run and its answers. @throws RunBusyError if somebody works on it */
  remove(id: string): void;
  /** May be called again. */
  close(): void;
}

/** Number of rows listed for each group of failures, and in all. */
const rowsPerFailure = 5;
const mostFailureRows = 5_000;

/**
 * Opens the runs in a file. A file that is not there is not made; one that cannot be written is read through a copy.
 * @throws StoreError when it is missing, damaged, locked, or of a newer schema
 */
export function openRunArchive(
  path: string,
  options: {
    readonly runtime?: Runtime;
    /** Whether runs are to be removed: then it must be possible to write the file. @default false */
    readonly removes?: boolean;
  } = {},
): RunArchive {
  requireKnown('openRunArchive', options, { runtime: true, removes: true });
  const { runtime = nodeRuntime, removes = false } = options;
  const copy = removes || isWritable(path) ? null : copyForReading(path);
  try {
    const database = openRunTables(copy?.path ?? path, { create: false });
    // What brings two runs together may be large.
    database.prepare('PRAGMA temp_store = FILE').all();
    return new LibsqlRunArchive(path, database, runtime, () => copy?.remove());
  } catch (error) {
    copy?.remove();
    if (copy && error instanceof StoreError) throw new StoreError(path, error.problem, error.remedy, { cause: error });
    throw error;
  }
}

class LibsqlRunArchive implements RunArchive {
  private readonly sql: Statements<typeof archiveSql>;
  private readonly runs: RunTable;
  private comparisons = 0;

  constructor(
    readonly path: string,
    private readonly database: Database,
    runtime: Runtime,
    private readonly onClose: () => void,
  ) {
    this.sql = prepareAll(database, archiveSql);
    this.runs = new RunTable(database, path, (owner, heartbeat) => isAlive(owner, runtime.wallTime() - heartbeat));
  }

  list(): readonly RunHeader[] {
    return this.runs.sql.list.all().map((row) => headerOf(this.runs.read(row)));
  }

  find(idOrPrefix: string): RunHeader {
    const { sql } = this.runs;
    const row = sql.find.get(idOrPrefix);
    if (row) return headerOf(this.runs.read(row));
    const matching = sql.startingWith.all(idOrPrefix);
    const [only] = matching;
    if (only && matching.length === 1) return headerOf(this.runs.read(only));
    throw this.unknownRun(
      idOrPrefix,
      matching.map(({ id }) => String(id)),
    );
  }

  configuration(id: string): JsonObject {
    return this.run(id).configuration;
  }

  summary(id: string): JsonObject | null {
    return this.run(id).summary;
  }

  fingerprint(id: string): Fingerprint {
    return this.run(id).fingerprint;
  }

  input(id: string): RunInput {
    return this.run(id).input;
  }

  failures(id: string): readonly FailureGroup[] {
    const groups = new Map<string, FailureGroup & { readonly rows: FailureGroup['rows'][number][] }>();
    for (const row of this.sql.failures.all(this.run(id).seq, rowsPerFailure, mostFailureRows)) {
      const key = JSON.stringify([row.code, row.message]);
      const group = groups.get(key) ?? {
        code: parse<string | null>(row.code, this.path),
        message: parse<string | null>(row.message, this.path),
        count: Number(row.count),
        rows: [],
      };
      group.rows.push({ index: parse(row.row, this.path), id: parse(row.id, this.path) });
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  labels(id: string): ReadonlyMap<string, number> {
    const rows = this.sql.labels.all(this.run(id).seq);
    const counts = rows.map(({ label, count }) => [parse<string | null>(label, this.path), Number(count)] as const);
    return new Map(counts.flatMap(([label, count]) => (label === null ? [] : [[label, count] as const])));
  }

  *outcomes(id: string): Iterable<OutcomeRecord> {
    const { seq } = this.run(id);
    const read = (last: number, limit: number) => this.sql.outcomes.get(seq, last, limit);
    for (const cells of pagesOf<OutcomeCells>(read, ([position]) => position, this.path)) yield toOutcome(cells);
  }

  *pairs(a: string, b: string): Iterable<OutcomePair> {
    const [runA, runB] = [this.run(a).seq, this.run(b).seq];
    this.comparisons += 1;
    yield* pairOutcomes(this.database, runA, runB, `pairs_${this.comparisons}`);
  }

  remove(id: string): void {
    removeRun(this.database, () => this.run(id));
  }

  close(): void {
    this.database.close();
    this.onClose();
  }

  private run(id: string): RunRow {
    const row = this.runs.sql.find.get(id);
    if (row) return this.runs.read(row);
    throw this.unknownRun(id, []);
  }

  private unknownRun(wanted: string, matching: readonly string[]): RunUnknownError {
    if (matching.length > 0) return new RunUnknownError(wanted, matching, true);
    return new RunUnknownError(
      wanted,
      this.runs.sql.list.all().map(({ id }) => String(id)),
    );
  }
}

function headerOf({
  id,
  command,
  status,
  startedAt,
  endedAt,
  answered,
  failed,
  skipped,
  fingerprint,
}: RunRow): RunHeader {
  const { model = null, prompt = null } = fingerprint.parts;
  return { id, command, status, startedAt, endedAt, answered, failed, skipped, model, prompt };
}
