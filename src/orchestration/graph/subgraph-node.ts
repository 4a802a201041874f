import { InvalidOptionError } from '../../foundation/errors/chorale-error.js';
import { requireKnown } from '../../foundation/known-options.js';
import type { Awaitable } from '../awaitable.js';
import { requireFunction } from '../require-option.js';
import { Graph } from './graph.js';
import { GraphPausedError } from './graph-errors.js';
import type { GraphResult } from './graph-run.js';
import { type NodeContext, type NodeFunction, nodeProgress } from './graph-shape.js';
import { stateOf } from './node-output.js';
import { type NodeProgress, pausesOf } from './node-progress.js';
import { deepEqual } from './predicates.js';
import { State } from './state.js';

/** How the states of a graph and of one inside it become each other. */
export interface SubgraphMapping<T extends object, U extends object> {
  /** Gives the data with which the inner graph begins. @default all data of the state */
  readonly input?: ((state: State<T>) => U) | undefined;
  /** Gives the state after the node, or the changed keys. @default all keys of the inner state that differ */
  readonly output?: ((inner: State<U>, state: State<T>) => Awaitable<State<T> | Partial<T>>) | undefined;
}

const subgraphs = new WeakSet<object>();

/** Whether a node runs another graph. */
export function isSubgraph(node: object): boolean {
  return subgraphs.has(node);
}

/**
 * A node that runs another graph, with the secrets of the state. Where the outer graph has checkpoints, the inner run is saved
 * in the same store, as a child of the outer run: a resumed run continues inside the inner graph. A pause in it pauses the
 * outer run.
 *
 * @throws InvalidOptionError
 *
 * @example
 * outer.addNode('research', subgraphNode(research));
 */
export function subgraphNode<T extends object, U extends object = T>(
  graph: Graph<U>,
  mapping: SubgraphMapping<T, U> = {},
): NodeFunction<T> {
  if (!(graph instanceof Graph)) throw new InvalidOptionError('graph', 'a compiled graph', graph);
  requireKnown('subgraphNode', mapping, { input: true, output: true });
  const { input = (state: State<T>) => state.data as unknown as U, output = changedKeys } = mapping;
  requireFunction('input', input);
  requireFunction('output', output);
  const node: NodeFunction<T> = async (state, context) => {
    const secrets = Object.fromEntries(state.secretNames().map((name) => [name, state.secret(name)]));
    const inner = await runInside(graph, input(state), secrets, context);
    return stateOf(state, await output(inner.state, state), 'node');
  };
  subgraphs.add(node);
  return node;
}

async function runInside<U extends object>(
  graph: Graph<U>,
  data: U,
  secrets: Readonly<Record<string, unknown>>,
  context: NodeContext,
): Promise<GraphResult<U>> {
  const { signal, runtime, observer, [nodeProgress]: progress } = context;
  const home = await progress?.keeper.home();
  const nested = graph.nested(observer, home);
  if (!progress || !home) return nested.run(State.create<U>(data, { secrets, runtime }), { signal });
  const { store } = home.checkpoints;
  const runId = `${home.parent.runId}/${home.parent.iteration}/${progress.scope}`;
  const options = { signal, secrets, takeOver: true };
  let run = async () =>
    (await store.find(runId))
      ? nested.resume(runId, options)
      : nested.run(State.create<U>(data, { runId, secrets, runtime }), { signal });
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof GraphPausedError)) throw error;
      const value = await answerOf(progress, await store.records(runId), error);
      run = () => nested.resume(runId, { ...options, value });
    }
  }
}

/** The answer that the outer run has for the open pause of the inner one. */
function answerOf(progress: NodeProgress, records: Parameters<typeof pausesOf>[0], error: GraphPausedError): unknown {
  const open = pausesOf(records).find((pause) => !Object.hasOwn(pause, 'value'));
  if (!open) throw error;
  const place = records.find(({ key }) => key === open.key)?.iteration;
  return progress.pauseAt(`pause ${place} ${encodeURIComponent(open.key)}`, open.reason, open.payload);
}

function changedKeys<T extends object, U extends object>(inner: State<U>, state: State<T>): Partial<T> {
  const before: Readonly<Record<string, unknown>> = { ...state.data };
  const changed = Object.entries(inner.data).filter(
    ([key, value]) => !state.has(key) || !deepEqual(before[key], value),
  );
  return Object.fromEntries(changed) as Partial<T>;
}
