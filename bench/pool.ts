/**
 * A pool of two unequal servers against what each reaches alone, added up.
 *
 *     npm run build && npx tsx bench/pool.ts
 *
 * Prints its table, writes it into docs/benchmarks.md, and exits with 1 when a target is missed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createPool, type Model, type ModelRequest, processParallel } from 'chorale';
import { Pool as Connections } from 'undici';
import { renderMachine, renderTable, writeSection } from './report.js';
import { messageOf } from './slots.js';

interface Server {
  readonly slots: number;
  /** Mean service time. */
  readonly meanMs: number;
}

interface Case {
  readonly name: string;
  readonly servers: readonly [Server, Server];
  readonly workers: number;
}

interface Round {
  /** Questions per second of each server alone, and of both as a pool. */
  readonly alone: readonly number[];
  readonly pooled: number;
  /** Part of the pool's answers that came from the first server. */
  readonly share: number;
}

const target = 0.95;
const rounds = 3;
const secondsEach = 8;

const cases: readonly Case[] = [
  {
    name: '1 : 3 by speed',
    servers: [
      { slots: 2, meanMs: 90 },
      { slots: 2, meanMs: 30 },
    ],
    workers: 8,
  },
  {
    name: '1 : 4 by slots',
    servers: [
      { slots: 1, meanMs: 50 },
      { slots: 4, meanMs: 50 },
    ],
    workers: 8,
  },
  {
    name: 'a CPU and a GPU',
    servers: [
      { slots: 1, meanMs: 200 },
      { slots: 8, meanMs: 40 },
    ],
    workers: 16,
  },
];

const request: ModelRequest = {
  input: { kind: 'completion', prompt: '' },
  subject: '',
  labels: ['positive', 'negative'],
  options: { maxOutputTokens: 1, contextTokens: 4_096, temperature: 0, seed: 1, stopSequences: [] },
};

/** A slot server as a model. */
function modelAt(port: number): Model {
  const connections = new Connections(`http://127.0.0.1:${port}`, { connections: 64, pipelining: 1 });
  return {
    provider: 'slots',
    name: 'slots',
    caveat: null,
    async prepare() {
      const { body } = await connections.request({ path: '/warm-up', method: 'GET' });
      await body.dump();
      return { serverVersion: null, loadMs: null };
    },
    async ask(_, { signal }) {
      const startedAt = performance.now();
      const { body } = await connections.request({ path: '/', method: 'GET', signal });
      const text = await body.text();
      const totalMs = performance.now() - startedAt;
      return {
        text,
        finishReason: 'stop',
        usage: { promptTokens: null, completionTokens: null },
        durations: { totalMs, firstTokenMs: null, queueMs: null, loadMs: null },
        logprobs: null,
      };
    },
    close: () => connections.close(),
  };
}

/** Questions per second, and the first server's part of the answers. */
async function measure(servers: readonly Server[], workers: number, seed: number) {
  const children: ChildProcess[] = [];
  const upstreams: { readonly server: string; readonly model: Model }[] = [];
  for (const [index, { slots, meanMs }] of servers.entries()) {
    const path = fileURLToPath(new URL('slot-server.ts', import.meta.url));
    const child = fork(path, [String(slots), String(seed + index), String(meanMs)]);
    children.push(child);
    const { port } = await messageOf(child, 'port');
    upstreams.push({ server: `http://127.0.0.1:${port}`, model: modelAt(port) });
  }
  const pool = createPool({ upstreams });
  try {
    await pool.prepare(request, { signal: new AbortController().signal });
    const perSecond = servers.reduce((sum, { slots, meanMs }) => sum + (slots * 1_000) / meanMs, 0);
    const items = Array.from({ length: Math.round(perSecond * secondsEach) });
    const startedAt = performance.now();
    await processParallel(items, (_, { signal }) => pool.ask(request, { signal }), { maxWorkers: workers });
    const seconds = (performance.now() - startedAt) / 1_000;
    return { rate: items.length / seconds, share: pool.metrics()[0]?.share ?? 0 };
  } finally {
    await pool.close();
    for (const child of children) child.disconnect();
  }
}

async function measureCase({ name, servers, workers }: Case): Promise<Round> {
  const results: (Round & { readonly ratio: number })[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`${name}: round ${round} of ${rounds}\n`);
    const alone: number[] = [];
    for (const server of servers) alone.push((await measure([server], workers, round)).rate);
    const { rate: pooled, share } = await measure(servers, workers, round);
    results.push({ alone, pooled, share, ratio: ratioOf({ alone, pooled }) });
  }
  const median = results.toSorted((a, b) => a.ratio - b.ratio)[Math.floor(rounds / 2)];
  if (!median) throw new Error('no round');
  return median;
}

function ratioOf({ alone, pooled }: Pick<Round, 'alone' | 'pooled'>): number {
  return pooled / alone.reduce((sum, rate) => sum + rate, 0);
}

const rows: string[][] = [];
let missed = false;
for (const given of cases) {
  const round = await measureCase(given);
  const ratio = ratioOf(round);
  missed ||= !(ratio >= target);
  rows.push([
    given.name,
    given.servers.map(({ slots, meanMs }) => `${slots} × ${meanMs} ms`).join(', '),
    String(given.workers),
    ...round.alone.map((rate) => rate.toFixed(1)),
    round.pooled.toFixed(1),
    `${(round.share * 100).toFixed(0)} %`,
    ratio.toFixed(3),
    ratio >= target ? 'met' : '**missed**',
  ]);
}

const section = `## Pool of hosts

\`npm run build && npx tsx bench/pool.ts\` · ${renderMachine()}

${renderTable(
  [
    'servers',
    'slots × service time',
    'workers',
    'first alone, /s',
    'second alone, /s',
    'pool, /s',
    'share of the first',
    'pool ÷ sum',
    `target ≥ ${target}`,
  ],
  rows,
)}

- **servers**: local HTTP servers in separate processes, each with the given slots, an unbounded FIFO queue and log-normal service
  times (σ 0.5). The pool knows neither slots nor speed, and has no limiters.
- **alone**: the same number of workers against one server. **pool ÷ sum**: throughput of the same round. The table shows the median of
  ${rounds}, each of about ${secondsEach} s.
`;

process.stdout.write(`${section}\n`);
await writeSection('pool', section);
process.exitCode = missed ? 1 : 0;
