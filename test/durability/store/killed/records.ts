import type { SqlRow } from '../../../../src/store/libsql/open-database.js';
import type { Lives } from './lives.js';

/** What the database holds of a run: by the name under which the log notes it, or as a pause or an answer. */
export type Records = ReadonlyMap<string, unknown>;

/** The steps that are completed, the items of the map step `check`, the pauses and their answers. */
export function workflowRecords(lives: Lives): Records {
  const records = new Map<string, unknown>();
  for (const { step, status, output } of rowsOf(lives, 'workflow_steps')) {
    if (status !== 'completed') continue;
    records.set(`${step}`, output);
    // The items of a completed step are dropped: its output has them.
    const results: unknown[] = step === 'check' ? JSON.parse(String(output)) : [];
    for (const [index, result] of results.entries()) records.set(`check ${index}`, JSON.stringify(result));
  }
  for (const { step, item, value } of rowsOf(lives, 'workflow_items')) {
    if (Number(item) >= 0) records.set(`${step} ${item}`, value);
  }
  for (const row of rowsOf(lives, 'workflow_pauses')) {
    const place = `${row.step} ${row.item} ${row.number}`;
    records.set(`pause at ${place}`, [row.reason, row.payload, row.paused_at].join());
    if (row.answered_at !== null) records.set(`answer at ${place}`, JSON.parse(String(row.value)));
  }
  return records;
}

/** The nodes that are done, the pauses and their answers. */
export function graphRecords(lives: Lives): Records {
  const records = new Map<string, unknown>();
  for (const { iteration, node, saved_at } of rowsOf(lives, 'graph_checkpoints')) {
    if (node !== null) records.set(`${iteration} ${node}`, saved_at);
  }
  for (const { iteration, key, json } of rowsOf(lives, 'graph_records')) {
    const { value, ...pause } = JSON.parse(String(json));
    records.set(`pause at ${iteration} ${key}`, JSON.stringify(pause));
    if (value !== undefined) records.set(`answer at ${iteration} ${key}`, value);
  }
  return records;
}

/** The nodes that are done, of the graph and of those in it, and the branches and items that are. */
export function nestedGraphRecords(lives: Lives): Records {
  const records = new Map<string, unknown>();
  const graphs = new Map(rowsOf(lives, 'graph_runs').map(({ run_id, graph }) => [run_id, graph]));
  for (const { run_id, iteration, node, saved_at } of rowsOf(lives, 'graph_checkpoints')) {
    if (node !== null) records.set(`${graphs.get(run_id)} ${iteration} ${node}`, saved_at);
  }
  for (const { run_id, iteration, key, json } of rowsOf(lives, 'graph_records')) {
    const [node, branch] = String(key).split('/done ');
    // A node is counted where it ends; its branches are recorded before.
    if (branch) records.set(`${graphs.get(run_id)} ${Number(iteration) + 1} ${node} ${branch}`, json);
  }
  return records;
}

function rowsOf(lives: Lives, table: string): SqlRow[] {
  return lives.read(table, (database) => database.prepare(`SELECT * FROM ${table}`).all(), []);
}
