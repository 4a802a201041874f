import { createHash } from 'node:crypto';
import type { Database } from '../libsql/open-database.js';

/** A part of the fingerprints of schema 1. Since schema 2 each answer says whether it came with probabilities. */
const droppedPart = 'alternatives per token';

/**
 * Leads from schema 1 to 2: takes the number of alternatives per token out of the fingerprints, so that runs with and
 * without probabilities share their answers, and runs of an earlier version are resumed. Fingerprints that are the same
 * then become one: the one that was recorded first.
 */
export function mergeFingerprints(database: Pick<Database, 'prepare'>): void {
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

/** Damaged ones are left as they are: whoever uses them is told. */
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
