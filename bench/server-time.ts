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
for (const overhead of [0, 0.05, 0.08, 0.11, 0.13, 0.15, 0.2, 0.3]) await sweep('constant speed', { overhead });
for (const slowdown of [0.1, 1]) {
  for (const overhead of [0, 0.11, 0.2])
    await sweep(`${percent(slowdown)} slower per concurrent review`, { overhead, slowdown });
}
for (const overhead of [0, 0.11, 0.2, 0.3]) {
  for (const others of [1, 2])
    await sweep(`another program: ${others} ${others === 1 ? 'request' : 'requests'}`, { overhead, others });
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

\`npx tsx bench/server-time.ts\`: 400 reviews to simulated servers with the given slots, which report their times as Ollama
does. Log-normal service times with a mean of 100 ms (σ 0.3) for a review that is alone at the server, 11 % of them outside
evaluation. The true speedup is the time of the same services one after the other ÷ the measured time. The true waiting time
is the mean.

${table}

The same with other times outside evaluation (single ones vary by half), with servers that slow down for each concurrent
review, as a CPU does, and with one or two requests of another program always at the server: the 12 sizes above with the seeds ${seeds[0]} to ${seeds.at(-1)}, held out during the design of the rule. "Off" is the error of the reported speedup, and the error
of the reported mean waiting time as a proportion of the mean latency. Target: none above 10 %.

${sweepTable}

With several workers a speedup is reported if the server worked on one review after the other, or if enough reviews were alone
at the server (because of a rate limit or a lowered limit) to show the time of a single review. Otherwise a run cannot tell a
server that slows down under load from one that does not. With another program at the server, the waiting time includes the
wait for that program.`,
);
if (missed > 0) process.exitCode = 1;
