import { type Database, prepareAll } from '../libsql/open-database.js';
import { type RunRow, requireFree } from './run-table.js';

const removalSql = {
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

/** Number of rows that are removed in one transaction, so that others may write in between. */
const chunk = 10_000;

/**
 * Removes a run, its outcomes and its answers in chunks, and returns the free pages to the system where the file allows it.
 * An interrupted removal leaves a run that cannot be resumed, and can be repeated.
 * @throws RunBusyError if a process works on the run
 */
export function removeRun(database: Database, find: () => RunRow): void {
  const sql = prepareAll(database, removalSql);
  const seq = database.transaction(() => {
    const run = find();
    requireFree(run);
    sql.claim.run(run.seq);
    return run.seq;
  });
  while (sql.dropOutcomes.run(seq, chunk) > 0);
  const found = sql.answersBetween.get(seq);
  if (typeof found?.first === 'number') {
    for (let first = found.first; first <= Number(found.last); first += chunk) {
      const last = first + chunk - 1;
      database.transaction(() => {
        sql.dropIndexed.run(first, last, seq);
        sql.dropAnswers.run(first, last, seq);
      });
    }
  }
  sql.dropRun.run(seq);
  const freePages = () => Number(sql.freePages.get()?.freelist_count);
  for (let before = Number.POSITIVE_INFINITY, free = freePages(); free > 0 && free < before; free = freePages()) {
    before = free;
    sql.giveBack.all();
  }
}
