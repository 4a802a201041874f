import { appendFileSync } from 'node:fs';
import {
  createEngine,
  defineStep,
  defineWorkflow,
  nodeRuntime,
  type Observer,
  type Runtime,
  StateGraph,
} from '../../../src/orchestration/index.js';
import type { Store } from '../../../src/orchestration/memory-store/memory-store.js';

/** Who works, and what it does in the middle of its work. */
export interface Worker {
  readonly name: string;
  readonly store: Store;
  /** Gets a line for every node and step that runs. */
  readonly log: string;
  /** What the second of three nodes or steps waits for. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  readonly leaseMs: number;
  readonly runtime?: Runtime;
  readonly observer?: Observer;
}

type Signed = { readonly by: readonly string[] };

/** Three nodes, each of which signs the state. */
export function signedGraph({ name, store, log, pause, leaseMs, runtime = nodeRuntime, observer }: Worker) {
  const graph = new StateGraph<Signed>({
    name: 'signed',
    runtime,
    observer,
    checkpoints: { store, leaseMs, preserve: true },
  });
  for (const node of ['a', 'b', 'c']) {
    graph.addNode(node, async (state, { signal }) => {
      appendFileSync(log, `${name} ${node}\n`);
      if (node === 'b') await pause(signal);
      return state.set('by', [...state.get('by'), `${name} ${node}`]);
    });
  }
  return graph.addEdge('a', 'b').addEdge('b', 'c').setEntryPoint('a').setExitPoint('c').compile();
}

/** Three steps, each of which signs what the one before gave. */
export function signedWorkflow({ name, log, pause }: Pick<Worker, 'name' | 'log' | 'pause'>) {
  const sign = <const Id extends string>(id: Id) =>
    defineStep({
      id,
      retries: 0,
      timeoutMs: Number.POSITIVE_INFINITY,
      run: async ({ signal }, by: readonly string[]) => {
        appendFileSync(log, `${name} ${id}\n`);
        if (id === 'b') await pause(signal);
        return [...by, `${name} ${id}`];
      },
    });
  return defineWorkflow('signed').thenStep(sign('a')).thenStep(sign('b')).thenStep(sign('c')).build();
}

export function engineOf({ store, leaseMs, runtime = nodeRuntime, observer }: Worker) {
  return createEngine({ store, leaseMs, runtime, observer });
}

/** A machine whose clock is ahead by so many milliseconds. */
export function ahead(byMs: number): Runtime {
  return { ...nodeRuntime, wallTime: () => nodeRuntime.wallTime() + byMs };
}
