/**
 * What a summary says of a server's queue and of the speedup, beside the truth that only the server knows: stand-ins with
 * 1, 4 and 16 slots, 1 to 16 workers, in simulated time.
 *
 *     npx tsx bench/server-time.ts
 *
 * Prints its table, writes it into docs/benchmarks.md, and exits with 1 when a target is missed.
 */
import { type Comparison, measureSlots, tolerance } from '../test/sentiment/measure-slots.js';
import { renderTable, writeSection } from './report.js';

const rows: string[][] = [];
let missed = 0;
for (const slots of [1, 4, 16]) {
  const alone = await measureSlots({ slots, workers: 1 });
  for (const workers of [1, 4, 8, 16]) {
    const run = workers === 1 ? alone : await measureSlots({ slots, workers });
    const speedup = { said: run.speedup.said, truth: run.perSecond / alone.perSecond };
    const compared = [run.inFlight, speedup, run.waiting];
    const isMet =
      Math.max(off(run.inFlight), off(speedup), Math.abs(run.waiting.said - run.waiting.truth) / run.latencyMs) <=
      tolerance;
    if (!isMet) missed += 1;
    rows.push([String(slots), String(workers), ...compared.flatMap(pair), isMet ? 'met' : '**missed**']);
  }
}

function off({ said, truth }: Comparison): number {
  return Math.abs(said / truth - 1);
}

function pair({ said, truth }: Comparison): string[] {
  const digits = Math.max(said, truth) < 100 ? 2 : 0;
  return [said.toFixed(digits), truth.toFixed(digits)];
}

const head = ['slots', 'workers', 'in flight', 'true', 'estimated speedup', 'true', 'waiting, ms', 'true', ''];
const table = renderTable(head, rows);
console.log(table);
await writeSection(
  'server-time',
  `## Queue and speedup in the summary

\`npx tsx bench/server-time.ts\`: 400 reviews to stand-ins with so many slots, which tell their times as Ollama does, in
simulated time. Log-normal service times of 100 ms in the mean (σ 0.3), 11 % of them outside evaluation. The true speedup is
the throughput over that of one worker; the true waiting is the mean. Target: in flight and speedup within 10 %, waiting within
10 % of the mean latency.

${table}

A server that gets slower with several at once (a CPU, or a GPU that is full) is not among them: there \`estimated_speedup\` is
what it worked on at once, and the speedup is lower. With another program at the server, what is said to be waiting is waiting
too, whoever is waited for.`,
);
if (missed > 0) process.exitCode = 1;
