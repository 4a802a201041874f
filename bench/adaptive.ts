/**
 * The adaptive limit beside AIMD and fixed numbers in flight, against real HTTP servers with 1 to 32 slots that queue in
 * silence. Each gets the same server, in turn; what counts is what comes after the first tenth of the items.
 *
 *     npm run build && npx tsx bench/adaptive.ts
 *
 * Prints its table, writes it into docs/benchmarks.md, and exits with 1 when a target is missed.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createAdaptiveLimit, nodeRuntime } from 'chorale';
import type { Limiter } from 'chorale/orchestration';
import { Pool as Connections } from 'undici';
import { renderMachine, renderTable, writeSection } from './report.js';
import { messageOf } from './slots.js';

const meanMs = 20;
const items = 2_000;
/** Fixed numbers need no time to find themselves. */
const fixedItems = 500;
const most = 64;
const targets = { share: 0.95, inFlight: (slots: number) => 1.5 * slots + 1 };

interface Measured {
  /** Per second. */
  readonly throughput: number;
  /** Mean over time. */
  readonly inFlight: number;
}

/** A number that stays. */
function fixedLimit(limit: number): Limiter {
  const limiter = {
    limit,
    inFlight: 0,
    start() {
      limiter.inFlight += 1;
    },
    finish() {
      limiter.inFlight -= 1;
    },
    onChange: () => () => {},
  };
  return limiter;
}

/**
 * Additive increase, multiplicative decrease (D. Chiu, R. Jain, 1989), with latency as the sign of congestion: one more
 * for each round of answers, a tenth less when one takes more than four times the mean of the first twenty.
 */
function aimdLimit(): Limiter {
  let limit = 1;
  let first = 0;
  let answers = 0;
  const limiter = {
    inFlight: 0,
    get limit() {
      return Math.max(1, Math.floor(limit));
    },
    start() {
      limiter.inFlight += 1;
    },
    finish({ latencyMs }: { readonly latencyMs: number }) {
      limiter.inFlight -= 1;
      answers += 1;
      if (answers <= 20) first += latencyMs / 20;
      else limit = latencyMs > 4 * first ? Math.max(1, limit * 0.9) : Math.min(most, limit + 1 / limit);
    },
    onChange: () => () => {},
  };
  return limiter;
}

/** Sends items as fast as the limiter lets them go. */
async function drive(limiter: Limiter, slots: number, count: number): Promise<Measured> {
  const script = fileURLToPath(new URL('slot-server.ts', import.meta.url));
  const server = fork(script, [String(slots), '1', String(meanMs)]);
  const { port } = await messageOf(server, 'port');
  const pool = new Connections(`http://127.0.0.1:${port}`, { connections: most, pipelining: 1 });
  const warm = Array.from({ length: most }, async () =>
    (await pool.request({ path: '/warm-up', method: 'GET' })).body.text(),
  );
  await Promise.all(warm);
  const from = count / 10;
  const to = count - most;
  let sent = 0;
  let done = 0;
  let area = 0;
  let begunAt = 0;
  let endedAt = 0;
  let lastAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    const note = (now: number) => {
      if (done >= from && done < to) area += limiter.inFlight * (now - lastAt);
      lastAt = now;
    };
    const ask = async () => {
      const sentAt = performance.now();
      const { body } = await pool.request({ path: '/item', method: 'GET' });
      await body.text();
      const now = performance.now();
      note(now);
      done += 1;
      if (done === from) begunAt = now;
      if (done === to) endedAt = now;
      limiter.finish({ latencyMs: now - sentAt, queueMs: null, outcome: 'ok' });
      if (done === count) resolve();
      else send();
    };
    const send = () => {
      while (sent < count && limiter.inFlight < limiter.limit) {
        note(performance.now());
        sent += 1;
        limiter.start();
        ask().catch(reject);
      }
    };
    send();
  });
  await pool.close();
  server.disconnect();
  return { throughput: ((to - from) / (endedAt - begunAt)) * 1_000, inFlight: area / (endedAt - begunAt) };
}

let missed = 0;
const rows: string[][] = [];
for (const slots of [1, 2, 4, 8, 32]) {
  const fixed = new Map<number, Measured>();
  for (const number of [1, 2, 4, 8, 16, 32, 48]) {
    // The others are far from the best, and would take long to show it.
    if (number < slots || number > 4 * slots) continue;
    fixed.set(number, await drive(fixedLimit(number), slots, fixedItems));
  }
  const [bestNumber, best] = [...fixed].reduce((one, other) => (other[1].throughput > one[1].throughput ? other : one));
  const adaptive = await drive(createAdaptiveLimit({ max: most, runtime: nodeRuntime }), slots, items);
  const aimd = await drive(aimdLimit(), slots, items / 2);
  const share = adaptive.throughput / best.throughput;
  const isMet = share >= targets.share && adaptive.inFlight <= targets.inFlight(slots);
  if (!isMet) missed += 1;
  rows.push([
    String(slots),
    `${best.throughput.toFixed(0)}/s with ${bestNumber}`,
    share.toFixed(3),
    `${adaptive.inFlight.toFixed(1)} (≤ ${targets.inFlight(slots)})`,
    (aimd.throughput / best.throughput).toFixed(3),
    aimd.inFlight.toFixed(1),
    isMet ? 'met' : '**missed**',
  ]);
  console.log(rows.at(-1)?.join(' | '));
}
const head = ['slots', 'best fixed number', 'adaptive ÷ best', 'in flight', 'AIMD ÷ best', 'in flight', ''];
const table = renderTable(head, rows);
console.log(table);
await writeSection(
  'adaptive',
  `## Adaptive limit

\`npx tsx bench/adaptive.ts\`: ${items.toLocaleString('en')} requests over HTTP to a server with the given slots and a silent queue; log-normal
service times of ${meanMs} ms in the mean (σ 0.5). Measured after the first ${items / 10}. Targets: at least ${targets.share} of the best fixed
number, and at most 1.5 × slots + 1 in flight.

${table}

${renderMachine()}`,
);
if (missed > 0) process.exitCode = 1;
