import { createHash } from 'node:crypto';
import type { Database, Migration } from '../libsql/open-database.js';

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

/** A part of the fingerprints of schema 1. Since schema 2 each answer says whether it came with probabilities. */
const droppedPart = 'alternatives per token';

/**
 * Leads from schema 1 to 2: takes the number of alternatives per token out of the fingerprints, so that runs with and
 * without probabilities share their answers, and runs of an earlier version are resumed. Fingerprints that are the same
 * then become one: the one that was recorded first.
 */
function mergeFingerprints(database: Pick<Database, 'prepare'>): void {
  const known = database.prepare('SELECT seq FROM fingerprints WHERE hash = ?');
  const change = database.prepare('UPDATE fingerprints SET hash = ?, parts = ? WHERE seq = ?');
  for (const { seq = null, hash = null, parts } of database.prepare('SELECT * FROM fingerprints ORDER BY seq').all()) {
    const { [droppedPart]: dropped, ...kept } = parsedParts(String(parts));
    if (dropped === undefined) continue;
    const text = JSON.stringify(kept);
    const newHash = createHash('sha256').update(text).digest('hex');
    const same = known.get(newHash)?.seq ?? null;
    if (same !== null && newHash !== hash) merge(database, Number(seq), Number(same));
    else change.run(newHash, text, seq);
  }
}

/** Leaves damaged ones unchanged: their reader reports the error. */
function parsedParts(json: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

/** Puts what belongs to one fingerprint under another one. Of two answers to a text the index keeps the latest. */
function merge({ prepare }: Pick<Database, 'prepare'>, from: number, into: number): void {
  prepare('UPDATE runs SET fingerprint = ? WHERE fingerprint = ?').run(into, from);
  prepare('UPDATE answers SET fingerprint = ? WHERE fingerprint = ?').run(into, from);
  prepare(`INSERT INTO answer_index (fingerprint, key, id) SELECT ?, key, id FROM answer_index WHERE fingerprint = ?
    ON CONFLICT (fingerprint, key) DO UPDATE SET id = max(id, excluded.id)`).run(into, from);
  prepare('DELETE FROM answer_index WHERE fingerprint = ?').run(from);
  prepare('DELETE FROM fingerprints WHERE seq = ?').run(from);
}
