import { RunBusyError } from '../../analysis/store-errors.js';
import type { Database } from '../libsql/open-database.js';
import { prepareAll } from './prepare-all.js';
import type { RunRow } from './run-rows.js';
import { removalSql } from './run-sql.js';

/** So many rows are removed in one transaction, so that others may write in between. */
const chunk = 10_000;

/**
 * Removes a run, its outcomes and its answers, bit by bit, and gives their room back to the system where the file was made
 * for that. What is interrupted leaves a run that nobody goes on with, and can be done again.
 * @param find reads the run
 * @throws RunBusyError where somebody works on it
 */
export function removeRun(database: Database, find: () => RunRow, isAlive: (run: RunRow) => boolean): void {
  const sql = prepareAll(database, removalSql);
  const seq = database.transaction(() => {
    const run = find();
    if (run.owner && isAlive(run)) throw new RunBusyError(run.id, run.owner.pid, run.owner.host, run.owner.since);
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
  giveBack(
    () => Number(sql.freePages.get()?.freelist_count),
    () => sql.giveBack.all(),
  );
}

/** Until nothing is left, or nothing is given back. */
function giveBack(freePages: () => number, step: () => unknown): void {
  for (let before = freePages(); before > 0; ) {
    step();
    const after = freePages();
    if (after >= before) return;
    before = after;
  }
}
