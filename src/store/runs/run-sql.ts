import type { Migration } from '../libsql/open-database.js';
import { mergeFingerprints } from './merge-fingerprints.js';
import { outcomeCellsSql } from './run-rows.js';

/**
 * The tables of recorded runs, by schema version. `outcomes` grows at its end, row after row. `answers` is the cache, in
 * the order of age; `answer_index` finds them by text. A key is as good as random, so that each entry of that index
 * changes a page of its own: it is filled later, in the order of the keys, up to `answer_mark`. Since schema 2 an answer has
 * its label mass, and whether probabilities were requested, and both are no part of a fingerprint. Texts that people or
 * models wrote are within JSON, which escapes what the driver would alter. No text of a review is in any of them.
 */
export const runMigrations: readonly Migration[] = [
  `CREATE TABLE fingerprints (
     seq INTEGER PRIMARY KEY,
     hash TEXT NOT NULL UNIQUE,
     parts TEXT NOT NULL
   );
   CREATE TABLE runs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     command TEXT NOT NULL,
     fingerprint INTEGER NOT NULL,
     digest TEXT,
     choice TEXT NOT NULL,
     names TEXT NOT NULL,
     scan TEXT,
     configuration TEXT NOT NULL,
     status TEXT NOT NULL,
     started_at INTEGER NOT NULL,
     ended_at INTEGER,
     session TEXT,
     owner TEXT,
     heartbeat INTEGER,
     summary TEXT,
     answered INTEGER,
     failed INTEGER,
     skipped INTEGER
   );
   CREATE INDEX runs_by_content ON runs (digest);
   CREATE TABLE outcomes (
     run INTEGER NOT NULL,
     position INTEGER NOT NULL,
     key TEXT,
     status INTEGER NOT NULL,
     answer TEXT,
     rest TEXT NOT NULL,
     PRIMARY KEY (run, position)
   ) WITHOUT ROWID;
   CREATE TABLE answers (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     fingerprint INTEGER NOT NULL,
     key TEXT NOT NULL,
     run INTEGER NOT NULL,
     at INTEGER NOT NULL,
     size INTEGER NOT NULL,
     answer TEXT NOT NULL
   );
   CREATE TABLE answer_index (
     fingerprint INTEGER NOT NULL,
     key TEXT NOT NULL,
     id INTEGER NOT NULL,
     PRIMARY KEY (fingerprint, key)
   ) WITHOUT ROWID;
   CREATE TABLE answer_mark (one INTEGER PRIMARY KEY CHECK (one = 1), id INTEGER NOT NULL);
   INSERT INTO answer_mark (one, id) VALUES (1, 0);`,
  mergeFingerprints,
];

/** What the answers of this session that are not in the index yet are found by; it lives in memory. */
export const recentTable = `CREATE TEMP TABLE recent_answers (
    fingerprint INTEGER NOT NULL,
    key TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, key)
  ) WITHOUT ROWID`;

/** The columns of a run that its header is made of. */
const header = `runs.*, fingerprints.hash, fingerprints.parts
  FROM runs JOIN fingerprints ON fingerprints.seq = runs.fingerprint`;

/** Of runs. */
export const runSql = {
  addFingerprint: 'INSERT INTO fingerprints (hash, parts) VALUES (?, ?) ON CONFLICT DO NOTHING',
  fingerprint: 'SELECT seq FROM fingerprints WHERE hash = ?',
  same: `SELECT ${header} WHERE digest = ? AND command = ? AND hash = ? AND choice = ? ORDER BY runs.seq DESC LIMIT 1`,
  before: `SELECT ${header} WHERE command = ? AND names = ? ORDER BY runs.seq DESC LIMIT 1`,
  add: `INSERT INTO runs (id, command, fingerprint, digest, choice, names, scan, configuration, status, started_at,
      session, owner, heartbeat) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?)`,
  goOn: `UPDATE runs SET status = 'running', ended_at = NULL, names = ?, scan = coalesce(?, scan), configuration = ?,
      session = ?, owner = ?, heartbeat = ?, answered = NULL, failed = NULL, skipped = NULL WHERE seq = ?`,
  find: `SELECT ${header} WHERE id = ?`,
  startingWith: `SELECT ${header} WHERE substr(id, 1, length(?1)) = ?1 ORDER BY runs.seq DESC`,
  list: `SELECT ${header} ORDER BY runs.seq DESC`,
  scan: 'SELECT scan FROM runs WHERE digest = ? AND scan IS NOT NULL ORDER BY seq DESC LIMIT 1',
  owned: 'SELECT 1 FROM runs WHERE seq = ? AND session = ?',
  beat: 'UPDATE runs SET heartbeat = ? WHERE seq = ? AND session = ?',
  end: `UPDATE runs SET status = ?, ended_at = ?, summary = ?, answered = ?, failed = ?, skipped = ?,
      session = NULL, owner = NULL, heartbeat = NULL WHERE seq = ? AND session = ?`,
  letGo: 'UPDATE runs SET session = NULL, owner = NULL, heartbeat = NULL WHERE seq = ? AND session = ?',
  count: 'SELECT status, count(*) AS count FROM outcomes WHERE run = ? GROUP BY status',
} as const;

/** Of outcomes and answers, for writing. A batch is one JSON text: to bind every cell costs more than to write it. */
export const batchSql = {
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
export const recallSql = {
  own: `SELECT '[' || group_concat(coalesce(${ownAnswer}, 'null')) || ']' AS found ${lookups}`,
  all: `SELECT '[' || group_concat(coalesce(${ownAnswer}, ${answerFrom('recent_answers')},
    ${answerFrom('answer_index')}, 'null')) || ']' AS found ${lookups}`,
} as const;

/** Rows of one run with the place of each among those of the same text. */
const nth = `(SELECT position, key, row_number() OVER (PARTITION BY key ORDER BY position) AS nth
    FROM outcomes WHERE run = ? AND key IS NOT NULL)`;

/** Pages of a run, each as one JSON text; `pairs` stands for a table that `pairsTable` fills. */
export const archiveSql = {
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

/** How the rows of two runs are brought together, in tables named after `table` that only this connection sees. */
export function pairsSql(table: string) {
  return {
    create: [
      `CREATE TEMP TABLE ${table} (a INTEGER PRIMARY KEY, b INTEGER NOT NULL)`,
      `CREATE TEMP TABLE ${table}_keys (key TEXT, nth INTEGER, position INTEGER, PRIMARY KEY (key, nth)) WITHOUT ROWID`,
    ],
    fillKeys: `INSERT INTO ${table}_keys (key, nth, position) SELECT key, nth, position FROM ${nth}`,
    fill: `INSERT INTO ${table} (a, b) SELECT a.position, b.position FROM ${nth} AS a
      CROSS JOIN ${table}_keys AS b ON b.key = a.key AND b.nth = a.nth ORDER BY 1`,
    page: `SELECT '[' || group_concat(pair) || ']' AS page FROM (
      SELECT '[' || ${outcomeCellsSql('x')} || ',' || ${outcomeCellsSql('y')} || ']' AS pair FROM ${table}
        CROSS JOIN outcomes AS x ON x.run = ? AND x.position = a CROSS JOIN outcomes AS y ON y.run = ? AND y.position = b
      WHERE a > ? ORDER BY a LIMIT ?)`,
    drop: [`DROP TABLE ${table}_keys`, `DROP TABLE ${table}`],
  } as const;
}

/** For removing a run bit by bit. */
export const removalSql = {
  claim: `UPDATE runs SET status = 'interrupted', digest = NULL, session = NULL, owner = NULL, answered = NULL,
    failed = NULL, skipped = NULL WHERE seq = ?`,
  dropOutcomes: `DELETE FROM outcomes WHERE run = ?1 AND position IN
    (SELECT position FROM outcomes WHERE run = ?1 ORDER BY position LIMIT ?2)`,
  answersBetween: 'SELECT min(id) AS first, max(id) AS last FROM answers WHERE run = ?',
  dropIndexed: `DELETE FROM answer_index
    WHERE fingerprint = (SELECT fingerprint FROM runs WHERE seq = ?3)
      AND key IN (SELECT key FROM answers WHERE id BETWEEN ?1 AND ?2 AND run = ?3)
      AND id IN (SELECT id FROM answers WHERE id BETWEEN ?1 AND ?2 AND run = ?3)`,
  dropAnswers: 'DELETE FROM answers WHERE id BETWEEN ? AND ? AND run = ?',
  dropRun: 'DELETE FROM runs WHERE seq = ?',
  freePages: 'PRAGMA freelist_count',
  giveBack: 'PRAGMA incremental_vacuum(2000)',
} as const;
