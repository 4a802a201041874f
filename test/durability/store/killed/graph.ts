import { appendFileSync } from 'node:fs';
import { keyEquals, not, type Observer, State, StateGraph } from '../../../../src/orchestration/index.js';
import type { CheckpointStore } from '../../../../src/store/index.js';
import { libsqlCheckpoints } from '../../../../src/store/libsql/checkpoint-store.js';
import { openDatabase } from '../../../../src/store/libsql/open-database.js';

/** What the twelve nodes make: a list of what was done, and a few values that change at every node. */
export interface Work {
  readonly done: readonly string[];
  readonly sum: number;
  readonly round: number;
  readonly draft?: string;
}

const beginning: Work = { done: [], sum: 0, round: 0 };
const runId = 'killed';

const names = ['load', 'clean', 'split', 'count', 'draft', 'check', 'fix', 'merge', 'rank', 'write', 'review', 'close'];

/**
 * A graph of twelve nodes, of which three run twice. A file beside the store tells which have run, and of which the
 * engine has told that they are done.
 */
function killedGraph(checkpoints: CheckpointStore, log: string) {
  const observer: Observer = {
    onEvent({ type, data }) {
      if (type === 'node.complete' && !data.error) appendFileSync(log, `told ${data.iteration} ${data.node}\n`);
    },
  };
  const graph = new StateGraph<Work>({
    name: 'killed',
    observer,
    checkpoints: { store: { checkpoints }, preserve: true },
  });
  for (const [index, name] of names.entries()) {
    graph.addNode(name, async (state, { iteration }) => {
      appendFileSync(log, `ran ${iteration} ${name}\n`);
      const next = state.set('done', [...state.get('done'), name]).set('sum', state.get('sum') * 2 + index);
      if (name === 'draft') return next.set('draft', `draft ${state.get('round')}`);
      if (name === 'fix') return next.set('round', state.get('round') + 1);
      return name === 'close' ? next.delete('draft') : next;
    });
  }
  for (const [index, name] of names.slice(1).entries()) {
    const from = names[index] ?? '';
    if (name === 'merge') graph.addEdge('fix', 'draft', not(keyEquals('round', 2)), 'once more');
    graph.addEdge(from, name);
  }
  return graph.setEntryPoint('load').setExitPoint('close').compile();
}

/** Runs the graph, or goes on with it. */
export async function goOnWithGraph(path: string, log: string) {
  const database = openDatabase(path);
  try {
    const store = libsqlCheckpoints(database);
    const graph = killedGraph(store, log);
    const known = await store.find(runId);
    return await (known ? graph.resume(runId, { takeOver: true }) : graph.run(State.create(beginning, { runId })));
  } finally {
    database.close();
  }
}
