import type { Database, SqlRow, Statement } from '../libsql/open-database.js';
import { prepareAll } from './prepare-all.js';
import { batchSql, recallSql, recentTable } from './run-sql.js';

/** The run that reads and writes. */
export interface CacheUser {
  readonly run: number;
  readonly fingerprint: number;
  /** Whose answers it may have: of every run, of itself, or only those of the same rows of itself. */
  readonly reach: 'all' | 'run' | 'row';
}

/** So many answers are found without the index: they are put into it in the order of their keys, all at once. */
const mostRecent = 65_536;
/** So many answers are dropped in one transaction. */
const chunk = 5_000;

/** Which answers are kept. */
export interface AnswerLimits {
  readonly maxAgeMs?: number | undefined;
  readonly maxBytes?: number | undefined;
}

/** The outcomes of runs, and the answers in them by text. */
export class AnswerCache {
  private readonly sql: Readonly<Record<keyof typeof batchSql | keyof typeof recallSql, Statement>>;
  private recent = 0;

  constructor(
    private readonly database: Database,
    private readonly limits: AnswerLimits,
  ) {
    database.prepare('PRAGMA temp_store = MEMORY').all();
    database.prepare(recentTable).run();
    this.sql = prepareAll(database, { ...batchSql, ...recallSql });
  }

  /** Within a transaction. @param batch an array of outcomes, in JSON */
  add({ run, fingerprint }: CacheUser, batch: string, at: number): void {
    const { sql } = this;
    sql.addOutcomes.run(run, batch);
    const latest = numberIn(sql.latestAnswer.get(), 'id');
    if (sql.addAnswers.run(fingerprint, run, at, batch) > 0) this.recent += sql.addRecent.run(latest);
  }

  /** Fills the index when it is time to. What fails here is tried again later: the answers are found all the same. */
  tend(): void {
    if (this.recent < mostRecent) return;
    try {
      this.index();
    } catch {
      // The next batch says what is wrong, unless it has passed.
    }
  }

  /** Fills the index: with the answers of this session, and of others that ended before they did so. */
  index(): void {
    const { sql } = this;
    for (let isDone = false; !isDone; ) {
      isDone = this.database.transaction(() => {
        const latest = numberIn(sql.latestAnswer.get(), 'id');
        const until = Math.min(latest, numberIn(sql.mark.get(), 'id') + 2 * mostRecent);
        sql.indexAnswers.run(until);
        sql.setMark.run(until);
        if (until === latest) sql.clearRecent.run();
        return until === latest;
      });
    }
    this.recent = 0;
  }

  /** @param lookups in JSON @returns what was found, in JSON */
  lookUp({ run, fingerprint, reach }: CacheUser, lookups: string, now: number): string {
    const since = this.limits.maxAgeMs === undefined ? 0 : now - this.limits.maxAgeMs;
    const row =
      reach === 'row'
        ? this.sql.own.get(lookups, run)
        : this.sql.all.get(
            lookups,
            run,
            fingerprint,
            since,
            reach === 'run' ? run : 0,
            reach === 'run' ? run : Number.MAX_SAFE_INTEGER,
          );
    return String(row?.found ?? '[]');
  }

  /** Drops the oldest answers until the others fit. */
  prune(): void {
    const { maxBytes } = this.limits;
    const { sql } = this;
    // A file that is small enough holds no more than that of answers, and need not be read for it.
    if (maxBytes === undefined || numberIn(sql.fileSize.get(), 'size') <= maxBytes) return;
    let excess = numberIn(sql.answersSize.get(), 'size') - maxBytes;
    while (excess > 0) {
      const oldest = sql.oldest.all(chunk);
      let last = 0;
      for (const { id, size } of oldest) {
        if (excess <= 0) break;
        last = Number(id);
        excess -= Number(size);
      }
      if (last === 0) return;
      this.database.transaction(() => {
        sql.dropIndexed.run(last);
        sql.dropAnswers.run(last);
      });
    }
  }
}

function numberIn(row: SqlRow | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}
