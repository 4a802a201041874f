import type { Fingerprint, JsonObject, OutcomeRecord, ReviewRunStatus, RunInput } from '../../analysis/run-store.js';
import { RunUnknownError, StoreError } from '../../analysis/store-errors.js';
import { nodeRuntime } from '../../foundation/node-runtime.js';
import { isAlive } from '../../foundation/process-identity.js';
import type { Runtime } from '../../foundation/runtime.js';
import type { Database, SqlRow, Statement } from '../libsql/open-database.js';
import { isWritable } from '../libsql/store-file.js';
import { prepareAll } from './prepare-all.js';
import { copyForReading } from './read-only-copy.js';
import { removeRun } from './remove-run.js';
import { openRunTables } from './run-database.js';
import { type OutcomeCells, parse, type RunRow, statusOf, toCounts, toOutcome, toRun } from './run-rows.js';
import { archiveSql, pairsSql, runSql } from './run-sql.js';

/** What is told of every run. */
export interface RunHeader {
  readonly id: string;
  readonly command: string;
  /** As it really is: a run whose process is gone without a word is `interrupted`. */
  readonly status: ReviewRunStatus;
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

/** So many outcomes are in memory at once. */
const pageSize = 500;
/** Of each group of failures so many rows are told, and so many rows in all. */
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
  private readonly sql: Readonly<Record<keyof typeof runSql | keyof typeof archiveSql, Statement>>;
  private comparisons = 0;

  constructor(
    readonly path: string,
    private readonly database: Database,
    private readonly runtime: Runtime,
    private readonly onClose: () => void,
  ) {
    this.sql = prepareAll(database, { ...runSql, ...archiveSql });
  }

  list(): readonly RunHeader[] {
    return this.sql.list.all().map((row) => this.toHeader(this.toRun(row)));
  }

  find(idOrPrefix: string): RunHeader {
    const row = this.sql.find.get(idOrPrefix);
    if (row) return this.toHeader(this.toRun(row));
    const [only, another] = this.sql.startingWith.all(idOrPrefix);
    if (only && !another) return this.toHeader(this.toRun(only));
    const rows = another ? this.sql.startingWith.all(idOrPrefix) : this.sql.list.all();
    throw new RunUnknownError(
      idOrPrefix,
      rows.map(({ id }) => String(id)),
      another !== undefined,
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
    return new Map(
      this.sql.labels.all(this.run(id).seq).map(({ label, count }) => [parse(label, this.path), Number(count)]),
    );
  }

  *outcomes(id: string): Iterable<OutcomeRecord> {
    const { seq } = this.run(id);
    let last = -1;
    for (;;) {
      const page = parse<readonly OutcomeCells[] | null>(this.sql.outcomes.get(seq, last, pageSize)?.page, this.path);
      if (page === null) return;
      for (const cells of page) {
        yield toOutcome(cells);
        last = cells[0];
      }
    }
  }

  *pairs(a: string, b: string): Iterable<OutcomePair> {
    const [runA, runB] = [this.run(a).seq, this.run(b).seq];
    this.comparisons += 1;
    const sql = pairsSql(`pairs_${this.comparisons}`);
    for (const create of sql.create) this.database.prepare(create).run();
    try {
      this.database.prepare(sql.fillKeys).run(runB);
      this.database.prepare(sql.fill).run(runA);
      const statement = this.database.prepare(sql.page);
      let last = -1;
      for (;;) {
        const row = statement.get(runA, runB, last, pageSize);
        const page = parse<readonly (readonly [OutcomeCells, OutcomeCells])[] | null>(row?.page, this.path);
        if (page === null) return;
        for (const [x, y] of page) {
          yield { a: toOutcome(x), b: toOutcome(y) };
          last = x[0];
        }
      }
    } finally {
      for (const drop of sql.drop) this.database.prepare(drop).run();
    }
  }

  remove(id: string): void {
    removeRun(
      this.database,
      () => this.run(id),
      (run) => this.isAlive(run),
    );
  }

  close(): void {
    this.database.close();
    this.onClose();
  }

  private run(id: string): RunRow {
    const row = this.sql.find.get(id);
    if (row) return this.toRun(row);
    throw new RunUnknownError(
      id,
      this.sql.list.all().map((known) => String(known.id)),
    );
  }

  private toRun(row: SqlRow): RunRow {
    return toRun(row, this.path, (seq) => toCounts(this.sql.count.all(seq)));
  }

  private isAlive({ owner, heartbeat }: RunRow): boolean {
    return owner !== null && isAlive(owner, this.runtime.wallTime() - heartbeat);
  }

  private toHeader(run: RunRow): RunHeader {
    const { id, command, startedAt, endedAt, answered, failed, skipped, fingerprint } = run;
    const { model = null, prompt = null } = fingerprint.parts;
    return {
      id,
      command,
      status: statusOf(run, this.isAlive(run)),
      startedAt,
      endedAt,
      answered,
      failed,
      skipped,
      model,
      prompt,
    };
  }
}
