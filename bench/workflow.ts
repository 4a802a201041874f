import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Annotation, entrypoint, MemorySaver, START, StateGraph, task } from '@langchain/langgraph';
import {
  type AnyStep,
  createEngine,
  defineMapStep,
  defineStep,
  defineWorkflow,
  type Workflow,
} from '../src/orchestration/index.js';
import { memoryWorkflows } from '../src/orchestration/memory-store/memory-workflows.js';
import { openDatabase } from '../src/store/libsql/open-database.js';
import { libsqlWorkflows } from '../src/store/libsql/workflow-store.js';
import { writeSection } from './report.js';

/**
 * What a step of a workflow costs, against plain code and LangGraph.js, side by side in one run:
 *
 *   npx tsx bench/workflow.ts [--rounds 11]
 *
 * A chain of steps that do next to nothing, with the no-op observer. Rounds are interleaved; the median counts.
 */

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '11' } } });
const rounds = Number(values.rounds);
const steps = 100;

interface Contender {
  readonly name: string;
  /** Runs of the chain in one round. */
  readonly runs: number;
  run(input: number): Promise<unknown>;
  afterRound?(): void;
}

const ids = Array.from({ length: steps }, (_, index) => `s${index}`);
const add = async (n: number) => n + 1;

function chorale(): Workflow<number, number> {
  // The compiler follows a chain that it can see; this one is made in a loop.
  let builder = defineWorkflow('chain') as unknown as {
    thenStep(step: AnyStep): typeof builder;
    build(): Workflow<number, number>;
  };
  for (const id of ids) builder = builder.thenStep(defineStep({ id, run: (_, n: number) => add(n) }));
  return builder.build();
}

function langGraph(checkpointer?: MemorySaver) {
  const state = Annotation.Root({ n: Annotation<number> });
  const graph = new StateGraph(state) as unknown as {
    addNode(name: string, work: (state: { n: number }) => Promise<{ n: number }>): void;
    addEdge(from: string, to: string): void;
    compile(options: object): { invoke(input: { n: number }, config: object): Promise<unknown> };
  };
  for (const id of ids) graph.addNode(id, async ({ n }) => ({ n: await add(n) }));
  for (const [index, id] of ids.entries()) graph.addEdge(ids[index - 1] ?? START, id);
  const compiled = graph.compile({ checkpointer });
  let thread = 0;
  return (n: number) => {
    thread += 1;
    return compiled.invoke({ n }, { recursionLimit: 10 * steps, configurable: { thread_id: String(thread) } });
  };
}

function langGraphTasks() {
  const tasks = ids.map((id) => task(id, add));
  const flow = entrypoint({ name: 'chain' }, async (n: number) => {
    let value = n;
    for (const one of tasks) value = await one(value);
    return value;
  });
  return (n: number) => flow.invoke(n);
}

const folder = mkdtempSync(join(tmpdir(), 'chorale-bench-'));
const database = openDatabase(join(folder, 'runs.db'));
const workflow = chorale();
const durable = createEngine({ store: libsqlWorkflows(database) });
let memory = createEngine({ store: memoryWorkflows() });

const contenders: readonly Contender[] = [
  {
    name: 'plain async calls',
    runs: 300,
    async run(input) {
      let value = input;
      for (let step = 0; step < steps; step += 1) value = await add(value);
      return value;
    },
  },
  {
    name: 'chorale, memory store',
    runs: 60,
    run: (input) => memory.run(workflow, input),
    afterRound() {
      memory = createEngine({ store: memoryWorkflows() });
    },
  },
  { name: 'chorale, libsql store', runs: 15, run: (input) => durable.run(workflow, input) },
  { name: 'LangGraph.js, functional, no checkpoints', runs: 3, run: langGraphTasks() },
  { name: 'LangGraph.js, graph, no checkpoints', runs: 3, run: langGraph() },
  { name: 'LangGraph.js, graph, MemorySaver', runs: 1, run: langGraph(new MemorySaver()) },
];

const perStep = new Map<string, number[]>();
for (let round = -1; round < rounds; round += 1) {
  for (const { name, runs, run, afterRound } of contenders) {
    const start = performance.now();
    for (let n = 0; n < runs; n += 1) await run(n);
    const microseconds = ((performance.now() - start) * 1_000) / (runs * steps);
    afterRound?.();
    if (round >= 0) perStep.set(name, [...(perStep.get(name) ?? []), microseconds]);
  }
}

const items = 5_000;
const list = Array.from({ length: items }, (_, index) => index);
/** Items per second of a map step that records each. */
async function mapRate(concurrency: number): Promise<number> {
  const step = defineMapStep({ id: 'each', items: () => list, concurrency, run: (_, n) => add(n) });
  const map = defineWorkflow('map').thenStep(step).build();
  const rates: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const start = performance.now();
    await durable.run(map, null);
    if (round >= 0) rates.push((items * 1_000) / (performance.now() - start));
  }
  return median(rates);
}
const mapLines: string[] = [];
for (const concurrency of [1, 8, 64]) {
  mapLines.push(`| ${concurrency} | ${Math.round(await mapRate(concurrency)).toLocaleString('en')} |`);
}
const mapTable = [
  `| items of a map step of ${items.toLocaleString('en')} at once | items/s |`,
  '|--:|--:|',
  ...mapLines,
].join('\n');

database.close();
rmSync(folder, { recursive: true });

const medians = contenders.map(({ name }) => ({ name, us: median(perStep.get(name) ?? []) }));
const ours = medians.find(({ name }) => name === 'chorale, memory store')?.us ?? Number.NaN;
const lines = medians.map(
  ({ name, us }) =>
    `| ${name} | ${(us / ours).toFixed(2)} | ${us.toFixed(2)} | ${Math.round(1e6 / us).toLocaleString('en')} |`,
);
const table = [
  '| a step of a chain of 100 | time ÷ chorale in memory | µs per step | steps/s |',
  '|---|--:|--:|--:|',
  ...lines,
].join('\n');
console.log(`${table}\n\n${mapTable}`);
writeSection(
  'workflow',
  `## Workflow steps\n\n${table}\n\nMedian of ${rounds} interleaved rounds, no-op observer: \`npx tsx bench/workflow.ts --rounds ${rounds}\`. ` +
    'Every store records each completion before the next step begins; LangGraph.js writes the whole state at each node.\n\n' +
    `${mapTable}\n\nIn a libSQL file; results that are there in the same turn of the event loop are recorded in one transaction.`,
);

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
