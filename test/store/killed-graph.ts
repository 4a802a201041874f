import { appendFileSync } from 'node:fs';
import { type Graph, keyEquals, not, StateGraph } from '../../src/orchestration/index.js';
import { type Database, libsqlCheckpoints } from '../../src/store/index.js';

/** What the twelve nodes make: a list of what was done, and a few values that change at every node. */
export interface Work {
  readonly done: readonly string[];
  readonly sum: number;
  readonly round: number;
  readonly draft?: string;
}

export const beginning: Work = { done: [], sum: 0, round: 0 };

const names = ['load', 'clean', 'split', 'count', 'draft', 'check', 'fix', 'merge', 'rank', 'write', 'review', 'close'];

/** A graph of twelve nodes, of which three run twice; each tells in a file beside the store that it has run. */
export function killedGraph(database: Database, log: string): Graph<Work> {
  const store = { checkpoints: libsqlCheckpoints(database) };
  const graph = new StateGraph<Work>({ name: 'killed', checkpoints: { store, preserve: true } });
  for (const [index, name] of names.entries()) {
    graph.addNode(name, async (state, { iteration }) => {
      appendFileSync(log, `${iteration} ${name}\n`);
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

/** A database that calls back around the n-th write: when it is made and not yet committed, and when it is. */
export function watched(database: Database, onWrite: (write: number, committed: boolean) => void): Database {
  let writes = 0;
  let inside = false;
  const single = <T>(run: () => T): T => {
    const write = ++writes;
    onWrite(write, false);
    const result = run();
    onWrite(write, true);
    return result;
  };
  const several = <T>(work: () => T): T => {
    const write = ++writes;
    const result = database.transaction(() => {
      inside = true;
      try {
        const made = work();
        onWrite(write, false);
        return made;
      } finally {
        inside = false;
      }
    });
    onWrite(write, true);
    return result;
  };
  return {
    ...database,
    prepare(sql) {
      const { run, ...statement } = database.prepare(sql);
      return { ...statement, run: (...values) => (inside ? run(...values) : single(() => run(...values))) };
    },
    transaction: several,
  };
}
