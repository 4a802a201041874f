import type {
  BegunRun,
  InputScan,
  JsonObject,
  NewReviewRun,
  ReviewRunStatus,
  RunProgress,
} from '../../analysis/run-store.js';
import { RunBusyError, StoreError } from '../../analysis/store-errors.js';
import type { ProcessIdentity } from '../../foundation/process-identity.js';
import { type Database, type OpenDatabaseOptions, openDatabase, type Statement } from '../libsql/open-database.js';
import { fileIdentity } from '../libsql/store-file.js';
import { AnswerCache, type AnswerLimits, type CacheUser } from './answer-cache.js';
import { prepareAll } from './prepare-all.js';
import { type Counts, encodeScan, type Owner, parse, progressOf, type RunRow, toCounts, toRun } from './run-rows.js';
import { runMigrations, runSql } from './run-sql.js';
import { saveRemoved } from './save-removed.js';

/** What a run database needs of the machine. */
export interface RunDatabaseWorld {
  /** Milliseconds since 1970. */
  now(): number;
  /** Of this process. */
  identity(): ProcessIdentity;
  /** Whether a process works that has shown no sign of life for so long. */
  isAlive(identity: ProcessIdentity, silentMs: number): boolean;
}

export interface RunDatabaseOptions extends AnswerLimits {
  readonly path: string;
  /** Tells this user of the file from all others. */
  readonly session: string;
  /** How long a call waits for another process that writes, in milliseconds. @default 5000 */
  readonly busyTimeoutMs?: number | undefined;
  /** See `openDatabase`. */
  readonly halt?: Int32Array<SharedArrayBuffer> | undefined;
}

/** Opens the tables of runs, with settings that suit many small writes in a row. @throws StoreError */
export function openRunTables(path: string, options: OpenDatabaseOptions = {}): Database {
  const database = openDatabase(path, [], '', { ...options, givesBack: true });
  try {
    database.migrate('runs', runMigrations);
    database.prepare('PRAGMA cache_size = -8000').all();
    database.prepare('PRAGMA wal_autocheckpoint = 4000').all();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The tables of an open file, and which file it is. */
interface OpenTables {
  readonly database: Database;
  readonly sql: Readonly<Record<keyof typeof runSql, Statement>>;
  readonly answers: AnswerCache;
  readonly file: string | null;
}

function openTables(options: RunDatabaseOptions): OpenTables {
  const { path, busyTimeoutMs, halt } = options;
  const database = openRunTables(path, { busyTimeoutMs, halt });
  try {
    const sql = prepareAll(database, runSql);
    return { database, sql, answers: new AnswerCache(database, options), file: fileIdentity(path) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** One run at a time in a libSQL file. All calls are synchronous, and throw a StoreError where the file fails. */
export class RunDatabase {
  private tables: OpenTables;
  private user: CacheUser | undefined;
  /** Of the outcomes of the run, as long as nothing has been written since they were counted. */
  private counts: Counts | undefined;

  constructor(
    private readonly options: RunDatabaseOptions,
    private readonly world: RunDatabaseWorld,
  ) {
    this.tables = openTables(options);
  }

  scanOf(digest: string): InputScan | null {
    return parse(this.sql.scan.get(digest)?.scan, this.options.path);
  }

  begin(run: NewReviewRun): BegunRun {
    this.letGo();
    this.counts = undefined;
    this.answers.index();
    this.answers.prune();
    const begun = this.database.transaction(() => this.beginWithin(run));
    return begun;
  }

  /**
   * @param batch an array of outcomes, in JSON
   * @returns what became of a file that somebody removed, for people; null where nobody did
   */
  write(batch: string): string | null {
    const user = this.current();
    this.database.transaction(() => {
      if (!this.sql.owned.get(user.run, this.options.session)) throw this.takenAway();
      this.counts = undefined;
      this.answers.add(user, batch, this.world.now());
    });
    this.answers.tend();
    return this.keepInPlace();
  }

  /** @param lookups in JSON @returns what was found, in JSON */
  lookUp(lookups: string): string {
    return this.answers.lookUp(this.current(), lookups, this.world.now());
  }

  /** @returns as `write` */
  end(status: Exclude<ReviewRunStatus, 'running'>, summary: JsonObject): string | null {
    const { run } = this.current();
    const { answered, failed, skipped } = this.counts ?? this.count(run);
    const { session } = this.options;
    const ended = this.sql.end.run(
      ...[status, this.world.now(), JSON.stringify(summary), answered, failed, skipped, run, session],
    );
    if (ended === 0) throw this.takenAway();
    this.user = undefined;
    this.answers.prune();
    return this.keepInPlace();
  }

  /** Says that this process still works on its run. */
  beat(): void {
    if (this.user) this.sql.beat.run(this.world.now(), this.user.run, this.options.session);
  }

  close(): void {
    try {
      this.letGo();
    } catch {
      // Whoever comes next sees that this process is gone.
    }
    this.database.close();
  }

  private get database(): Database {
    return this.tables.database;
  }

  private get sql(): OpenTables['sql'] {
    return this.tables.sql;
  }

  private get answers(): AnswerCache {
    return this.tables.answers;
  }

  /** What is written into a file that has no name any more is gone with this process: it gets its name back. */
  private keepInPlace(): string | null {
    const { path, session } = this.options;
    if (fileIdentity(path) === this.tables.file) return null;
    const notice = saveRemoved(this.database, session);
    this.tables = openTables(this.options);
    this.answers.index();
    return notice;
  }

  private beginWithin(run: NewReviewRun): BegunRun {
    const { sql } = this;
    const { command, fingerprint, input, fresh = false, cache = true } = run;
    const now = this.world.now();
    const choice = JSON.stringify(input.choice);
    const names = JSON.stringify(input.names);
    sql.addFingerprint.run(fingerprint.hash, JSON.stringify(fingerprint.parts));
    const fingerprintSeq = Number(sql.fingerprint.get(fingerprint.hash)?.seq);
    const use = (seq: number) => {
      this.user = { run: seq, fingerprint: fingerprintSeq, reach: cache ? (fresh ? 'run' : 'all') : 'row' };
    };
    const owner: Owner = { ...this.world.identity(), since: now };
    const ownership = [this.options.session, JSON.stringify(owner), now] as const;
    const configuration = JSON.stringify(run.configuration);
    const row =
      fresh || input.digest === null ? undefined : sql.same.get(input.digest, command, fingerprint.hash, choice);
    const same = row && this.toRun(row);
    if (same) {
      const resumed = this.progressOfFree(same, now);
      this.counts = resumed;
      sql.goOn.run(names, encodeScan(input.scan), configuration, ...ownership, same.seq);
      use(same.seq);
      return { runId: same.id, resumed, before: null };
    }
    const earlier = fresh ? undefined : sql.before.get(command, names);
    sql.add.run(
      ...[run.runId, command, fingerprintSeq, input.digest, choice, names, encodeScan(input.scan), configuration, now],
      ...ownership,
    );
    use(Number(sql.find.get(run.runId)?.seq));
    return { runId: run.runId, resumed: null, before: earlier ? this.before(this.toRun(earlier), now) : null };
  }

  private before(run: RunRow, now: number): BegunRun['before'] {
    const progress = progressOf(run, this.isAlive(run, now));
    return { runId: run.id, progress, fingerprint: run.fingerprint, input: run.input };
  }

  /** @throws RunBusyError where somebody works on it */
  private progressOfFree(run: RunRow, now: number): RunProgress {
    if (run.owner && this.isAlive(run, now)) {
      throw new RunBusyError(run.id, run.owner.pid, run.owner.host, run.owner.since);
    }
    return progressOf(run, false);
  }

  private isAlive({ owner, heartbeat }: RunRow, now: number): boolean {
    return owner !== null && this.world.isAlive(owner, now - heartbeat);
  }

  private toRun(row: Parameters<typeof toRun>[0]): RunRow {
    return toRun(row, this.options.path, (seq) => this.count(seq));
  }

  private count(seq: number): Counts {
    return toCounts(this.sql.count.all(seq));
  }

  private letGo(): void {
    if (this.user) this.sql.letGo.run(this.user.run, this.options.session);
    this.user = undefined;
  }

  private current(): CacheUser {
    if (this.user) return this.user;
    throw new StoreError(this.options.path, 'no run has begun', 'call begin before');
  }

  private takenAway(): StoreError {
    const problem = 'another process has taken this run over, or removed it';
    return new StoreError(this.options.path, problem, 'end the other process, and run again');
  }
}
