import { type Database, prepareAll, type SqlRow, type Statements } from '../libsql/open-database.js';

/** What the answers of this session that are not in the index yet are found by; it lives in memory. */
const recentTable = `CREATE TEMP TABLE IF NOT EXISTS recent_answers (
    fingerprint INTEGER NOT NULL,
    key TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, key)
  ) WITHOUT ROWID`;

/** Of outcomes and answers, for writing. A batch is one JSON text: to bind every cell costs more than to write it. */
const batchSql = {
  addOutcomes: `INSERT OR REPLACE INTO outcomes (run, position, key, status, answer, rest)
    SELECT ?, value->>0, value->>1, value->>2, value->>4, value->>5 FROM json_each(?)`,
  latestAnswer: 'SELECT coalesce(max(id), 0) AS id FROM answers',
  addAnswers: `INSERT INTO answers (fingerprint, key, run, at, size, answer)
    SELECT ?, value->>1, ?, ?, length(value->>4) + ${64}, value->>4 FROM json_each(?) WHERE value->>3 = 1`,
  addRecent: `INSERT OR REPLACE INTO recent_answers (fingerprint, key, id)
    SELECT fingerprint, key, id FROM answers WHERE id > ?`,
  indexAnswers: `INSERT OR REPLACE INTO answer_index (fingerprint, key, id)
    SELECT fingerprint, key, max(id) FROM answers
    WHERE id > (SELECT id FROM answer_mark) AND id <= ? GROUP BY fingerprint, key ORDER BY fingerprint, key`,
  mark: 'SELECT id FROM answer_mark',
  setMark: 'UPDATE answer_mark SET id = ?',
  clearRecent: 'DELETE FROM recent_answers',
  fileSize: 'SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size',
  answersSize: 'SELECT coalesce(sum(size), 0) AS size FROM answers',
  oldest: 'SELECT id, size FROM answers ORDER BY id LIMIT ?',
  dropIndexed: `DELETE FROM answer_index
    WHERE fingerprint IN (SELECT fingerprint FROM answers WHERE id <= ?1)
      AND key IN (SELECT key FROM answers WHERE id <= ?1) AND id <= ?1`,
  dropAnswers: 'DELETE FROM answers WHERE id <= ?',
} as const;

/** An answer by its text, from one of the two places where they are looked up: the runs that count, and since when. */
function answerFrom(table: 'recent_answers' | 'answer_index'): string {
  return `(SELECT '[1,' || answers.answer || ']' FROM ${table} AS found
    JOIN answers ON answers.id = found.id AND answers.fingerprint = found.fingerprint AND answers.key = found.key
    WHERE found.fingerprint = ?3 AND found.key = look.value->>1
      AND answers.at >= ?4 AND answers.run BETWEEN ?5 AND ?6)`;
}

const ownAnswer = `'[0,' || own.answer || ']'`;
const lookups = `FROM json_each(?1) AS look LEFT JOIN outcomes AS own ON own.run = ?2
  AND own.position = look.value->>0 AND own.key = look.value->>1 AND own.status = 0`;

/** All look-ups of one call as one JSON text, and all that was found as one: `[0 or 1, answer]` or `null` for each. */
const lookupSql = {
  own: `SELECT '[' || group_concat(coalesce(${ownAnswer}, 'null')) || ']' AS found ${lookups}`,
  all: `SELECT '[' || group_concat(coalesce(${ownAnswer}, ${answerFrom('recent_answers')},
    ${answerFrom('answer_index')}, 'null')) || ']' AS found ${lookups}`,
} as const;

/** The run that reads and writes. */
export interface CacheUser {
  readonly run: number;
  readonly fingerprint: number;
  /** Whose answers it may have: of every run, of itself, or only those of the same rows of itself. */
  readonly reach: 'all' | 'run' | 'row';
}

/** Number of answers that are found without the index: they are put into it in the order of their keys, all at once. */
const mostRecent = 65_536;
/** Number of answers that are dropped in one transaction. */
const chunk = 5_000;

/** Which answers are kept. */
export interface AnswerLimits {
  readonly maxAgeMs?: number | undefined;
  readonly maxBytes?: number | undefined;
}

/** The outcomes of runs, and the answers in them by text. */
export class AnswerCache {
  private readonly sql: Statements<typeof batchSql & typeof lookupSql>;
  private recent = 0;

  constructor(
    private readonly database: Database,
    private readonly limits: AnswerLimits,
  ) {
    database.prepare('PRAGMA temp_store = MEMORY').all();
    database.prepare(recentTable).run();
    this.sql = prepareAll(database, { ...batchSql, ...lookupSql });
  }

  /** Within a transaction. @param batch an array of outcomes, in JSON */
  add({ run, fingerprint }: CacheUser, batch: string, at: number): void {
    const { sql } = this;
    sql.addOutcomes.run(run, batch);
    const latest = numberIn(sql.latestAnswer.get(), 'id');
    if (sql.addAnswers.run(fingerprint, run, at, batch) > 0) this.recent += sql.addRecent.run(latest);
  }

  /** Fills the index when it is time to. What fails here is tried again later: the answers are found anyway. */
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
