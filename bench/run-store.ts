// What recording and recalling cost: `npx tsx bench/run-store.ts [rows] [file]`, after `npm run build`.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textKey } from '../src/analysis/fingerprint.js';
import type { OutcomeRecord, RunStore } from '../src/analysis/run-store.js';
import { openRunStore } from '../src/store/runs/open-run-store.js';
import { openRunArchive } from '../src/store/runs/run-archive.js';

const rows = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'chorale-bench-'));
const path = process.argv[3] ?? join(folder, 'runs.db');
const thread = new URL('../dist/store/runs/run-store-thread.js', import.meta.url);
const window = 256;

function outcomeOf(position: number): OutcomeRecord {
  return {
    position,
    index: position,
    id: String(position + 1),
    key: textKey(`review ${position}`),
    expected: null,
    status: 'ok',
    prediction: {
      label: position % 3 === 0 ? 'negative' : 'positive',
      confidence: 0.75 + position / 1e8,
      labelShares: [0.75, 0.15, 0.1],
      rationale: null,
      fields: null,
      promptTokens: null,
      completionTokens: null,
      queueMs: null,
      isLong: false,
      furtherRequests: 0,
      labelMass: 0.9,
      probabilities: 'requested',
    },
    errorCode: null,
    error: null,
    attempts: 1,
    durationMs: 0.25,
    cached: false,
  };
}

function begin(store: RunStore, runId: string, digest: string) {
  return store.begin({
    runId,
    command: 'analyze',
    fingerprint: { hash: 'f', parts: { model: 'm', prompt: 'p' } },
    configuration: {},
    input: { names: ['reviews.csv'], digest, scan: null, choice: '{}' },
  });
}

async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const perRow = (us: number) => (us / rows).toFixed(2).padStart(6);
  const memory = Math.round(process.memoryUsage().rss / 1e6);
  console.log(
    `${what.padEnd(34)} ${perRow(ms * 1_000)} µs/row, processor ${perRow(user + system)} µs/row, ${memory} MB in memory`,
  );
}

async function recallAll(store: RunStore, isThere: boolean): Promise<void> {
  for (let first = 0; first < rows; first += window) {
    const length = Math.min(window, rows - first);
    const lookups = Array.from({ length }, (_, n) => ({
      position: first + n,
      key: textKey(`review ${first + n}`),
    }));
    const found = await store.lookUp(lookups);
    if (found.includes(null) === isThere) throw new Error('an answer is missing');
  }
}

const store = await openRunStore({ path, thread });
await begin(store, 'first', 'd');
await measured('keys alone', async () => {
  for (let position = 0; position < rows; position += 1) outcomeOf(position);
});
await measured('recall of what is not there', () => recallAll(store, false));
await measured('record', async () => {
  let worst = 0;
  for (let position = 0; position < rows; position += 1) {
    const room = store.record(outcomeOf(position));
    if (!room) continue;
    const start = performance.now();
    await room;
    worst = Math.max(worst, performance.now() - start);
  }
  await store.flush();
  console.log(`longest wait for room: ${worst.toFixed(0)} ms`);
});
await measured('end', () => store.end('done', {}));
await store.close();
const again = await openRunStore({ path, thread });
await measured('begin again', () => begin(again, 'second', 'd'));
await measured('recall of the same rows', () => recallAll(again, true));
await again.end('done', {});
await begin(again, 'other', 'e');
await measured('recall from the cache', () => recallAll(again, true));
await again.close();
console.log(`${Math.round(statSync(path).size / 1e6)} MB in the file`);
const archive = openRunArchive(path);
await measured('reading the outcomes', async () => {
  for (const _ of archive.outcomes('first'));
});
await measured('pairing the run with itself', async () => {
  for (const _ of archive.pairs('first', 'first'));
});
await measured('removing', async () => archive.remove('first'));
archive.close();
console.log(`${Math.round(statSync(path).size / 1e6)} MB in the file`);
rmSync(folder, { recursive: true });
