import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../../../src/store/libsql/workflow-runs.js';
import { listSql, workflowSql } from '../../../src/store/libsql/workflow-sql.js';

const database = openDatabase(':memory:');
libsqlWorkflows(database);

function planOf(sql: string): string[] {
  const holes = sql.split('?').length - 1;
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array.from({ length: holes }, () => 1));
  return rows.map(({ detail }) => String(detail));
}

test.for(Object.entries(workflowSql))('%s reads no table from end to end', ([, sql]) => {
  expect(planOf(sql).filter((detail) => /SCAN/.test(detail))).toEqual([]);
});

test.for([
  [false, false, 'INTEGER PRIMARY KEY (rowid<?)'],
  [true, false, 'INDEX workflow_runs_workflow (workflow=? AND seq<?)'],
  [false, true, 'INDEX workflow_runs_status (status=? AND seq<?)'],
  [true, true, 'INDEX workflow_runs_workflow_status (workflow=? AND status=? AND seq<?)'],
] as const)(
  'list by workflow (%s) and status (%s) goes along an index, without sorting',
  ([workflow, status, index]) => {
    expect(planOf(listSql({ workflow, status }))).toEqual([`SEARCH workflow_runs USING ${index}`]);
  },
);
