import { appendFileSync } from 'node:fs';
import type { CheckpointStore } from '../../../../src/orchestration/graph/checkpoint-store.js';
import { GraphPausedError, type Observer, State, StateGraph } from '../../../../src/orchestration/index.js';
import { libsqlCheckpoints } from '../../../../src/store/libsql/checkpoint-store.js';
import { openDatabase } from '../../../../src/store/libsql/open-database.js';
import { answerTo, noteUse } from './answers.js';

const runId = 'asking';

interface Letter {
  readonly parts: readonly string[];
}

/** Five nodes, of which two ask: one once, one twice. A file tells what has run. */
function askingGraph(checkpoints: CheckpointStore, log: string) {
  const observer: Observer = {
    onEvent({ type, data }) {
      if (type === 'node.complete' && !data.error && !data.paused)
        appendFileSync(log, `told ${data.iteration} ${data.node}\n`);
    },
  };
  const graph = new StateGraph<Letter>({
    name: 'asking',
    observer,
    checkpoints: { store: { checkpoints }, preserve: true },
  });
  const questions: Readonly<Record<string, readonly string[]>> = {
    check: ['right?'],
    approve: ['approve?', 'really?'],
  };
  const names = ['write', 'check', 'change', 'approve', 'send'];
  for (const [index, name] of names.entries()) {
    graph.addNode(name, (state, { iteration, pause }) => {
      appendFileSync(log, `ran ${iteration} ${name}\n`);
      const parts = [...state.get('parts'), name];
      for (const reason of questions[name] ?? []) {
        parts.push(noteUse(log, `${name} ${parts.length}`, pause<string>(reason, { parts })));
      }
      return state.set('parts', parts);
    });
    const before = names[index - 1];
    if (before !== undefined) graph.addEdge(before, name);
  }
  return graph.setEntryPoint('write').setExitPoint('send').compile();
}

/** Runs the graph, or resumes it, and answers what it asks. */
export async function goOnWithPausedGraph(path: string, log: string) {
  return withGraph(path, log, async (graph, next) => {
    for (let run = next(); ; ) {
      try {
        return await run;
      } catch (error) {
        if (!(error instanceof GraphPausedError)) throw error;
        run = graph.resume(runId, { takeOver: true, value: answerTo(log, error.pauses[0]?.reason ?? '') });
      }
    }
  });
}

/** What the run rejects with when nobody answers; nothing runs then. */
export function runGraphUnanswered(path: string, log: string): Promise<unknown> {
  return withGraph(path, log, (_, next) => next().catch((error) => error));
}

type AskingGraph = ReturnType<typeof askingGraph>;

async function withGraph<R>(
  path: string,
  log: string,
  use: (graph: AskingGraph, next: () => ReturnType<AskingGraph['run']>) => Promise<R>,
): Promise<R> {
  const database = openDatabase(path);
  try {
    const store = libsqlCheckpoints(database);
    const graph = askingGraph(store, log);
    const known = await store.find(runId);
    return await use(graph, () =>
      known ? graph.resume(runId, { takeOver: true }) : graph.run(State.create<Letter>({ parts: [] }, { runId })),
    );
  } finally {
    database.close();
  }
}
