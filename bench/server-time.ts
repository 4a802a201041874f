/**
 * What a summary says of a server's queue and of the speedup, beside the truth that only the server knows: stand-ins with
 * 1, 4 and 16 slots, 1 to 16 workers, in simulated time.
 *
 *     npx tsx bench/server-time.ts
 *
 * Prints its tables, writes them into docs/benchmarks.md, and exits with 1 when a printed figure is off by more than a tenth.
 * The seeds were not used while the rule was made.
 */
import { type Comparison, measureSlots, type SlotMeasurement, tolerance } from '../test/analysis/measure-slots.js';
import type { SlotModelOptions } from '../test/analysis/slot-model.js';
import { renderTable, writeSection } from './report.js';

const seeds = [401, 402, 403, 404, 405, 406, 407, 408];
const set = [1, 4, 16].flatMap((slots) => [1, 4, 8, 16].map((workers) => ({ slots, workers })));
let missed = 0;

const single: string[][] = [];
for (const { slots, workers } of set) {
  const { inFlight, speedup, waiting, summary } = await measureSlots({ slots, workers, seed: seeds[0] ?? 1 });
  const why = summary.speedup_unknown ?? '';
  single.push([String(slots), String(workers), ...[inFlight, speedup, waiting].flatMap(pair), why]);
}

const swept: string[][] = [];
const percent = (value: number) => `${Math.round(value * 100)} %`;
for (const overhead of [0, 0.05, 0.08, 0.11, 0.13, 0.15, 0.2, 0.3]) await sweep('as it is', { overhead });
for (const slowdown of [0.1, 1]) {
  for (const overhead of [0, 0.11, 0.2])
    await sweep(`${percent(slowdown)} slower for each other`, { overhead, slowdown });
}
for (const overhead of [0, 0.11, 0.2, 0.3]) {
  for (const others of [1, 2]) await sweep(`others: ${others} always there`, { overhead, others });
}

/** One row: all slots and workers with all seeds. */
async function sweep(name: string, options: Partial<SlotModelOptions> & { readonly overhead: number }): Promise<void> {
  const runs: SlotMeasurement[] = [];
  for (const seed of seeds) for (const size of set) runs.push(await measureSlots({ ...size, ...options, seed }));
  const speedups = runs.map(({ speedup }) => Math.abs(speedup.said / speedup.truth - 1));
  const waits = runs.map(({ waiting, latencyMs }) => Math.abs(waiting.said - waiting.truth) / latencyMs);
  const figures = [speedups, waits].flatMap((errors) => {
    const known = errors.filter((error) => !Number.isNaN(error));
    const off = known.filter((error) => error > tolerance).length;
    missed += off;
    const worst = known.length === 0 ? '–' : `${(Math.max(...known) * 100).toFixed(1)} %`;
    return [String(errors.length - known.length), worst, String(off)];
  });
  swept.push([name, percent(options.overhead), String(runs.length), ...figures]);
}

function pair({ said, truth }: Comparison): string[] {
  const digits = Math.max(Number.isNaN(said) ? 0 : said, truth) < 100 ? 2 : 0;
  return [Number.isNaN(said) ? '–' : said.toFixed(digits), (Math.abs(truth) < 1e-9 ? 0 : truth).toFixed(digits)];
}

const table = renderTable(
  ['slots', 'workers', 'in flight', 'true', 'estimated speedup', 'true', 'waiting, ms', 'true', 'why none'],
  single,
);
const sweepTable = renderTable(
  ['server', 'outside', 'runs', 'speedup null', 'most off', 'off > 10 %', 'waiting null', 'most off', 'off > 10 %'],
  swept,
);
console.log(`${table}\n\n${sweepTable}`);
await writeSection(
  'server-time',
  `## Queue and speedup in the summary

\`npx tsx bench/server-time.ts\`: 400 reviews to stand-ins with so many slots, which tell their times as Ollama does, in
simulated time. Log-normal service times of 100 ms in the mean (σ 0.3) for a review that is alone in the server, 11 % of them
outside evaluation. The true speedup is how much longer the same
services take one after the other; the true waiting is the mean.

${table}

The same with other times outside evaluation (single ones vary by half), with servers that take longer for each other review
that they work on when one begins, as a CPU does, and with one or two requests of another program at the server all the time:
the 12 sizes above with the seeds ${seeds[0]} to ${seeds.at(-1)}, which were not used while the rule was made. "Off" is the error of the
printed speedup, and that of the printed mean waiting as a proportion of the mean latency. Target: none above 10 %.

${sweepTable}

With several workers a speedup is printed where the server worked on one review after the other, or where enough reviews were
alone at the server (a limit on the rate, a limit that was lowered) to show how long one takes there. Otherwise nothing in a
run tells a server that gets slower with several at once from one that does not. With another program at the server, what is
said to be waiting is waiting too, whoever is waited for.`,
);
if (missed > 0) process.exitCode = 1;
