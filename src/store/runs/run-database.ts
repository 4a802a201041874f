import type { BegunRun, InputScan, JsonObject, NewReviewRun, ReviewRunStatus } from '../../analysis/run-store.js';
import { StoreError } from '../../analysis/store-errors.js';
import type { ProcessIdentity } from '../../foundation/process-identity.js';
import { type Database, type OpenDatabaseOptions, openDatabase } from '../libsql/open-database.js';
import { fileIdentity } from '../libsql/store-file.js';
import { AnswerCache, type AnswerLimits, type CacheUser } from './answer-cache.js';
import { parse } from './outcome-cells.js';
import { runMigrations } from './run-schema.js';
import { type Counts, encodeScan, type Owner, progressOf, RunTable, requireFree } from './run-table.js';
import { saveRemoved } from './save-removed.js';

/** What a run database needs of the machine. */
export interface RunDatabaseWorld {
  /** Milliseconds since 1970. */
  now(): number;
  /** Of this process. */
  identity(): ProcessIdentity;
  /** Whether a process counts as alive, given the age of its last heartbeat. */
  isAlive(identity: ProcessIdentity, silentMs: number): boolean;
}

export interface RunDatabaseOptions extends AnswerLimits {
  readonly path: string;
  /** Distinguishes this user of the file from all others. */
  readonly session: string;
  /** How long a call waits for another process that writes, in milliseconds. @default 5000 */
  readonly busyTimeoutMs?: number | undefined;
  /** An open database instead of the file, which stays open. @default none */
  readonly database?: Database | undefined;
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
  readonly runs: RunTable;
  readonly answers: AnswerCache;
  readonly file: string | null;
}

function openTables(options: RunDatabaseOptions, world: RunDatabaseWorld): OpenTables {
  const { path } = options;
  const database = options.database ?? openRunTables(path, options);
  try {
    const runs = new RunTable(database, path, (owner, heartbeat) => world.isAlive(owner, world.now() - heartbeat));
    return { database, runs, answers: new AnswerCache(database, options), file: fileIdentity(path) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** One run at a time in a libSQL file. All calls are synchronous, and throw a StoreError if the file fails. */
export class RunDatabase {
  private tables: OpenTables;
  private user: CacheUser | undefined;
  /** Runs that this session keeps, but does not work on. */
  private readonly paused = new Set<number>();
  /** Of the outcomes of the run, as long as nothing has been written since they were counted. */
  private counts: Counts | undefined;

  constructor(
    private readonly options: RunDatabaseOptions,
    private readonly world: RunDatabaseWorld,
  ) {
    this.tables = openTables(options, world);
  }

  scanOf(digest: string): InputScan | null {
    return parse(this.sql.scan.get(digest)?.scan, this.options.path);
  }

  begin(run: NewReviewRun): BegunRun {
    const { database, answers } = this.tables;
    this.letGo();
    this.counts = undefined;
    answers.index();
    answers.prune();
    return database.transaction(() => this.beginWithin(run));
  }

  /**
   * @param batch an array of outcomes, in JSON
   * @returns a notice for people if the file was deleted; else null
   */
  write(batch: string): string | null {
    const user = this.current();
    const { database, answers } = this.tables;
    database.transaction(() => {
      if (!this.sql.owned.get(user.run, this.options.session)) throw this.takenAway();
      this.counts = undefined;
      answers.add(user, batch, this.world.now());
    });
    answers.tend();
    return this.keepInPlace();
  }

  /** @param lookups in JSON @returns what was found, in JSON */
  lookUp(lookups: string): string {
    return this.tables.answers.lookUp(this.current(), lookups, this.world.now());
  }

  /** @returns as `write` */
  pause(summary: JsonObject): string | null {
    const { run } = this.current();
    const { answered, failed, skipped } = this.counts ?? this.tables.runs.count(run);
    const state = [JSON.stringify(summary), answered, failed, skipped] as const;
    if (this.sql.pause.run(...state, run, this.options.session) === 0) throw this.takenAway();
    this.user = undefined;
    this.paused.add(run);
    return this.keepInPlace();
  }

  /** @returns as `write` */
  end(status: Exclude<ReviewRunStatus, 'running'>, summary: JsonObject): string | null {
    const { run } = this.current();
    const { answered, failed, skipped } = this.counts ?? this.tables.runs.count(run);
    const ending = [status, this.world.now(), JSON.stringify(summary), answered, failed, skipped] as const;
    if (this.sql.end.run(...ending, run, this.options.session) === 0) throw this.takenAway();
    this.user = undefined;
    this.tables.answers.prune();
    return this.keepInPlace();
  }

  /** Records that this process still works on its runs. */
  beat(): void {
    for (const run of this.kept()) this.sql.beat.run(this.world.now(), run, this.options.session);
  }

  close(): void {
    try {
      this.letGo();
      for (const run of this.paused) this.sql.letGo.run(run, this.options.session);
    } catch {
      // The next process sees that this one has ended.
    }
    if (!this.options.database) this.tables.database.close();
  }

  private get sql(): RunTable['sql'] {
    return this.tables.runs.sql;
  }

  /** A file without a name is lost with this process: what it holds is saved under its name. */
  private keepInPlace(): string | null {
    const { path, session, database } = this.options;
    if (database || fileIdentity(path) === this.tables.file) return null;
    const notice = saveRemoved(this.tables.database, session);
    this.tables = openTables(this.options, this.world);
    this.tables.answers.index();
    return notice;
  }

  private beginWithin(run: NewReviewRun): BegunRun {
    const { sql } = this;
    const { runs } = this.tables;
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
    const details = [names, encodeScan(input.scan), JSON.stringify(run.configuration)] as const;
    const same = () =>
      fresh || input.digest === null ? undefined : sql.same.get(input.digest, command, fingerprint.hash, choice);
    const row = sql.find.get(run.runId) ?? same();
    if (row) {
      const found = runs.read(row);
      if (!this.paused.has(found.seq)) requireFree(found);
      this.paused.delete(found.seq);
      const counted = progressOf(found);
      this.counts = counted;
      const resumed = run.countTokens ? { ...counted, tokens: this.tokensOf(found.seq) } : counted;
      sql.resume.run(...details, ...ownership, found.seq);
      use(found.seq);
      return { runId: found.id, resumed, before: null };
    }
    const earlier = fresh ? undefined : sql.before.get(command, names);
    const before = earlier && runs.read(earlier);
    sql.add.run(run.runId, command, fingerprintSeq, input.digest, choice, ...details, now, ...ownership);
    use(Number(sql.find.get(run.runId)?.seq));
    return {
      runId: run.runId,
      resumed: null,
      before: before
        ? { runId: before.id, progress: progressOf(before), fingerprint: before.fingerprint, input: before.input }
        : null,
    };
  }

  private kept(): readonly number[] {
    return this.user ? [this.user.run, ...this.paused] : [...this.paused];
  }

  private tokensOf(seq: number): { readonly prompt: number; readonly completion: number } {
    const { prompt, completion } = this.sql.tokens.get(seq) ?? {};
    return { prompt: Number(prompt ?? 0), completion: Number(completion ?? 0) };
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
