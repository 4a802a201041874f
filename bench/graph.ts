import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Annotation, END, StateGraph as LangGraph, START } from '@langchain/langgraph';
import { keyEquals, StateGraph } from '../src/orchestration/index.js';
import { libsqlStore, type Store } from '../src/store/index.js';
import { writeSection } from './report.js';

const rounds = 9;
const nodeCount = 1_000;
const loopCount = 10_000;

interface Counter {
  readonly count: number;
}

/** One way of doing the same work; gives the count that it came to. */
type Contestant = () => Promise<number>;

function choraleLine(store?: Store): Contestant {
  const builder = new StateGraph<Counter>({
    name: 'line',
    maxIterations: nodeCount,
    ...(store && { checkpoints: { store } }),
  });
  for (let index = 0; index < nodeCount; index += 1) {
    builder.addNode(`n${index}`, async (state) => state.set('count', state.get('count') + 1));
    if (index > 0) builder.addEdge(`n${index - 1}`, `n${index}`);
  }
  const graph = builder
    .setEntryPoint('n0')
    .setExitPoint(`n${nodeCount - 1}`)
    .compile();
  return async () => (await graph.run({ count: 0 })).state.get('count');
}

function choraleLoop(): Contestant {
  const graph = new StateGraph<Counter>({ name: 'loop', maxIterations: loopCount + 1 })
    .addNode('add', async (state) => state.set('count', state.get('count') + 1))
    .addNode('done', async (state) => state)
    .addEdge('add', 'done', keyEquals('count', loopCount))
    .addEdge('add', 'add')
    .setEntryPoint('add')
    .setExitPoint('done')
    .compile();
  return async () => (await graph.run({ count: 0 })).state.get('count');
}

const channels = Annotation.Root({ count: Annotation<number> });

function langGraphLine(): Contestant {
  const builder = new LangGraph(channels) as unknown as LooseBuilder;
  for (let index = 0; index < nodeCount; index += 1) {
    builder.addNode(`n${index}`, async ({ count }) => ({ count: count + 1 }));
    builder.addEdge(index === 0 ? START : `n${index - 1}`, `n${index}`);
  }
  builder.addEdge(`n${nodeCount - 1}`, END);
  const graph = builder.compile();
  return async () => (await graph.invoke({ count: 0 }, { recursionLimit: nodeCount + 1 })).count;
}

function langGraphLoop(): Contestant {
  const graph = new LangGraph(channels)
    .addNode('add', async ({ count }) => ({ count: count + 1 }))
    .addNode('done', async () => ({}))
    .addEdge(START, 'add')
    .addConditionalEdges('add', ({ count }) => (count === loopCount ? 'done' : 'add'), ['add', 'done'])
    .addEdge('done', END)
    .compile();
  return async () => (await graph.invoke({ count: 0 }, { recursionLimit: loopCount + 2 })).count;
}

/** Names of nodes are types in LangGraph.js; those made in a loop have none. */
interface LooseBuilder {
  addNode(name: string, run: (state: Counter) => Promise<Counter>): unknown;
  addEdge(from: string, to: string): unknown;
  compile(): { invoke(state: Counter, options: { recursionLimit: number }): Promise<Counter> };
}

/** The same work without a graph: functions one after the other, a new object each time. */
function plain(count: number): Contestant {
  const functions = Array.from({ length: count }, () => async (state: Counter) => ({
    ...state,
    count: state.count + 1,
  }));
  return async () => {
    let state: Counter = { count: 0 };
    for (const run of functions) state = await run(state);
    return state.count;
  };
}

/** Median milliseconds of each contestant; their rounds are interleaved, and a first one is not counted. */
async function race(
  contestants: Readonly<Record<string, Contestant>>,
  expected: number,
): Promise<Record<string, number>> {
  const times = new Map(Object.keys(contestants).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = performance.now();
      const count = await run();
      const elapsed = performance.now() - start;
      if (count !== expected) throw new Error(`${name} came to ${count}, not to ${expected}`);
      if (round > 0) times.get(name)?.push(elapsed);
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, median(list)]));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const folder = mkdtempSync(join(tmpdir(), 'chorale-bench-'));
const store = libsqlStore({ path: join(folder, 'runs.db') });
try {
  const line = await race(
    {
      chorale: choraleLine(),
      'LangGraph.js': langGraphLine(),
      'plain code': plain(nodeCount),
      libsql: choraleLine(store),
    },
    nodeCount,
  );
  const loop = await race(
    { chorale: choraleLoop(), 'LangGraph.js': langGraphLoop(), 'plain code': plain(loopCount) },
    loopCount,
  );
  const rows = [
    row(`${nodeCount} nodes in sequence`, line, nodeCount),
    row(`a loop of ${loopCount} iterations`, loop, loopCount),
  ];
  const perSecond = Math.round(nodeCount / ((line.libsql ?? 0) / 1_000));
  const table = [
    '## State graph',
    '',
    'Async nodes that add one to a number, no-op observer; the median of 9 interleaved rounds (`npx tsx bench/graph.ts`).',
    '',
    '| | faster than LangGraph.js | slower than plain code | chorale | LangGraph.js | plain code |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    `With a checkpoint in a libSQL file after every node: ${perSecond.toLocaleString('en')} nodes/s (${ms(line.libsql)} for ${nodeCount} nodes).`,
  ].join('\n');
  console.log(table);
  writeSection('graph', table);
} finally {
  store.close();
  rmSync(folder, { recursive: true, force: true });
}

function row(what: string, times: Record<string, number>, count: number): string {
  const { chorale = 0, 'LangGraph.js': peer = 0, 'plain code': bare = 0 } = times;
  const cells = [chorale, peer, bare].map((time) => `${ms(time)} (${((time * 1_000) / count).toFixed(2)} µs each)`);
  return `| ${what} | ${(peer / chorale).toFixed(0)} × | ${(chorale / bare).toFixed(1)} × | ${cells.join(' | ')} |`;
}

function ms(time = 0): string {
  return `${time.toFixed(time < 10 ? 2 : 0)} ms`;
}
