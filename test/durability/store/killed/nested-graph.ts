import { appendFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import type { CheckpointStore } from '../../../../src/orchestration/graph/checkpoint-store.js';
import { type Observer, State, StateGraph, subgraphNode } from '../../../../src/orchestration/index.js';
import { libsqlCheckpoints } from '../../../../src/store/libsql/checkpoint-store.js';
import { openDatabase } from '../../../../src/store/libsql/open-database.js';

const runId = 'nested';
const itemCount = 24;
/** Items of the list in flight at once, and the largest number of branches that a kill interrupts. */
export const mostInFlight = 4;

interface Report {
  readonly lines: readonly string[];
}

const join = (a: readonly string[], b: readonly string[]) => [...a, ...b];

/** A line of three nodes. */
function innerGraph(name: string, log: string) {
  const names = ['find', 'read', 'sum'];
  const graph = new StateGraph<Report>({ name });
  for (const [index, node] of names.entries()) {
    graph.addNode(node, async (state, { iteration }) => {
      appendFileSync(log, `ran ${name} ${iteration} ${node}\n`);
      await after(1);
      return { lines: [...state.get('lines'), `${name} ${node}`] };
    });
    if (index > 0) graph.addEdge(names[index - 1] ?? '', node);
  }
  return graph.setEntryPoint('find').setExitPoint('sum').compile();
}

/** A subgraph, branches of which one is a subgraph, and a branch for each item of a list. A file tells what has run. */
function nestedGraph(checkpoints: CheckpointStore, log: string) {
  const observer: Observer = {
    onEvent({ type, source, data }) {
      if (type === 'node.complete' && !data.error)
        appendFileSync(log, `told ${source} ${data.iteration} ${data.node}\n`);
      if (type === 'branch.complete' && !data.error)
        appendFileSync(log, `told ${source} ${data.iteration} ${data.node} ${data.branch}\n`);
    },
  };
  const note = (iteration: number, place: string) => appendFileSync(log, `ran outer ${iteration} ${place}\n`);
  const output = (inner: State<Report>) => ({ lines: inner.get('lines') });
  return new StateGraph<Report>({ name: 'outer', observer, checkpoints: { store: { checkpoints }, preserve: true } })
    .addNode('begin', (state, { iteration }) => {
      note(iteration, 'begin');
      return state;
    })
    .addNode('research', subgraphNode<Report>(innerGraph('research', log), { output }))
    .addNode('facts', async (_, { iteration }) => {
      note(iteration, 'study facts');
      await after(2);
      return { lines: ['facts'] };
    })
    .addNode('mood', (_, { iteration }) => {
      note(iteration, 'study mood');
      return { lines: ['mood'] };
    })
    .addNode('proof', subgraphNode<Report>(innerGraph('proof', log), { input: () => ({ lines: [] }), output }))
    .addBranches('study', ['facts', 'mood', 'proof'], { join: 'letters', reducers: { lines: join } })
    .addMap('letters', {
      items: () => Array.from({ length: itemCount }, (_, index) => index),
      concurrency: mostInFlight,
      run: async (item, _, { iteration, index }) => {
        note(iteration, `letters item ${index}`);
        await after(index % 3);
        return { lines: [`letter ${item}`] };
      },
      join: 'end',
      reducers: { lines: join },
    })
    .addNode('end', (state, { iteration }) => {
      note(iteration, 'end');
      return { lines: [...state.get('lines'), 'end'] };
    })
    .addEdge('begin', 'research')
    .addEdge('research', 'study')
    .setEntryPoint('begin')
    .setExitPoint('end')
    .compile();
}

/** Runs the graph, or resumes it. */
export async function goOnWithNestedGraph(path: string, log: string) {
  const database = openDatabase(path);
  try {
    const store = libsqlCheckpoints(database);
    const graph = nestedGraph(store, log);
    const known = await store.find(runId);
    return await (known
      ? graph.resume(runId, { takeOver: true })
      : graph.run(State.create<Report>({ lines: [] }, { runId })));
  } finally {
    database.close();
  }
}
