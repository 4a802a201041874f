/**
 * `processParallel` against its peers, and against what the machine allows.
 *
 *     npm run build && npx tsx bench/parallel.ts
 *
 * Prints its tables, writes them into docs/benchmarks.md, and exits with 1 when a target is missed.
 */
import { measureEventLines } from './event-lines.js';
import { type Measured, measure } from './measure.js';
import { createPeers } from './peers.js';
import { isMissed, type Ratio, renderMachine, renderRatios, renderTable, writeSection } from './report.js';
import { runAgainstSlots, type SlotRun } from './slots.js';

const itemCount = 50_000;
const workers = 16;
const rounds = { rounds: 15, warmUp: 4 };
const requests = 2_000;

const items = Array.from({ length: itemCount }, (_, index) => index);
const awaitOnce = async (n: number) => {
  await null;
  return n * 2;
};

const progress = (text: string) => process.stderr.write(`${text}\n`);

progress(`peers: ${rounds.rounds} rounds of ${itemCount} items`);
const peers = await measure(createPeers(items, awaitOnce, workers), rounds);
progress(`events: ${rounds.rounds} rounds of ${2 * itemCount} lines`);
const lines = await measureEventLines(items, awaitOnce, workers, rounds);
const slotRuns: SlotRun[] = [];
for (const slots of [4, 16]) {
  progress(`slots: ${requests} requests of 50 ms to a server with ${slots} slots`);
  slotRuns.push(await runAgainstSlots(slots, requests));
}

const ratioOf = (ours: Measured, theirs: Measured) => ours.median / theirs.median;
const ratios: Ratio[] = [
  { what: 'processParallel ÷ p-map', value: ratioOf(peers.chorale, peers['p-map']), target: 1 },
  {
    what: 'processParallel ÷ hand-written pool',
    value: ratioOf(peers.chorale, peers['hand-written pool']),
    target: 2.5,
  },
  ...(['p-limit', 'p-queue', 'async.mapLimit', 'fastq', 'Effect.forEach', 'LangChain batch'] as const).map((name) => ({
    what: `processParallel ÷ ${name}`,
    value: ratioOf(peers.chorale, peers[name]),
  })),
  { what: 'pino observer ÷ bare pino', value: ratioOf(lines.pinoObserver, lines['bare pino']), target: 1.25 },
  {
    what: 'pino observer ÷ bare pino, no clock',
    value: ratioOf(lines.pinoObserver, lines['bare pino, no clock']),
    target: 1.25,
  },
  ...slotRuns.map(({ slots, wallMs, idealMs }) => ({
    what: `wall time ÷ list schedule, ${slots} slots`,
    value: wallMs / idealMs,
    target: 1.02,
  })),
];

const section = `## Parallel processing

\`npm run build && npx tsx bench/parallel.ts\` · ${renderMachine()}

${renderRatios(ratios)}

- **processParallel ÷ peer**: ${itemCount.toLocaleString('en')} items whose processor awaits once, ${workers} workers,
  no observer. The hand-written pool is the lower bound: a loop without events, cancellation, outcomes or error handling.
- **pino observer ÷ bare pino**: both worker events of every item, written to a file, against two \`log.info\` calls of the same
  content in the hand-written pool; with a new timestamp for each, and with a constant one.
- **wall time ÷ list schedule**: ${requests.toLocaleString('en')} HTTP requests to a server with as many slots as there are
  workers, FIFO, log-normal service times with a mean of 50 ms, against a greedy schedule of the measured service times.

Durations are medians of ${rounds.rounds} rounds in one process, in random order, after ${rounds.warmUp} rounds of warm-up.

${renderDurations({ ...peers, ...lines })}

${renderSlotRuns(slotRuns)}
`;

process.stdout.write(`${section}\n`);
await writeSection('parallel', section);
process.exitCode = ratios.some(isMissed) ? 1 : 0;

function renderDurations(measured: Readonly<Record<string, Measured>>): string {
  const rows = Object.entries(measured).map(([name, { median, lowerQuartile, upperQuartile }]) => [
    name === 'chorale' ? 'processParallel' : name,
    median.toFixed(1),
    `${lowerQuartile.toFixed(1)} – ${upperQuartile.toFixed(1)}`,
    ((median * 1_000) / itemCount).toFixed(2),
  ]);
  return renderTable(['what', 'median, ms', 'quartiles, ms', 'µs per item'], rows);
}

function renderSlotRuns(runs: readonly SlotRun[]): string {
  const rows = runs.map(({ slots, wallMs, idealMs, meanServiceMs, items: count }) => [
    String(slots),
    (wallMs / 1_000).toFixed(2),
    (idealMs / 1_000).toFixed(2),
    meanServiceMs.toFixed(2),
    (((wallMs - idealMs) * slots) / count).toFixed(2),
  ]);
  return renderTable(
    ['slots', 'wall time, s', 'list schedule, s', 'mean service time, ms', 'overhead per request, ms'],
    rows,
  );
}
