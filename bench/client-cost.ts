/**
 * What a run costs the client: 3,000 reviews against an Ollama-like server with 16 slots of 20 ms, by the command line, by a
 * script with p-map and ollama-js, and by promptfoo, in turns.
 *
 *     npm run build && npx tsx bench/client-cost.ts [--rows 3000] [--rounds 5] [--promptfoo-rows 3000] [--install]
 *     npx tsx bench/client-cost.ts --live [--rows N] [--rounds 5]
 *
 * `--install` fetches promptfoo and a Node for it into the user's cache. `--live` compares the reviews per second on a real
 * Ollama instead, with as many rows as fit into five minutes. Prints its tables, writes them into docs/benchmarks.md, and exits with 1 when a target is missed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareLive } from './client-cost/live.js';
import { compareOnSlots } from './client-cost/on-slots.js';
import { writeReviews } from './scale/write-reviews.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    'promptfoo-rows': { type: 'string', default: '3000' },
    install: { type: 'boolean', default: false },
    live: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const folder = await mkdtemp(join(tmpdir(), 'chorale-client-cost-'));
try {
  const isMet = values.live
    ? await compareLive(folder, { rows: values.rows === undefined ? undefined : Number(values.rows), rounds })
    : await onSlots(Number(values.rows ?? 3_000));
  process.exitCode = isMet ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function onSlots(rows: number): Promise<boolean> {
  const input = join(folder, 'reviews.csv');
  await writeReviews(input, rows);
  const task = { folder, input, rows, rounds };
  return compareOnSlots(task, { rows: Number(values['promptfoo-rows']), install: values.install });
}
