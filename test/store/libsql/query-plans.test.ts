import { beforeAll, describe, expect, test } from 'vitest';
import {
  runListSql as checkpointLists,
  checkpointSql,
  childListSql,
  libsqlCheckpoints,
  pruneSql,
} from '../../../src/store/libsql/checkpoint-store.js';
import { type Database, openDatabase } from '../../../src/store/libsql/open-database.js';
import {
  workflowListSql as workflowList,
  workflowPruneSql,
  workflowSql,
} from '../../../src/store/libsql/workflow-sql.js';
import { libsqlWorkflows } from '../../../src/store/libsql/workflow-store.js';
import { checkpointStoreContract, workflowStoreContract } from '../../../src/testing/index.js';

const filters = [
  { workflow: false, status: false },
  { workflow: true, status: false },
  { workflow: false, status: true },
  { workflow: true, status: true },
];

const declared: Readonly<Record<string, string>> = {
  ...named('checkpoints', checkpointSql),
  ...named('checkpoints, list', checkpointLists),
  ...named('checkpoints, prune', pruneSql),
  'checkpoints, children': childListSql,
  ...named('workflows', workflowSql),
  ...named('workflows, prune', {
    all: workflowPruneSql({ workflow: false }),
    one: workflowPruneSql({ workflow: true }),
  }),
  ...named('workflows, list', Object.fromEntries(filters.map((one) => [JSON.stringify(one), workflowList(one)]))),
};

/** What the stores asked of the database while they kept every rule of their ports. */
const asked = new Set<string>();

beforeAll(async () => {
  const listening = (): Database => {
    const database = openDatabase(':memory:');
    return {
      ...database,
      prepare(sql) {
        asked.add(sql);
        return database.prepare(sql);
      },
    };
  };
  for (const { run } of checkpointStoreContract) {
    await run(() => {
      const database = listening();
      return { checkpoints: libsqlCheckpoints(database), close: database.close };
    });
  }
  for (const { run } of workflowStoreContract) {
    await run(() => {
      const database = listening();
      return { workflows: libsqlWorkflows(database), close: database.close };
    });
  }
});

describe('no query of the store', () => {
  test.for(Object.entries(declared))('reads a table from end to end, or sorts: %s', ([, sql]) => {
    expect(planOf(sql).filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([]);
  });

  test('is missing above: whatever the stores ask is declared', () => {
    expect([...asked].filter((sql) => !Object.values(declared).includes(sql))).toEqual([]);
    expect(Object.values(declared).filter((sql) => !asked.has(sql))).toEqual([]);
  });
});

describe('runs are listed along an index', () => {
  test.for<readonly [string, string]>([
    [checkpointLists.all, 'graph_runs USING INDEX graph_runs_by_time (created_at<?)'],
    [checkpointLists.graph, 'graph_runs USING INDEX graph_runs_by_graph (graph=?)'],
    [checkpointLists.status, 'graph_runs USING INDEX graph_runs_by_status (status=?)'],
    [checkpointLists.graphAndStatus, 'graph_runs USING INDEX graph_runs_by_graph_and_status (graph=? AND status=?)'],
    ...filters.map((filter, index): [string, string] => [
      workflowList(filter),
      [
        'workflow_runs USING INTEGER PRIMARY KEY (rowid<?)',
        'workflow_runs USING INDEX workflow_runs_workflow (workflow=? AND seq<?)',
        'workflow_runs USING INDEX workflow_runs_status (status=? AND seq<?)',
        'workflow_runs USING INDEX workflow_runs_workflow_status (workflow=? AND status=? AND seq<?)',
      ][index] ?? '',
    ]),
  ])('%s', ([sql, way]) => {
    expect(planOf(sql)).toEqual([`SEARCH ${way}`]);
  });
});

function named(store: string, texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, sql]) => [`${store}: ${name}`, sql]));
}

/** In a database of its own: the driver leaves an explained write in progress. */
function planOf(sql: string): string[] {
  const database = openDatabase(':memory:');
  libsqlCheckpoints(database);
  libsqlWorkflows(database);
  const holes = Array.from({ length: sql.split('?').length - 1 }, () => 1);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...holes);
  database.close();
  return plan.map(({ detail }) => String(detail));
}
