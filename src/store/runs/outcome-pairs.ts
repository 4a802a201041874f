import type { OutcomeRecord } from '../../analysis/run-store.js';
import type { Database } from '../libsql/open-database.js';
import { type OutcomeCells, outcomeCellsSql, pagesOf, toOutcome } from './outcome-cells.js';

/** The part of a key that stands for the text, as `textPartOf` takes it. */
const textPart = "CASE instr(key, '.') WHEN 0 THEN key ELSE substr(key, 1, instr(key, '.') - 1) END";

/** Rows of one run with the place of each among those of the same text. */
const nth = `(SELECT position, text_part AS key, row_number() OVER (PARTITION BY text_part ORDER BY position) AS nth
    FROM (SELECT position, ${textPart} AS text_part FROM outcomes WHERE run = ? AND key IS NOT NULL))`;

/** How the rows of two runs are paired, in tables named after `table` that only this connection sees. */
function pairsSql(table: string) {
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

/** One text as two runs answered it. */
export interface OutcomePair {
  readonly a: OutcomeRecord;
  readonly b: OutcomeRecord;
}

/** Pairs the n-th row of a text in one run with the n-th in the other. @param table a new name for temporary tables */
export function* pairOutcomes(database: Database, runA: number, runB: number, table: string): Iterable<OutcomePair> {
  const sql = pairsSql(table);
  for (const create of sql.create) database.prepare(create).run();
  try {
    database.prepare(sql.fillKeys).run(runB);
    database.prepare(sql.fill).run(runA);
    const page = database.prepare(sql.page);
    const position = ([[first]]: readonly [OutcomeCells, OutcomeCells]) => first;
    for (const [a, b] of pagesOf((last, limit) => page.get(runA, runB, last, limit), position, database.path)) {
      yield { a: toOutcome(a), b: toOutcome(b) };
    }
  } finally {
    for (const drop of sql.drop) database.prepare(drop).run();
  }
}
